/** What every layer of Database must do: each function of `supabase/migrations`, called through the port. */
import { expect, layer } from "@effect/vitest"
import { Effect, type Layer, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { newStrategy, receipt, shown, unused } from "../fixtures/pipeline.ts"
import { emptyTables, Sql } from "./Sql.ts"

const call = (operation: string, args: { readonly [name: string]: unknown } = {}) =>
  Effect.flatMap(Database, (database) => database.call(operation, args))

const ids = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ id: Schema.String })))

/** The columns of a strategy as `save_strategies` takes them. */
const definition = (columns: { readonly is_active?: boolean; readonly name?: string } = {}) => {
  const { id, name, when } = newStrategy()
  return { id, name, description: "Why", is_active: true, definition: { name, when }, ...columns }
}

/** The columns of a candidate as `create_triggers` takes them. */
const candidate = (strategy: string, match = `match-${unused()}`, triggeredAt = "2026-05-02T15:00:00.000Z") => ({
  strategy_id: strategy,
  match_id: match,
  triggered_at: triggeredAt,
  period: "2H",
  minute: 60,
  added: 0,
  home_team: "Brazil",
  away_team: "Belgium",
  score_home: 1,
  score_away: 2,
  league_id: "28",
  fixture_timestamp: "2018-07-06T18:00:00.000Z",
  evidence_json: [{ condition: "minute >= 1", left: 60, right: 1 }],
  snapshot: shown({ id: match })
})

/** A match and the strategies that hold on it, as `create_judged_triggers` takes them. */
const inBulk = (match: string, ...strategies: ReadonlyArray<string>) => {
  const { evidence_json, snapshot, strategy_id: _, ...columns } = candidate("", match)
  return { shown: columns, snapshot, triggers: strategies.map((strategy_id) => ({ strategy_id, evidence_json })) }
}

/** A strategy that the database knows. */
const strategy = Effect.gen(function* () {
  const saved = definition()
  yield* call("save_strategies", { definitions: [saved] })
  return saved
})

/** The id of a pending trigger, just created. */
const pending = Effect.gen(function* () {
  const { id } = yield* strategy
  const [trigger] = yield* ids(yield* call("create_triggers", { candidates: [candidate(id)] }))
  return trigger?.id ?? "none"
})

const sql = (statements: string) => Effect.flatMap(Sql, ({ run }) => run(statements))

/** The columns of a trigger's alert. */
const alertOf = (id: string) =>
  sql(`select alert_state state, alert_attempts attempts, alert_error error, alert_receipt receipt,
    alerted_at is not null alerted from triggers where id::text = '${id}'`)

const performance = sql("select total_triggers, total_hits, total_misses from performance order by total_triggers")

const moment = (match: string, minute: number, shots = 0) => ({
  match_id: match,
  period: "2H",
  minute,
  added: 0,
  figures: { shots: { home: shots, away: 0 } }
})

/** The moment as it is remembered: with the time at which it was recorded. */
const recorded = (of: ReturnType<typeof moment>) => ({
  ...of,
  recorded_at: expect.any(String),
  recorder: null,
  play: 0
})

/** A match of which all is asked for. */
const whole = (match: string) => ({ match_id: match, recorded_at: null })

/**
 * The layer answers for a database that has the migrations; the tests empty its tables, through `Sql`, before each of
 * them.
 */
