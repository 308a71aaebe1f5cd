/** What somebody may ask PostgREST, of everything that there is: whatever it is, nothing of another's is told or changed. */
import { describe, expect, layer, it as test } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { StrategyId } from "../../src/domain/Strategy.ts"
import { candidateOf, newStrategy } from "../fixtures/pipeline.ts"
import { noPostgrest, SupabaseProject } from "../fixtures/postgrest.ts"
import { ada, afresh, mallory, onProject, request, sql, writeStrategy } from "./project.ts"

/** What stands in rows of hers, and in no request. */
const secret = "hers alone"
const chat = "4242424242"

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
}

/** Asks PostgREST itself, with the token of a user or none. */
const ask = Effect.fnUntraced(function* (who: string | "nobody", { body, headers, method, path }: Asked) {
  const { keyOf, settings } = yield* SupabaseProject
  const key = keyOf(who === "nobody" ? { role: "anon" } : { role: "authenticated", sub: who })
  const answer = yield* Effect.promise(() =>
    fetch(`${settings.url.origin}/rest/v1/${path}`, {
      method,
      headers: { apikey: key, authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body })
    })
  )
  return {
    status: answer.status,
    range: answer.headers.get("content-range"),
    text: yield* Effect.promise(() => answer.text())
  }
})

const Named = Schema.Struct({ name: Schema.String })
const decodeNames = Schema.decodeUnknownEffect(Schema.Array(Named))
const decodeRelations = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ ...Named.fields, columns: Schema.Array(Schema.String) }))
)
const decodeCount = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))

/** The names that a statement finds. */
const namesOf = (statement: string) =>
  Effect.map(Effect.flatMap(sql(statement), decodeNames), (rows) => rows.map(({ name }) => name))

/** The tables and views of the project, and its functions. */
const relations = Effect.flatMap(
  sql(`select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p') group by 1 order by 1`),
  decodeRelations
)
const functions =
  namesOf(`select distinct p.proname::text as name from pg_proc p where p.pronamespace = 'public'::regnamespace
  and p.proname <> 'new_chat_link' order by 1`)

/** Everything that an owner may have: a strategy that fired, a chat, what was said and counted of it, and what is gone. */
const hers = Effect.gen(function* () {
  yield* afresh
  yield* sql("delete from chat_links")
  const { create } = yield* TriggerStore
  const write = Effect.fnUntraced(function* (name: string) {
    const id = yield* writeStrategy(ada, { name, description: secret })
    const rule = { strategy_id: id, metric: "goals", comparator: "GTE", value: 1, lhs_json: { said: secret } }
    expect((yield* request(ada, (client) => client.from("rules").insert(rule))).error).toBeNull()
    const strategy = { ...newStrategy(), id: StrategyId.make(id) }
    return { id, strategy, triggers: (yield* create([candidateOf(strategy, { id: secret })])).triggers }
  })
  const gone = yield* write(`${secret}, gone`)
  yield* request(ada, (client) => client.from("strategies").delete().eq("id", gone.id))
  const there = yield* write(secret)
  yield* request("service", (client) => client.from("user_telegram").upsert({ user_id: ada, chat_id: chat }))
  yield* request(ada, (client) => client.rpc("new_chat_link"))
  yield* sql(`insert into strategy_reasons (strategy_id, owner, reason) values ('${there.id}', '${ada}', '${secret}')`)
  return there
})

/** All that there is, but what the hostile one has written, with what was counted and noted of that. */
const everything = Effect.gen(function* () {
  const hostile = `select id from strategies where user_id = '${mallory}'`
  const hostiles: { readonly [table: string]: string } = {
    strategies: `user_id = '${mallory}'`,
    rules: `strategy_id in (${hostile})`,
    user_telegram: `user_id = '${mallory}'`,
    owner_usage: `owner = '${mallory}'`,
    performance: `strategy_id in (${hostile})`,
    watched_strategies: `id in (${hostile})`,
    chat_link_tokens: `user_id = '${mallory}'`,
    strategy_changes: "true"
  }
  const found: { [table: string]: unknown } = {}
  for (const { name } of yield* relations) {
    found[name] = yield* sql(`select t::text as row from ${name} t where not (${hostiles[name] ?? "false"}) order by 1`)
  }
  return found
})

if (noPostgrest !== undefined) test.skip("Requests of strangers (no PostgREST here)", () => {})

