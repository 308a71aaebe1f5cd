/** `supabase/migrations` on a project that holds the tables of an older deployment, used as the Supabase layer does. */
import { expect, layer } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import { activeStrategies } from "../fixtures/activeStrategies.ts"
import { olderDeployments } from "../fixtures/olderTables.ts"
import { candidateOf, newStrategy, receipt } from "../fixtures/pipeline.ts"
import { supabaseProject } from "../fixtures/postgrest.ts"
import { migrate, onPostgres, sql } from "../fixtures/project.ts"

const tables = ["strategies", "rules", "triggers", "performance", "user_telegram"]

const rows = Effect.forEach(tables, (table) => sql(`select to_jsonb(t) as row from ${table} t order by t::text`))

const decodeRows = Schema.decodeUnknownSync(
  Schema.Array(Schema.Struct({ row: Schema.Record(Schema.String, Schema.Unknown) }))
)

/** The service's own columns are gone from the rows. */
const without = (added: ReadonlyArray<string>, found: ReadonlyArray<unknown>) =>
  decodeRows(found).map(({ row }) => Object.fromEntries(Object.entries(row).filter(([name]) => !added.includes(name))))

const addedColumns = [
  "definition",
  "strategy_file",
  "strategy_directory",
  "period",
  "added",
  "snapshot",
  "snapshot_id"
].concat(
  ["state", "attempts", "error", "receipt", "expired_at", "expires_at", "sending_until"].map((name) => `alert_${name}`),
  ["alerted_at", "strategy_text", "alert_digest"],
  "expectation outcome_open settling settling_since outcome_version amendment total_voids".split(" "),
  [
    "",
    "_reason",
    "_period",
    "_minute",
    "_added",
    "_score_home",
    "_score_away",
    "_values",
    "_at",
    "_final_at",
    "_revision"
  ].map((name) => `verdict${name}`)
)

const afresh = (older: string) =>
  sql(`drop schema if exists public cascade; create schema public; drop schema if exists auth cascade;
    drop owned by anon, authenticated, service_role;
    drop role anon; drop role authenticated; drop role service_role; ${supabaseProject} ${older}`)

