import { describe, expect, layer, it as test } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { migrations } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { type Strategy, StrategyId } from "../../src/domain/Strategy.ts"
import type { TriggerId } from "../../src/domain/Trigger.ts"
import { strategyFileId } from "../../src/strategies/StrategyDirectory.ts"
import { candidateOf, newStrategy } from "../fixtures/pipeline.ts"
import { noPostgrest } from "../fixtures/postgrest.ts"
import { ada, afresh, mallory, onProject, request, sql, writeStrategy } from "./project.ts"

const tables = [
  "strategies",
  "rules",
  "triggers",
  "performance",
  "user_telegram",
  "trigger_snapshots",
  "strategy_reasons",
  "owner_limits",
  "owner_usage",
  "chat_links",
  "chat_link_tokens",
  "strategy_tombstones"
]

const call = (operation: string, args: { readonly [name: string]: unknown }) =>
  Effect.flatMap(Database, (database) => database.call(operation, args))

/** The chat that alerts of this trigger go to. */
const chatOf = (id: TriggerId) =>
  Effect.flatMap(TriggerStore, ({ find }) =>
    Effect.map(find(id), (found) => Option.getOrUndefined(Option.map(found, ({ ownerChat }) => ownerChat)))
  )

/** What a strategy that an owner wrote looks like to the scanner. */
const asWatched = (id: string, text?: string): Strategy & { readonly text: string } => ({
  ...newStrategy(),
  id: StrategyId.make(id),
  text: text ?? "its text"
})

const fire = Effect.fnUntraced(function* (id: string, match: string, text?: string) {
  const { create } = yield* TriggerStore
  const strategy = asWatched(id, text)
  return yield* create([{ ...candidateOf(strategy, { id: match }), strategyText: strategy.text }])
})

const firedOne = (id: string, match: string, text?: string) =>
  Effect.map(fire(id, match, text), ({ triggers }) => triggers[0]?.id ?? ("none" as never))

if (noPostgrest !== undefined) test.skip("What strangers take over (no PostgREST here)", () => {})