export const databaseContract = <E>(name: string, databaseLayer: Layer.Layer<Database | Sql, E>) =>
  layer(databaseLayer)(`${name} is a Database`, (it) => {
    it.effect("that creates a pending trigger with all that its alert says", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const { id, name } = yield* strategy
        const brought = candidate(id)
        expect(yield* call("create_triggers", { candidates: [brought] })).toEqual([
          {
            id: expect.any(String),
            strategy_id: id,
            strategy_name: name,
            owner: null,
            snapshot: brought.snapshot,
            evidence: brought.evidence_json,
            triggered_at: expect.stringContaining("2026-05-02T15:00:00"),
            alert_state: "pending",
            owner_chat: null
          }
        ])
        expect(
          yield* sql("select home_team, away_team, score_home, score_away, minute, league_id, result from triggers")
        ).toEqual([
          {
            home_team: "Brazil",
            away_team: "Belgium",
            score_home: 1,
            score_away: 2,
            minute: 60,
            league_id: "28",
            result: null
          }
        ])
      })
    )

    it.effect(
      "that stores a snapshot once for all triggers of a match in a call, and until the last of them is gone",
      () =>
        Effect.gen(function* () {
          yield* emptyTables
          const [one, two] = [yield* strategy, yield* strategy]
          const rows = yield* call("create_judged_triggers", {
            matches: [inBulk("a", one.id, two.id), inBulk("b", one.id)]
          })
          expect(rows).toHaveLength(3)
          expect(yield* performance).toMatchObject([{ total_triggers: 1 }, { total_triggers: 2 }])
          const snapshots = sql("select match_id from trigger_snapshots order by match_id")
          expect(yield* snapshots).toEqual([{ match_id: "a" }, { match_id: "b" }])
          // As the version before reads them.
          const pending = yield* call("pending_alerts", { max_rows: 9 })
          expect(pending).toHaveLength(3)
          for (const id of ["a", "b"]) {
            expect(pending).toContainEqual(
              expect.objectContaining({ snapshot: expect.objectContaining(shown({ id })) })
            )
          }
          yield* sql(`delete from triggers where strategy_id = '${one.id}'`)
          expect(yield* snapshots).toEqual([{ match_id: "a" }])
          yield* sql(`delete from triggers where strategy_id = '${two.id}'`)
          expect(yield* snapshots).toEqual([])
          yield* call("create_judged_triggers", { matches: [inBulk("a", one.id)] })
          yield* sql("truncate triggers")
          expect(yield* snapshots).toEqual([])
        })
    )

    it.effect(
      "that keeps no snapshot, and counts nothing, where every pair had a trigger; and names what is pending",
      () =>
        Effect.gen(function* () {
          yield* emptyTables
          const [one, two] = [yield* strategy, yield* strategy]
          yield* call("create_triggers", { candidates: [candidate(one.id, "a"), candidate(two.id, "a")] })
          yield* sql(`update triggers set alert_state = 'sent' where strategy_id = '${two.id}'`)
          expect(yield* call("create_judged_triggers", { matches: [inBulk("a", one.id, two.id)] })).toEqual([
            { id: expect.any(String), strategy_id: one.id, match_id: "a", is_new: false }
          ])
          expect(yield* sql("select from trigger_snapshots")).toEqual([])
          expect(yield* performance).toMatchObject([{ total_triggers: 1 }, { total_triggers: 1 }])
        })
    )

    it.effect("that tells the strategies that have a trigger on a match, whichever version made it", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const [one, two] = [yield* strategy, yield* strategy]
        yield* call("create_triggers", { candidates: [candidate(one.id, "a")] })
        yield* call("create_judged_triggers", { matches: [inBulk("a", two.id), inBulk("b", one.id)] })
        expect(yield* call("triggered_strategies", { match_ids: ["a", "c"] })).toEqual([
          {
            match_id: "a",
            strategies: expect.toSatisfy((ids) => `${ids.toSorted()}` === `${[one.id, two.id].toSorted()}`)
          }
        ])
      })
    )

    it.effect("that keeps the last play of a match alone, and tells others what is in doubt of it", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const List = Schema.fromJsonString(Schema.Array(Schema.Unknown))
        const answer = Schema.decodeUnknownEffect(
          Schema.Tuple([Schema.Struct({ asked_at: Schema.String, moments: List, doubts: List })])
        )
        const asked = (match_ids: ReadonlyArray<string>, since: string | null, reader: string) =>
          Effect.flatMap(call("play_moments_of", { match_ids, since, reader }), answer)
        const save = (play: number, moments: ReadonlyArray<ReturnType<typeof moment>>, doubted?: object | null) =>
          call("save_play_moments", {
            moments: moments.map((each) => ({ ...each, play })),
            doubts: doubted === undefined ? [] : [{ match_id: "a", play, moment: doubted }],
            writer: "me"
          })
        const [{ asked_at }] = yield* asked([], null, "me")
        yield* save(0, [moment("a", 70), moment("a", 71), moment("b", 71)])
        yield* save(0, [], { minute: 46 })
        const doubt = { match_id: "a", play: 0, moment: { minute: 46 } }
        expect((yield* asked([], asked_at, "other"))[0].doubts).toEqual([doubt])
        expect((yield* asked(["a"], null, "me"))[0].doubts).toEqual([doubt])
        expect((yield* asked([], asked_at, "me"))[0].doubts).toEqual([])
        yield* save(1, [moment("a", 46), moment("a", 71, 5)], null)
        // What comes late of the former play takes nothing back.
        yield* save(0, [moment("a", 71)], { minute: 46 })
        const [{ doubts, moments }] = yield* asked([], asked_at, "other")
        expect(moments).toHaveLength(3)
        expect(moments).toEqual(
          expect.arrayContaining([
            { ...moment("a", 46), play: 1 },
            { ...moment("a", 71, 5), play: 1 },
            { ...moment("b", 71), play: 0 }
          ])
        )
        expect(doubts).toEqual([{ match_id: "a", play: 1, moment: null }])
        yield* sql("update match_history set recorded_at = recorded_at - interval '1 minute'")
        yield* sql("update match_doubts set recorded_at = recorded_at - interval '1 minute'")
        expect((yield* asked([], asked_at, "other"))[0]).toMatchObject({ moments: [], doubts: [] })
        yield* sql("update match_doubts set recorded_at = now() - interval '49 hours'")
        yield* save(1, [])
        expect((yield* asked(["a"], null, "me"))[0].doubts).toEqual([])
        // The version before this one goes on with the same rows.
        yield* call("save_moments", { moments: [moment("a", 71, 6)], writer: "before" })
        expect((yield* asked(["a"], null, "me"))[0].moments).toContainEqual({ ...moment("a", 71, 6), play: 1 })
      })
    )

    it.effect("that tells all moments of a match, and of others what other processes have recorded since", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const answer = Schema.decodeUnknownEffect(
          Schema.Tuple([
            Schema.Struct({ asked_at: Schema.String, moments: Schema.fromJsonString(Schema.Array(Schema.Unknown)) })
          ])
        )
        const asked = (match_ids: ReadonlyArray<string>, since: string | null, reader: string) =>
          Effect.flatMap(call("moments_of", { match_ids, since, reader }), answer)
        const [{ asked_at }] = yield* asked([], null, "me")
        yield* call("save_moments", { moments: [moment("a", 1), moment("b", 1)], writer: "me" })
        expect((yield* asked([], asked_at, "me"))[0].moments).toEqual([])
        yield* call("record_moments", { moments: [moment("b", 2)] })
        expect((yield* asked([], asked_at, "me"))[0].moments).toEqual([moment("b", 2)])
        yield* call("save_moments", { moments: [moment("a", 2)], writer: "other" })
        expect((yield* asked(["a"], null, "me"))[0].moments).toEqual([moment("a", 1), moment("a", 2)])
        expect((yield* asked([], asked_at, "me"))[0].moments).toEqual([moment("b", 2), moment("a", 2)])
        expect((yield* asked(["c"], null, "me"))[0].moments).toEqual([])
        yield* sql("update match_history set recorded_at = recorded_at - interval '1 minute'")
        expect((yield* asked([], asked_at, "me"))[0].moments).toEqual([])
        // What is saved again takes the place of what was there, and the version before reads it.
        yield* call("save_moments", { moments: [moment("a", 1, 5)], writer: "me" })
        expect(yield* call("moments_since", { cursors: [whole("a")] })).toEqual(
          expect.arrayContaining([expect.objectContaining(moment("a", 1, 5)), expect.objectContaining(moment("a", 2))])
        )
      })
    )

    it.effect("that counts triggers for their strategy", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const [one, two] = [yield* strategy, yield* strategy]
        yield* call("create_triggers", { candidates: [candidate(one.id), candidate(two.id), candidate(two.id)] })
        yield* call("create_triggers", { candidates: [candidate(two.id)] })
        expect(yield* performance).toEqual([
          { total_triggers: 1, total_hits: 0, total_misses: 0 },
          { total_triggers: 3, total_hits: 0, total_misses: 0 }
        ])
      })
    )

    it.effect("that gives a pair no second trigger, and counts it once", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const { id } = yield* strategy
        const known = candidate(id)
        yield* call("create_triggers", { candidates: [known] })
        expect(yield* call("create_triggers", { candidates: [known] })).toEqual([])
        expect(yield* call("create_triggers", { candidates: [known, candidate(id)] })).toHaveLength(1)
        expect(yield* performance).toMatchObject([{ total_triggers: 2 }])
      })
    )

    it.effect("that gives a pair one trigger when it comes twice in a batch", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const { id } = yield* strategy
        const twice = candidate(id)
        expect(yield* call("create_triggers", { candidates: [twice, twice] })).toHaveLength(1)
        expect(yield* performance).toMatchObject([{ total_triggers: 1 }])
      })
    )

    it.effect("that gives a pair one trigger when many bring it at the same time", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const { id } = yield* strategy
        const [one, two] = [candidate(id), candidate(id)]
        const answers = yield* Effect.forEach(
          [one, two, one, two, one, two, one, two],
          (first) => call("create_triggers", { candidates: [first, first === one ? two : one] }),
          { concurrency: "unbounded" }
        )
        expect(answers.flat()).toHaveLength(2)
        expect(yield* performance).toMatchObject([{ total_triggers: 2 }])
      })
    )

    it.effect("that skips a strategy it does not know, and creates the others' triggers", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const { id } = yield* strategy
        const gone = definition().id
        const created = yield* call("create_triggers", { candidates: [candidate(gone), candidate(id)] })
        expect(created).toMatchObject([{ strategy_id: id }])
        expect(yield* performance).toMatchObject([{ total_triggers: 1 }])
      })
    )

    it.effect("that finds triggers by their ids, and none by an id that is nobody's", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const [one, two] = [yield* pending, yield* pending]
        yield* pending
        expect(yield* ids(yield* call("triggers_by_id", { ids: [one, two] }))).toHaveLength(2)
        expect(yield* call("triggers_by_id", { ids: ["7"] })).toEqual([])
        expect(yield* call("triggers_by_id", { ids: [] })).toEqual([])
      })
    )

    it.effect("that lists pending alerts, the oldest first, at most as many as asked for", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const { id } = yield* strategy
        const at = (time: string) => candidate(id, `match at ${time}`, `2026-05-02T${time}:00Z`)
        yield* call("create_triggers", { candidates: [at("15:02"), at("15:00"), at("15:01")] })
        const matches = (rows: ReadonlyArray<unknown>) =>
          Effect.map(
            Schema.decodeUnknownEffect(
              Schema.Array(Schema.Struct({ snapshot: Schema.Struct({ match: Schema.Struct({ id: Schema.String }) }) }))
            )(rows),
            (triggers) => triggers.map(({ snapshot }) => snapshot.match.id)
          )
        expect(yield* matches(yield* call("pending_alerts", { max_rows: 2 }))).toEqual([
          "match at 15:00",
          "match at 15:01"
        ])
        expect(yield* matches(yield* call("triggers_since", { since: "2026-05-02T15:01:00Z", max_rows: 9 }))).toEqual([
          "match at 15:01",
          "match at 15:02"
        ])
      })
    )

    it.effect("that tells which pairs have a trigger", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const { id } = yield* strategy
        yield* call("create_triggers", { candidates: [candidate(id, "known")] })
        const pairs = [
          { strategy_id: id, match_id: "known" },
          { strategy_id: id, match_id: "unknown" },
          { strategy_id: definition().id, match_id: "known" }
        ]
        expect(yield* call("triggered_pairs", { pairs })).toEqual([{ strategy_id: id, match_id: "known" }])
      })
    )

    it.effect("that records a sent alert, whose first receipt stays", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const id = yield* pending
        expect(yield* call("record_alert_sent", { trigger_id: id, attempts: 2, receipt })).toEqual([{ id }])
        const later = { ...receipt, messageId: "200" }
        expect(yield* call("record_alert_sent", { trigger_id: id, attempts: 3, receipt: later })).toEqual([])
        expect(yield* alertOf(id)).toEqual([{ state: "sent", attempts: 2, error: null, receipt, alerted: true }])
        expect(yield* call("pending_alerts", { max_rows: 9 })).toEqual([])
      })
    )

    it.effect("that records a failed alert with its reason", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const id = yield* pending
        expect(yield* call("record_alert_failed", { trigger_id: id, attempts: 3, reason: "no such chat" })).toEqual([
          { id }
        ])
        expect(yield* alertOf(id)).toEqual([
          { state: "failed", attempts: 3, error: "no such chat", receipt: null, alerted: false }
        ])
        expect(yield* call("pending_alerts", { max_rows: 9 })).toEqual([])
      })
    )

    it.effect("that takes a sent alert for sent, whatever fails afterwards", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const id = yield* pending
        yield* call("record_alert_sent", { trigger_id: id, attempts: 1, receipt })
        expect(yield* call("record_alert_failed", { trigger_id: id, attempts: 3, reason: "late" })).toEqual([])
        expect(yield* alertOf(id)).toMatchObject([{ state: "sent", error: null }])
      })
    )

    it.effect("that takes a failed alert for sent once a channel took it after all", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const id = yield* pending
        yield* call("record_alert_failed", { trigger_id: id, attempts: 3, reason: "no answer" })
        yield* call("record_alert_sent", { trigger_id: id, attempts: 4, receipt })
        expect(yield* alertOf(id)).toMatchObject([{ state: "sent", attempts: 4, error: null, receipt }])
      })
    )

    it.effect("that records what became of many alerts as it does of one", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const all = yield* Effect.forEach([1, 2, 3, 4], () => pending)
        const [sent, failed, late, after] = all
        yield* call("record_alert_sent", { trigger_id: late, attempts: 1, receipt })
        yield* call("record_alert_failed", { trigger_id: after, attempts: 3, reason: "no answer" })
        const results = [
          { id: sent, attempts: 2, receipt },
          { id: failed, attempts: 3, reason: "no such chat" },
          { id: late, attempts: 3, reason: "late" },
          { id: after, attempts: 4, receipt },
          { id: sent, attempts: 3, receipt: { ...receipt, messageId: "200" } },
          { id: "nobody's", attempts: 1, receipt }
        ]
        for (const _ of ["once", "twice"]) {
          expect(yield* call("record_alerts", { results })).toEqual([])
          expect(yield* Effect.forEach(all, (id) => Effect.map(alertOf(id), ([row]) => row))).toEqual([
            { state: "sent", attempts: 2, error: null, receipt, alerted: true },
            { state: "failed", attempts: 3, error: "no such chat", receipt: null, alerted: false },
            { state: "sent", attempts: 1, error: null, receipt, alerted: true },
            { state: "sent", attempts: 4, error: null, receipt, alerted: true }
          ])
        }
        expect(yield* call("record_alerts", { results: [] })).toEqual([])
      })
    )

    it.effect("that notes what Telegram took in the columns of older readers, for many as for one", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const [one, many, other] = [yield* pending, yield* pending, yield* pending]
        const taken = { channel: "telegram", messageId: "7", chatId: "-100", text: "Brazil" }
        yield* call("record_alert_sent", { trigger_id: one, attempts: 1, receipt: taken })
        yield* call("record_alerts", {
          results: [
            { id: many, attempts: 1, receipt: taken },
            { id: other, attempts: 1, receipt }
          ]
        })
        const noted = { telegram_message_id: "7", telegram_chat_id: "-100", telegram_message_text: "Brazil" }
        const columns = (id: string) =>
          sql(`select telegram_message_id::text, telegram_chat_id::text, telegram_message_text from triggers
            where id::text = '${id}'`)
        expect(yield* columns(one)).toEqual([noted])
        expect(yield* columns(many)).toEqual([noted])
        expect(yield* columns(other)).toEqual([
          { telegram_message_id: null, telegram_chat_id: null, telegram_message_text: null }
        ])
      })
    )

    it.effect("that counts alerts by where they stand", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const [sent, failed] = [yield* pending, yield* pending]
        yield* pending
        yield* call("record_alert_sent", { trigger_id: sent, attempts: 1, receipt })
        yield* call("record_alert_failed", { trigger_id: failed, attempts: 3, reason: "refused" })
        const counts = yield* call("count_alerts")
        expect(counts).toHaveLength(3)
        expect(counts).toEqual(
          expect.arrayContaining(["pending", "sent", "failed"].map((state) => ({ state, count: 1 })))
        )
      })
    )

    it.effect("that takes sample strategies only while it holds no strategy", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const samples = [definition(), definition()]
        expect(yield* call("add_sample_strategies", { definitions: samples })).toHaveLength(2)
        expect(yield* call("add_sample_strategies", { definitions: [definition()] })).toEqual([])
        expect(yield* call("active_strategies")).toHaveLength(2)
      })
    )

    it.effect("that leaves samples out when its only strategy is switched off", () =>
      Effect.gen(function* () {
        yield* emptyTables
        yield* call("save_strategies", { definitions: [definition({ is_active: false })] })
        expect(yield* call("add_sample_strategies", { definitions: [definition()] })).toEqual([])
      })
    )

    it.effect("that adds strategies and brings them up to date by their id", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const [one, two] = [definition({ name: "A" }), definition({ name: "B" })]
        expect(yield* call("save_strategies", { definitions: [one, two] })).toHaveLength(2)
        yield* call("save_strategies", { definitions: [{ ...one, name: "C", description: "Better" }] })
        expect(yield* call("active_strategies")).toMatchObject([
          { id: two.id, name: "B", description: "Why", definition: two.definition },
          { id: one.id, name: "C", description: "Better", definition: one.definition }
        ])
      })
    )

    it.effect("that lists only active strategies, each with its rules", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const [ruled, bare] = [definition({ name: "A" }), definition({ name: "B" })]
        yield* call("save_strategies", { definitions: [ruled, bare, definition({ is_active: false })] })
        yield* sql(`insert into rules (strategy_id, metric, comparator, value, team_scope, time_filter) values
          ('${ruled.id}', 'corners', 'GTE', 4.5, 'TOTAL', '{"mode":"past_x","x":15}'),
          ('${ruled.id}', 'goals', 'EQ', 0, 'HOME', null)`)
        const [first, second] = yield* call("active_strategies")
        expect(first).toMatchObject({
          id: ruled.id,
          is_active: true,
          rules: expect.arrayContaining([
            expect.objectContaining({ metric: "corners", value: 4.5, time_filter: { mode: "past_x", x: 15 } }),
            expect.objectContaining({ metric: "goals", comparator: "EQ", value: 0, value_type: "IN_PLAY" })
          ])
        })
        expect(second).toMatchObject({ id: bare.id, rules: [] })
      })
    )

    it.effect("that remembers the moments of matches, the last figures of each minute", () =>
      Effect.gen(function* () {
        yield* emptyTables
        yield* call("record_moments", { moments: [moment("1", 60, 4), moment("1", 61, 5), moment("2", 60)] })
        yield* call("record_moments", { moments: [moment("1", 61, 6)] })
        const remembered = yield* call("moments_since", { cursors: [whole("1"), whole("3")] })
        expect(remembered).toHaveLength(2)
        expect(remembered).toMatchObject(expect.arrayContaining([moment("1", 60, 4), moment("1", 61, 6)].map(recorded)))
        expect(yield* call("moments_since", { cursors: [] })).toEqual([])
      })
    )

    it.effect("that tells what was recorded of a match after a time", () =>
      Effect.gen(function* () {
        yield* emptyTables
        // Often enough that some are recorded while the clock of the database stands.
        for (let minute = 60; minute < 80; minute++) {
          const [before] = yield* call("record_moments", { moments: [moment("1", minute)] })
          yield* call("record_moments", { moments: [moment("1", minute + 1), moment("2", minute + 1)] })
          expect(yield* call("moments_since", { cursors: [before] })).toEqual([recorded(moment("1", minute + 1))])
        }
      })
    )

    it.effect("that forgets the matches of the day before yesterday", () =>
      Effect.gen(function* () {
        yield* emptyTables
        yield* call("record_moments", { moments: [moment("old", 60)] })
        yield* sql("update match_history set recorded_at = now() - interval '49 hours'")
        yield* call("record_moments", { moments: [moment("new", 60)] })
        expect(yield* call("moments_since", { cursors: [whole("old"), whole("new")] })).toEqual([
          recorded(moment("new", 60))
        ])
      })
    )

    it.effect("that refuses a function it does not have, by name", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(call("drop_everything", { now: true }))
        expect(error).toMatchObject({ _tag: "DatabaseError", operation: "drop_everything", reason: "refused" })
        expect(error.message).toContain("drop_everything")
      })
    )

    it.effect("that refuses a value which is not of its column's type, and does none of the call", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const { id } = yield* strategy
        const odd = { ...candidate(id), minute: "sixty" }
        const error = yield* Effect.flip(call("create_triggers", { candidates: [candidate(id), odd] }))
        expect(error).toMatchObject({ operation: "create_triggers", reason: "refused" })
        expect(yield* performance).toEqual([])
      })
    )
  })