layer(onPostgres)("The migrations", (it) => {
  it.effect("make the tables of an empty project, where the service runs", () =>
    Effect.gen(function* () {
      yield* sql(supabaseProject)
      yield* migrate
      const [strategies, triggers] = [yield* StrategyStore, yield* TriggerStore]
      const strategy = newStrategy()
      expect(yield* strategies.addSamples([strategy])).toBe(1)
      expect((yield* triggers.create([candidateOf(strategy)])).triggers).toHaveLength(1)
    })
  )

  it.effect("let no call wait for PostgreSQL to compile what it calls", () =>
    Effect.map(sql("select proconfig as set from pg_proc where proname = 'touchline_call'"), (found) =>
      expect(found).toMatchObject([{ set: expect.arrayContaining(["jit=off"]) }])
    )
  )

  for (const { counters, kickOff, kind, knowsOwnIds, tables: older } of olderDeployments) {
    it.effect(`keep every row of an older deployment (${kind}), also when they are applied twice`, () =>
      Effect.gen(function* () {
        yield* afresh(older)
        const before = yield* rows
        yield* migrate
        const after = yield* rows
        expect(after.map((found) => without(addedColumns, found))).toEqual(before.map((found) => without([], found)))
        yield* migrate
        expect(yield* rows).toEqual(after)
      })
    )

    it.effect(`let the service run on an older deployment (${kind})`, () =>
      Effect.gen(function* () {
        const triggers = yield* TriggerStore
        const { problems, strategies: active } = yield* activeStrategies
        expect(problems).toEqual([])
        expect(active).toMatchObject([
          {
            name: "Corners",
            competitions: ["28", "364"],
            when: [{ left: { metric: "corners", window: { last: 15 } }, right: 4 }]
          }
        ])
        const [strategy = newStrategy()] = active
        expect(yield* triggers.counts).toEqual({ pending: 0, sent: 2, failed: 0, expired: 0 })

        const brought = [candidateOf(strategy, { id: "100" }), candidateOf(strategy, { id: "102" })]
        const { known, triggers: created } = yield* triggers.create(brought)
        expect(known).toEqual([{ strategyId: strategy.id, matchId: "100" }])
        expect(created).toMatchObject([{ evidence: brought[1]?.evidence }])
        expect(yield* triggers.pending(9)).toMatchObject([{ ...created[0], ownerChat: "42" }])
        expect(yield* triggers.expire("all", Option.none())).toEqual([])
        expect(yield* triggers.triggered(["100", "102", "sr:match:9"])).toEqual(
          new Map([
            ["100", [strategy.id]],
            ["102", [strategy.id]]
          ])
        )
        expect(yield* sql("select total_triggers::int counted from performance order by 1 desc")).toEqual(
          counters.map((counted) => ({ counted }))
        )
        expect(
          yield* sql(
            "set timezone to 'UTC'; select fixture_timestamp::text as at from triggers where match_id::text = '102'"
          )
        ).toEqual([{ at: kickOff }])

        const id = TriggerId.make(`${created[0]?.id}`)
        yield* triggers.sent(id, 1, { ...receipt, channel: "telegram", messageId: "900", chatId: "-100777" })
        expect(
          yield* sql(`select telegram_message_id::text message, telegram_chat_id::text chat, alert_state state
            from triggers where match_id::text = '102'`)
        ).toEqual([{ message: "900", chat: "-100777", state: "sent" }])
        expect(Option.isSome(yield* triggers.find(id))).toBe(true)

        const theirs = sql(
          "select evidence_json::text evidence from triggers where match_id::text <> '102' order by id"
        )
        const before = yield* theirs
        const { call } = yield* Database
        const old = { before: "2999-01-01T00:00:00Z", max_rows: 9 }
        expect(yield* call("forget_trigger_details", old)).toEqual([{ snapshots: 1, triggers: 1 }])
        expect(Option.getOrThrow(yield* triggers.find(id)).evidence).toEqual([])
        expect(yield* theirs).toEqual(before)
      })
    )

    it.effect(`let the service put strategies into an older deployment (${kind})`, () =>
      Effect.gen(function* () {
        const [strategies, triggers] = [yield* StrategyStore, yield* TriggerStore]
        if (knowsOwnIds) yield* strategies.save([newStrategy({ name: "Added" })])
        yield* sql("truncate strategies, rules, triggers, performance cascade")
        expect(yield* strategies.addSamples([newStrategy(), newStrategy()])).toBe(2)
        const { strategies: active } = yield* activeStrategies
        expect((yield* triggers.create(active.map((each) => candidateOf(each)))).triggers).toHaveLength(2)
      })
    )
  }

  it.effect("make tables that are missing with ids of the type that strategies have there", () =>
    Effect.gen(function* () {
      for (const type of ["bigint generated by default as identity", "text"]) {
        yield* afresh(`create table strategies (id ${type} primary key);`)
        yield* migrate
        yield* sql(`insert into strategies (id, name) values (1, 'One');
          insert into rules (strategy_id, metric, value) values (1, 'corners', 4)`)
        const { strategies } = yield* activeStrategies
        expect(strategies).toMatchObject([{ id: "1", name: "One" }])
        expect(
          (yield* Effect.flatMap(TriggerStore, ({ create }) => create(strategies.map((each) => candidateOf(each)))))
            .triggers
        ).toHaveLength(1)
      }
    })
  )

  it.effect("tell of changes in tables whose ids are numbers, and know the strategies of files there", () =>
    Effect.gen(function* () {
      yield* afresh(olderDeployments.find(({ kind }) => kind === "numbers")?.tables ?? "")
      yield* migrate
      const { since, saveFiles } = yield* StrategyStore
      const { seen } = yield* since(undefined, [])
      yield* sql("update rules set value = 5; update strategies set name = 'Off still' where id = 2")
      const look = yield* since(seen, [])
      expect(look.strategies.map(({ content, id }) => [id, content !== null]).sort()).toEqual([
        ["1", true],
        ["2", false]
      ])
      const { id, owner: _, ...definition } = newStrategy({ name: "Kept" })
      const file = { file: "kept", id, definition, isSample: false }
      const [saved] = yield* saveFiles([file], { directory: "/strategies", names: ["kept"] })
      expect(saved?.id).toMatch(/^\d+$/)
      expect(yield* saveFiles([file], { directory: "/strategies", names: ["kept"] })).toEqual([saved])
    })
  )

  it.effect("do not write the @name of a channel into a column of numbers", () =>
    Effect.gen(function* () {
      yield* afresh(olderDeployments[0]?.tables ?? "")
      yield* migrate
      const triggers = yield* TriggerStore
      const { strategies: active } = yield* activeStrategies
      const { triggers: created } = yield* triggers.create(active.map((each) => candidateOf(each, { id: "102" })))
      const sent = { ...receipt, channel: "telegram", messageId: "900", chatId: "@football" }
      yield* triggers.sent(TriggerId.make(`${created[0]?.id}`), 1, sent)
      expect(
        yield* sql("select telegram_chat_id chat, alert_receipt->>'chatId' receipt from triggers where match_id = 102")
      ).toEqual([{ chat: null, receipt: "@football" }])
    })
  )
})