describe.skipIf(noPostgrest !== undefined)("Among strangers", () => {
  layer(onProject)("nobody takes over what is another's", (it) => {
    it.effect("not by an id of their choice, nor by the mark of a file, nor by moving or giving away rows", () =>
      Effect.gen(function* () {
        yield* afresh
        const planted = strategyFileId("late.yaml")
        const row = { user_id: mallory, name: "Mine", definition: { when: ["minute >= 1"] } }
        const insert = (more: object) =>
          request(mallory, (client) => client.from("strategies").insert({ ...row, ...more }))
        expect((yield* insert({ id: planted })).status).toBe(403)
        expect((yield* insert({ strategy_file: "late" })).status).toBe(403)
        expect((yield* insert({ strategy_directory: "/strategies" })).status).toBe(403)
        const [hers, his] = [yield* writeStrategy(ada), yield* writeStrategy(mallory)]
        const change = (more: object) =>
          request(mallory, (client) => client.from("strategies").update(more).eq("id", his))
        expect((yield* change({ id: planted })).status).toBe(403)
        expect((yield* change({ strategy_file: "late" })).status).toBe(403)
        expect((yield* change({ user_id: ada })).status).toBe(403)
        expect((yield* change({ user_id: null })).status).toBe(403)
        const rule = { strategy_id: his, metric: "goals", comparator: "GTE", value: 1 }
        expect((yield* request(mallory, (client) => client.from("rules").insert(rule))).status).toBe(201)
        const moved = yield* request(mallory, (client) =>
          client.from("rules").update({ strategy_id: hers }).eq("strategy_id", his)
        )
        expect(moved.status).toBe(403)
        expect((yield* insert({})).status).toBe(201)
      })
    )

    it.effect("not by a row under the id that a file will have, whoever wrote it there", () =>
      Effect.gen(function* () {
        yield* afresh
        const { save, saveFiles } = yield* StrategyStore
        const { id: _, owner: __, ...definition } = newStrategy({ name: "The operator's" })
        const planted = strategyFileId("late.yaml")
        yield* sql(`insert into strategies (id, user_id, name, definition)
          values ('${planted}', '${mallory}', 'Planted', '{"when":["minute >= 1"]}')`)
        const place = { directory: "/strategies", names: ["late"] }
        const [file] = yield* saveFiles([{ file: "late", id: planted, definition, isSample: false }], place)
        expect(file?.id).not.toBe(planted)
        yield* save([{ ...newStrategy({ name: "A sample" }), id: planted }])
        expect(yield* sql(`select name, user_id from strategies where id = '${planted}'`)).toEqual([
          { name: "Planted", user_id: mallory }
        ])
      })
    )

    it.effect("not by emptying a table, which nobody may", () =>
      Effect.gen(function* () {
        const may = yield* sql(`select c.relname, r.role from pg_class c,
          unnest(array['anon', 'authenticated', 'service_role']) r (role)
          where c.relnamespace = 'public'::regnamespace and c.relname in ('${tables.join("','")}')
            and has_table_privilege(r.role, c.oid, 'truncate')`)
        expect(may).toEqual([])
      })
    )

    it.effect(
      "not by what was granted to all: owners write three tables, call one function, and all else is bounded by rows",
      () =>
        Effect.gen(function* () {
          const granted = yield* sql(`select c.relname as name, string_agg(p.may, ' ' order by p.may) as may
          from pg_class c, unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) p (may)
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f')
            and (has_table_privilege('authenticated', c.oid, p.may)
              or p.may in ('select', 'insert', 'update', 'references') and has_any_column_privilege('authenticated', c.oid, p.may))
          group by 1 order by 1`)
          expect(granted).toEqual([
            { name: "chat_links", may: "select" },
            { name: "owner_limits", may: "select" },
            { name: "owner_usage", may: "select" },
            { name: "performance", may: "select" },
            { name: "rules", may: "delete insert select update" },
            { name: "strategies", may: "delete insert select update" },
            { name: "strategy_reasons", may: "select" },
            { name: "trigger_snapshots", may: "select" },
            { name: "triggers", may: "select" },
            { name: "user_telegram", may: "delete insert select update" }
          ])
          expect(
            yield* sql(`select c.relname from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity`)
          ).toEqual([])
          expect(
            yield* sql(`select p.oid::regprocedure::text as name, r.role
            from pg_proc p, unnest(array['anon', 'authenticated']) r (role)
            where p.pronamespace = 'public'::regnamespace and has_function_privilege(r.role, p.oid, 'execute')`)
          ).toEqual([{ name: "new_chat_link()", role: "authenticated" }])
        })
    )

    it.effect("and nobody without a token sees or writes anything", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* writeStrategy(ada)
        for (const table of tables) {
          const { data } = yield* request("nobody", (client) => client.from(table).select())
          expect(data ?? [], table).toEqual([])
          const { status } = yield* request("nobody", (client) => client.from(table).insert({}))
          expect([401, 403], table).toContain(status)
        }
        for (const table of ["strategy_reasons", "owner_limits", "owner_usage", "chat_links", "chat_link_tokens"]) {
          const { status } = yield* request(mallory, (client) => client.from(table).insert({}))
          expect(status, table).toBe(403)
        }
      })
    )
  })

  layer(onProject)("a chat", (it) => {
    const write = (who: string, chat: string, user = who) =>
      request(who, (client) => client.from("user_telegram").upsert({ user_id: user, chat_id: chat }))

    it.effect("gets no alert because an owner wrote its number, and does when the service did", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* sql("delete from chat_links")
        const id = yield* firedOne(yield* writeStrategy(mallory), "1")
        expect((yield* write(mallory, "42")).error).toBeNull()
        expect(yield* chatOf(id)).toBeNull()
        expect((yield* write("service", "42", mallory)).error).toBeNull()
        expect(yield* chatOf(id)).toBe("42")
        // Another's chat in the place of the one that is linked.
        yield* write(mallory, "77")
        expect(yield* chatOf(id)).toBeNull()
        for (const { sql: statements } of yield* migrations) yield* sql(statements)
        expect(yield* chatOf(id)).toBeNull()
      })
    )

    it.effect("is linked by a token that works once, in time, for the owner who asked for it", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* sql("delete from chat_links")
        const id = yield* firedOne(yield* writeStrategy(ada), "1")
        const asked = request(ada, (client) => client.rpc("new_chat_link"))
        const { data } = yield* asked
        const token: string = data.token
        expect(token).toMatch(/^[0-9a-f]{44}$/)
        const use = (given: string, chat = "42") => call("use_chat_link", { token: given, chat })
        expect(yield* use(`${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`)).toEqual([])
        expect(yield* use("")).toEqual([])
        expect(yield* use(token)).toEqual([{ owner: ada }])
        expect(yield* chatOf(id)).toBe("42")
        expect(yield* use(token, "77")).toEqual([])
        // Where the answer was lost it is asked again.
        expect(yield* use(token)).toEqual([{ owner: ada }])
        expect(yield* chatOf(id)).toBe("42")
        const { data: late } = yield* asked
        yield* sql("update chat_link_tokens set expires_at = now() - interval '1 second'")
        expect(yield* use(late.token, "77")).toEqual([])
        expect((yield* request("nobody", (client) => client.rpc("new_chat_link"))).status).toBe(401)
        const { data: seen } = yield* request(mallory, (client) => client.from("chat_link_tokens").select())
        expect(seen).toBeNull()
      })
    )

    it.effect("that has blocked the bot gets nothing until it is linked again, and is told of once", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* sql("delete from chat_links")
        const id = yield* firedOne(yield* writeStrategy(ada), "1")
        yield* write("service", "42", ada)
        const { mute } = yield* TriggerStore
        expect(yield* mute("42", "blocked")).toEqual([ada])
        expect(yield* mute("42", "blocked")).toEqual([])
        expect(yield* chatOf(id)).toBeNull()
        const { data } = yield* request(ada, (client) => client.from("chat_links").select("chat_id, muted_reason"))
        expect(data).toEqual([{ chat_id: "42", muted_reason: "blocked" }])
        const link = yield* request(ada, (client) => client.rpc("new_chat_link"))
        yield* call("use_chat_link", { token: link.data.token, chat: "42" })
        expect(yield* chatOf(id)).toBe("42")
      })
    )
  })

  layer(onProject)("records stay honest:", (it) => {
    it.effect("deleted and written again, a strategy of the same text fires no second time on a match", () =>
      Effect.gen(function* () {
        yield* afresh
        const first = yield* writeStrategy(mallory)
        const trigger = yield* firedOne(first, "1")
        yield* request(mallory, (client) => client.from("strategies").delete().eq("id", first))
        const second = yield* writeStrategy(mallory)
        expect(yield* fire(second, "1")).toMatchObject({ triggers: [], held: [] })
        expect((yield* fire(second, "2")).triggers).toHaveLength(1)
        expect((yield* fire(yield* writeStrategy(mallory), "1", "another text")).triggers).toHaveLength(1)
        expect((yield* fire(yield* writeStrategy(ada), "1", "its text of another owner")).triggers).toHaveLength(1)
        // What others see of the first is there still.
        expect(yield* call("judged_triggers_by_id", { ids: [trigger] })).toHaveLength(1)
      })
    )

    /** What is told of a strategy, by its triggers and by its counters. */
    const told = Effect.fnUntraced(function* (strategy: string) {
      const [record] = yield* call("strategy_performance", { strategy, since: null, by_competition: false })
      const [page] = yield* call("page_of_records", { filter: {}, place: null, max_rows: 1 })
      const [counters] = yield* sql(`select total_triggers as triggers, total_hits as hits, total_misses as misses
        from performance p join strategies s on s.id = p.strategy_id`)
      return [record, page, counters]
    })

    const verdict = (id: TriggerId, said: "hit" | "miss", version = 0) =>
      call("resolve_triggers", {
        results: [
          { id, version, verdict: said, is_final: true, home: 1, away: 0, at: "2026-11-26T20:00:00Z", tell: true }
        ]
      })

    const expectation = { left: "minute", comparator: ">=", right: 90 } as const

    /** Fires as fire does, and is to be judged. */
    const expected = Effect.fnUntraced(function* (id: string, match: string) {
      const { create } = yield* TriggerStore
      const strategy = asWatched(id)
      const { triggers } = yield* create([
        { ...candidateOf(strategy, { id: match }), strategyText: strategy.text, expectation }
      ])
      return triggers[0]?.id ?? ("none" as never)
    })

    it.effect("written again under another name, it goes on with its record", () =>
      Effect.gen(function* () {
        yield* afresh
        const remove = (id: string) => request(mallory, (client) => client.from("strategies").delete().eq("id", id))
        const again = (more: object) =>
          request(mallory, (client) =>
            client
              .from("strategies")
              .insert({ user_id: mallory, name: "Again", ...more })
              .select("id")
              .single()
          ).pipe(Effect.map(({ data }): string => data?.id))
        const first = yield* writeStrategy(mallory)
        yield* verdict(yield* expected(first, "1"), "hit")
        yield* verdict(yield* expected(first, "2"), "miss")
        const late = yield* expected(first, "3")
        yield* remove(first)
        // Neither another text nor another owner goes on with it, though that owner has a record of another text to go on with.
        yield* again({ definition: { when: ["minute >= 2"] } })
        const hers = yield* writeStrategy(ada, { definition: { when: ["minute >= 3"] } })
        yield* fire(hers, "1", "her text")
        yield* request(ada, (client) => client.from("strategies").delete().eq("id", hers))
        yield* writeStrategy(ada)
        expect(yield* sql("select user_id, continued_by from strategy_tombstones order by user_id")).toEqual([
          { user_id: ada, continued_by: null },
          { user_id: mallory, continued_by: null }
        ])
        yield* sql(`delete from strategies; delete from triggers where strategy_id = '${hers}';
          delete from strategy_tombstones where id = '${hers}'; delete from performance where strategy_id = '${hers}'`)

        const second = yield* again({ definition: { when: ["minute >= 1"] } })
        const record = { triggers: 3, hits: 1, misses: 1 }
        expect(yield* told(second)).toMatchObject([{ ...record, open: 1, id: second }, record, record])
        // Whoever asks for the one before is told of the one that goes on, once.
        expect(yield* told(first)).toMatchObject([{ id: second }, {}, {}])
        // A verdict that comes later counts there, and so does what fires now.
        yield* verdict(late, "miss")
        yield* verdict(yield* expected(second, "4"), "hit")
        expect((yield* told(second))[2]).toEqual({ triggers: 4, hits: 2, misses: 2 })
        expect(yield* call("recount_performance", { strategies: null })).toEqual([])

        // And again, by one that never fires, and goes without having fired, and one more.
        yield* remove(second)
        const third = yield* again({ definition: { when: ["minute >= 1"] } })
        expect((yield* told(third))[2]).toEqual({ triggers: 4, hits: 2, misses: 2 })
        yield* remove(third)
        // While no strategy of the text lives, those that fired are told of, each by what it fired, and none that never did.
        for (const [id, triggers] of [
          [first, 3],
          [second, 1]
        ] as const) {
          const performance = yield* call("strategy_performance", { strategy: id, since: null, by_competition: false })
          expect(performance).toMatchObject([{ id, triggers }])
          expect(yield* sql(`select total_triggers from performance where strategy_id = '${id}'`)).toEqual([
            { total_triggers: triggers }
          ])
        }
        expect(yield* call("strategy_performance", { strategy: third, since: null, by_competition: false })).toEqual([])
        expect(yield* call("recount_performance", { strategies: null })).toEqual([])
        const fourth = yield* again({ definition: { when: ["minute >= 1"] } })
        expect((yield* told(fourth))[2]).toEqual({ triggers: 4, hits: 2, misses: 2 })
        // One of the same text beside it begins anew: a record is gone on with once.
        yield* again({ definition: { when: ["minute >= 1"] }, name: "Beside" })
        expect(yield* sql("select count(distinct continued_by)::int as heirs from strategy_tombstones")).toEqual([
          { heirs: 1 }
        ])
        const wrong = "update performance set total_triggers = 77"
        for (const strategies of [[{ strategy_id: first }], [{ strategy_id: fourth }], null]) {
          yield* sql(wrong)
          yield* call("recount_performance", { strategies })
          expect((yield* told(fourth))[2]).toEqual({ triggers: 4, hits: 2, misses: 2 })
        }
        expect(yield* sql("select sum(total_triggers)::int as sum from performance")).toEqual([{ sum: 4 }])
        // The files may be applied again.
        for (const { sql: statements } of yield* migrations) yield* sql(statements)
        expect((yield* told(fourth))[2]).toEqual({ triggers: 4, hits: 2, misses: 2 })
      })
    )

    it.effect("one of rules goes on with its record when the last of them is there, in any order", () =>
      Effect.gen(function* () {
        yield* afresh
        const rules = [
          { metric: "goals", comparator: "GTE", value: 1, team_scope: "TOTAL" },
          { metric: "corners", comparator: "LTE", value: 9, team_scope: "HOME" }
        ]
        const write = Effect.fnUntraced(function* (name: string, all: ReadonlyArray<object>) {
          const { data } = yield* request(mallory, (client) =>
            client
              .from("strategies")
              .insert({ user_id: mallory, name, league_ids: ["8"] })
              .select("id")
              .single()
          )
          for (const rule of all) {
            yield* request(mallory, (client) => client.from("rules").insert({ ...rule, strategy_id: data?.id }))
          }
          return `${data?.id}`
        })
        const first = yield* write("One", rules)
        yield* fire(first, "1")
        yield* request(mallory, (client) => client.from("strategies").delete().eq("id", first))
        yield* write("Another", rules.slice(1))
        const second = yield* write("Two", rules.toReversed())
        expect(yield* sql("select continued_by from strategy_tombstones")).toEqual([{ continued_by: second }])
      })
    )

    it.effect("an edit after a trigger changes nothing of what it is judged by", () =>
      Effect.gen(function* () {
        yield* afresh
        const id = yield* writeStrategy(mallory)
        const { create } = yield* TriggerStore
        const expectation = { left: "minute", comparator: ">=", right: 90 } as const
        yield* create([{ ...candidateOf(asWatched(id)), expectation }])
        const edit = { desired_outcome: "HOME_WIN", definition: { when: ["minute >= 2"], expect: "minute >= 1" } }
        yield* request(mallory, (client) => client.from("strategies").update(edit).eq("id", id))
        expect(yield* sql("select expectation from triggers")).toEqual([{ expectation }])
        const written = yield* request(mallory, (client) =>
          client.from("triggers").update({ expectation: null }).eq("strategy_id", id)
        )
        expect(written.status).toBe(403)
      })
    )

    it.effect("who makes and deletes strategies that never fired leaves nothing behind", () =>
      Effect.gen(function* () {
        yield* afresh
        const id = yield* writeStrategy(mallory)
        yield* request(mallory, (client) => client.from("strategies").delete().eq("id", id))
        expect(yield* sql("select from strategy_tombstones")).toEqual([])
      })
    )

    it.effect("an owner's triggers beyond a day's share are held back, whichever version makes them", () =>
      Effect.gen(function* () {
        yield* afresh
        const [his, hers] = [yield* writeStrategy(mallory), yield* writeStrategy(ada)]
        yield* call("set_owner_limits", { limits: { triggers: 2 } })
        const { create, triggersOf } = yield* TriggerStore
        const matches = ["1", "2", "3", "4"]
        const candidates = [his, hers].flatMap((id) =>
          matches.map((match) => candidateOf(asWatched(id), { id: match }))
        )
        const made = yield* create(candidates.filter(({ snapshot }) => snapshot.match.id !== "4"))
        expect(made.triggers).toHaveLength(4)
        expect(made.held.map(({ strategyId }) => strategyId).sort()).toEqual([his, hers].sort())
        expect(made.known).toEqual([])
        expect(yield* triggersOf([mallory])).toMatchObject([{ owner: mallory, triggers: 2 }])
        const shown = { match_id: "9", triggered_at: "2026-05-02T15:00:00Z" }
        const older = { shown, snapshot: {}, triggers: [{ strategy_id: his, evidence_json: [] }] }
        expect(yield* call("create_judged_triggers", { matches: [older] })).toEqual([])
        const oldest = [his, hers].map((id) => ({ ...shown, strategy_id: id, evidence_json: [], snapshot: {} }))
        expect(yield* call("create_triggers", { candidates: oldest })).toEqual([])
        yield* call("set_owner_limits", { limits: { triggers: 4 } })
        expect(yield* call("create_judged_triggers", { matches: [older] })).toHaveLength(1)
        const others = [{ ...oldest[0], match_id: "10" }, { ...oldest[0], match_id: "11" }, oldest[1]]
        expect(yield* call("create_triggers", { candidates: others })).toHaveLength(2)
        yield* call("set_owner_limits", { limits: { triggers: 2000 } })
      })
    )
  })
})