describe.skipIf(noPostgrest !== undefined)("Whatever strangers ask", () => {
  layer(onProject)("of PostgREST,", (it) => {
    const callers = [mallory, "nobody"] as const

    it.effect("nothing of another's is told: not as rows, nor as counts, nor by what stands beside them", () =>
      Effect.gen(function* () {
        const { id } = yield* hers
        // She is told.
        const own = yield* ask(ada, { method: "GET", path: "strategies?select=*,rules(*)" })
        for (const told of [secret, id]) expect(own.text).toContain(told)
        for (const who of callers) {
          for (const { columns, name } of yield* relations) {
            const [first = ""] = columns
            const asked: ReadonlyArray<Asked> = [
              { method: "GET", path: name, headers: { prefer: "count=exact" } },
              { method: "HEAD", path: name, headers: { prefer: "count=exact", range: "0-9" } },
              {
                method: "GET",
                path: `${name}?select=${columns.join(",")}&order=${first}.desc.nullslast&limit=1000000`
              },
              { method: "GET", path: `${name}?select=${first}::text&or=(${first}.is.null,${first}.not.is.null)` },
              { method: "GET", path: name, headers: { accept: "text/csv", range: "0-999999" } },
              { method: "GET", path: name, headers: { accept: "application/vnd.pgrst.plan+json; options=analyze" } }
            ]
            for (const each of asked) {
              const { range, status, text } = yield* ask(who, each)
              const what = `${who} ${each.method} ${each.path} ${status} ${text}`
              expect(status, what).toBeLessThan(500)
              for (const told of [secret, chat, id]) expect(text, what).not.toContain(told)
              if (status < 300 && each.headers?.prefer !== undefined && name !== "owner_limits")
                expect(range, what).toMatch(/^\*\/0$/)
            }
          }
          const all = "*,rules(*),triggers(*,trigger_snapshots(*)),performance(*),strategy_reasons(*),user_telegram(*)"
          for (const path of [
            `strategies?select=${all}`,
            "strategies?select=*,rules(*)",
            "strategies?select=*,triggers(*),performance(*)",
            "rules?select=*,strategies!inner(*)&strategies.name=not.is.null",
            "triggers?select=*,strategies(*),trigger_snapshots(*)",
            `strategies?id=in.(${Array.from({ length: 2000 }, () => id).join(",")})`,
            `triggers?strategy_id=eq.${id}&offset=0&limit=1`,
            `performance?strategy_id=eq.${id}`
          ]) {
            const { status, text } = yield* ask(who, { method: "GET", path })
            expect(status, text).toBeLessThan(500)
            for (const told of [secret, chat]) expect(text, path.slice(0, 100)).not.toContain(told)
          }
          for (const name of yield* functions) {
            for (const asked of [
              { method: "POST", path: `rpc/${name}`, body: "{}" },
              { method: "GET", path: `rpc/${name}` },
              {
                method: "POST",
                path: `rpc/${name}`,
                body: secret,
                headers: { "content-type": "application/octet-stream" }
              },
              { method: "POST", path: `rpc/${name}`, body: "[{}]", headers: { prefer: "params=single-object" } }
            ]) {
              const { status, text } = yield* ask(who, asked)
              expect([401, 403, 404], `${who} ${name} ${text}`).toContain(status)
            }
          }
        }
      })
    )

    it.effect("nothing of another's is changed, and what fires afterwards comes to whom it is for", () =>
      Effect.gen(function* () {
        const { id, strategy } = yield* hers
        yield* ask(mallory, {
          method: "POST",
          path: "strategies",
          body: JSON.stringify({ user_id: mallory, name: "Mine", definition: { when: ["minute >= 1"] } })
        })
        const before = yield* everything
        const merge = "resolution=merge-duplicates,return=representation"
        for (const who of callers) {
          for (const { columns, name } of yield* relations) {
            const key = columns.includes("id") ? "id" : (columns[0] ?? "")
            const values: { readonly [column: string]: unknown } = {
              id,
              strategy_id: id,
              user_id: ada,
              owner: ada,
              chat_id: "666",
              name: "Planted",
              match_id: "planted"
            }
            const known = Object.fromEntries(
              columns.filter((each) => each in values).map((each) => [each, values[each]])
            )
            const row = JSON.stringify(known)
            const csv = `${Object.keys(known).join(",")}\n${Object.values(known).join(",")}\n`
            const filter = `${key}=not.is.null`
            const asked: ReadonlyArray<Asked> = [
              { method: "POST", path: name, body: "{}" },
              { method: "POST", path: name, body: row, headers: { prefer: "return=representation" } },
              { method: "POST", path: name, body: `[${row},${row}]`, headers: { prefer: "missing=default" } },
              { method: "POST", path: name, body: row, headers: { prefer: merge } },
              { method: "POST", path: `${name}?on_conflict=${key}`, body: row, headers: { prefer: merge } },
              { method: "POST", path: `${name}?columns=${columns.join(",")}`, body: row, headers: { prefer: merge } },
              { method: "POST", path: name, body: csv, headers: { "content-type": "text/csv" } },
              { method: "POST", path: name, body: row, headers: { "content-type": "application/octet-stream" } },
              { method: "PUT", path: `${name}?${key}=eq.${known[key] ?? id}`, body: row },
              { method: "PATCH", path: name, body: row, headers: { prefer: "return=representation" } },
              { method: "PATCH", path: `${name}?${filter}`, body: row, headers: { prefer: "tx=rollback" } },
              ...Object.entries(known).map(([column, value]) => ({
                method: "PATCH",
                path: `${name}?${filter}`,
                body: JSON.stringify({ [column]: value })
              })),
              { method: "DELETE", path: `${name}?${key}=eq.${known[key] ?? id}` },
              ...(name === "strategies"
                ? []
                : [
                    { method: "DELETE", path: `${name}?${filter}` },
                    { method: "DELETE", path: name }
                  ])
            ]
            for (const each of asked) {
              const { status, text } = yield* ask(who, each)
              const what = `${who} ${each.method} ${each.path} ${each.body ?? ""} ${status} ${text}`
              // A view of several tables takes no rows from anybody.
              expect(status < 500 || text.includes('"55000"'), what).toBe(true)
              for (const told of [secret, chat]) expect(text, what).not.toContain(told)
            }
          }
        }
        yield* ask(mallory, { method: "DELETE", path: "strategies" })
        expect(yield* everything).toEqual(before)
        const { create, find } = yield* TriggerStore
        const { triggers } = yield* create([candidateOf(strategy, { id: "afterwards" })])
        const [trigger] = triggers
        const found = trigger === undefined ? undefined : Option.getOrUndefined(yield* find(trigger.id))
        expect(found).toMatchObject({ owner: ada, ownerChat: chat })
      })
    )

    it.effect(
      "every table that an owner may write counts what they change, and ends a request at the first row too many",
      () =>
        Effect.gen(function* () {
          yield* afresh
          yield* sql(`delete from user_telegram`)
          const changes = Effect.map(
            Effect.flatMap(
              sql(`select coalesce(sum(count), 0)::int as count from owner_usage
                where owner = '${mallory}' and what = 'changes'`),
              decodeCount
            ),
            ([{ count }]) => count
          )
          const own = yield* writeStrategy(mallory)
          const rule = { strategy_id: own, metric: "goals", comparator: "GTE", value: 1 }
          const rows: { readonly [table: string]: object } = {
            strategies: { user_id: mallory, name: "Mine", definition: { when: ["minute >= 1"] } },
            rules: rule,
            user_telegram: { user_id: mallory, chat_id: "666" }
          }
          const writable = yield* namesOf(`select c.relname as name from pg_class c
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p')
            and (has_any_column_privilege('authenticated', c.oid, 'insert, update') or has_table_privilege('authenticated', c.oid, 'delete'))
          order by 1`)
          expect(writable).toEqual(Object.keys(rows).sort())
          for (const [table, row] of Object.entries(rows)) {
            for (const asked of [
              { method: "POST", path: table, body: JSON.stringify(row) },
              { method: "PATCH", path: table, body: JSON.stringify(row) },
              { method: "DELETE", path: `${table}?${table === "strategies" ? `id=neq.${own}` : ""}` }
            ]) {
              const before = yield* changes
              const { status, text } = yield* ask(mallory, asked)
              expect(status, `${asked.method} ${table} ${text}`).toBeLessThan(300)
              expect(yield* changes, `${asked.method} ${table}`).toBeGreaterThan(before)
            }
            // A request of more rows than may be ends there, also where all but the first are ignored.
            yield* sql(
              "update owner_limits set most = 50 where name in ('changes', 'strategies'); delete from owner_usage"
            )
            const many = Array.from({ length: 60 }, (_, index) =>
              table === "user_telegram" ? { ...row, chat_id: `${index}` } : row
            )
            const { text } = yield* ask(mallory, {
              method: "POST",
              path: table === "user_telegram" ? `${table}?on_conflict=user_id` : table,
              headers: { prefer: "resolution=ignore-duplicates" },
              body: JSON.stringify(many)
            })
            expect(text, table).toMatch(/at most 50/)
            yield* sql(`update owner_limits set most = 5000 where name = 'changes';
            update owner_limits set most = 200 where name = 'strategies';
            insert into owner_usage (owner, what, since, count)
              values ('${mallory}', 'changes', date_trunc('hour', now(), 'UTC'), 5000)`)
            const used = yield* ask(mallory, { method: "PATCH", path: table, body: JSON.stringify(row) })
            expect(used.text, table).toMatch(/at most 5000/)
            yield* sql("delete from owner_usage")
          }
        })
    )
  })
})
