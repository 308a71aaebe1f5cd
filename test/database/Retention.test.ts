import { isDeepStrictEqual } from "node:util"
import { assert, expect, layer } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Database } from "../../src/database/Database.ts"
import { forgetDetails, layerRetention } from "../../src/database/Retention.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { OutcomeStore } from "../../src/outcome/OutcomeStore.ts"
import { emptyTables } from "../contracts/Sql.ts"
import { eventually, whileTimePasses } from "../fixtures/eventually.ts"
import { quiet } from "../fixtures/logs.ts"
import { candidateOf, newStrategy, receipt, shown } from "../fixtures/pipeline.ts"
import { counters, expecting, fire, firedOn, onDatabase, openOn, sql, verdictOn } from "../outcome/outcomes.ts"

/** What must stay as it is. */
const kept = sql(`select id, strategy_id, match_id, triggered_at, result, verdict, verdict_at, alert_state, alerted_at,
  score_home, minute, home_team from triggers order by match_id, id`)

const details = sql(`select t.match_id as match, jsonb_array_length(t.evidence_json) as evidence,
  coalesce(t.snapshot, s.snapshot) ? 'statistics' as figures, t.alert_receipt ->> 'text' as text
  from triggers t left join trigger_snapshots s on s.id = t.snapshot_id order by t.match_id`)

const rich = { statistics: { shots: { home: 9, away: 2 } } }

/** A trigger that is told and judged, one that is not judged yet, one whose alert waits; and one as versions before made them. */
const evening = Effect.gen(function* () {
  yield* emptyTables
  const [triggers, outcomes] = [yield* TriggerStore, yield* OutcomeStore]
  const strategy = expecting("total goals >= 1")
  const [settled, open] = yield* fire(
    [strategy],
    [
      { id: "a settled", ...rich },
      { id: "b open", ...rich },
      { id: "c pending", ...rich }
    ]
  )
  for (const trigger of [settled, open]) yield* triggers.sent(trigger?.id ?? assert.fail(), 1, receipt)
  const [judged = assert.fail()] = yield* openOn("a settled")
  yield* outcomes.resolve([verdictOn(judged, "hit", { tell: false })])
  const { strategyId: strategy_id, evidence: evidence_json } = candidateOf(strategy)
  const before = {
    strategy_id,
    match_id: "d of before",
    triggered_at: "2026-05-02T15:00:00Z",
    evidence_json,
    snapshot: shown({ id: "d of before", ...rich })
  }
  const { call } = yield* Database
  yield* call("create_triggers", { candidates: [before] })
  yield* sql("update triggers set alert_state = 'sent' where match_id = 'd of before'")
  return strategy
})

const now = Schema.decodeUnknownSync(Schema.Array(Schema.Struct({ now: Schema.Finite })))

/** So many days from now, by the clock of the database. */
const inDays = Effect.fnUntraced(function* (days: number) {
  const [row] = now(yield* sql("select (extract(epoch from now()) * 1000)::float8 as now"))
  yield* TestClock.setTime((row?.now ?? 0) + Duration.toMillis(Duration.days(days)))
})

const forget = (days: number) =>
  Effect.flatMap(Effect.forkChild(forgetDetails(Duration.days(days))), (fiber) => whileTimePasses(fiber))

const bare = (match: string, text: string | null = "") => ({ match, evidence: 0, figures: false, text })
const whole = (match: string, text: string | null = receipt.text) => ({ match, evidence: 1, figures: true, text })

const forgotten = [bare("a settled"), whole("b open"), whole("c pending", null), bare("d of before", null)]
const untouched = [whole("a settled"), whole("b open"), whole("c pending", null), whole("d of before", null)]

layer(Layer.merge(onDatabase, quiet))("Retention", (it) => {
  it.effect("forgets the details of what is old and settled, and nothing else of it", () =>
    Effect.gen(function* () {
      const strategy = yield* evening
      const before = [yield* kept, yield* counters]
      yield* inDays(1)
      assert.strictEqual(yield* forget(2), 1)
      // The trigger of an earlier version says itself when it was made, which was long ago.
      expect(yield* details).toEqual([...untouched.slice(0, 3), bare("d of before", null)])
      yield* inDays(3)
      assert.strictEqual(yield* forget(2), 1)
      expect(yield* details).toEqual(forgotten)
      assert.strictEqual(yield* forget(2), 0)
      expect([yield* kept, yield* counters]).toEqual(before)

      const { call } = yield* Database
      expect(yield* call("recount_performance", { strategies: null })).toEqual([])
      const triggers = yield* TriggerStore
      const again = ["a settled", "d of before"].map((id) => firedOn(strategy, { id }))
      expect((yield* triggers.create(again)).triggers).toEqual([])
      expect([yield* kept, yield* counters]).toEqual(before)
    })
  )

  it.effect("forgets nothing of a trigger whose verdict is as young: it may be revised", () =>
    Effect.gen(function* () {
      yield* evening
      yield* sql("update triggers set verdict_final_at = now() + interval '2 days' where match_id = 'a settled'")
      yield* inDays(3)
      yield* forget(2)
      expect(yield* details).toEqual([...untouched.slice(0, 3), bare("d of before", null)])
    })
  )

  it.effect("leaves triggers that this version and the one before it can read", () =>
    Effect.gen(function* () {
      yield* evening
      yield* inDays(3)
      yield* forget(2)
      const triggers = yield* TriggerStore
      const found = yield* triggers.since(DateTime.makeUnsafe(0), 9)
      expect(found.map(({ evidence, snapshot }) => [snapshot.match.id, evidence.length]).sort()).toEqual([
        ["a settled", 0],
        ["b open", 1],
        ["c pending", 1],
        ["d of before", 0]
      ])
      const { call } = yield* Database
      expect(yield* call("triggers_since", { since: "1970-01-01T00:00:00Z", max_rows: 9 })).toHaveLength(4)
    })
  )

  it.effect("forgets what was left when it is settled, in pages", () =>
    Effect.gen(function* () {
      yield* evening
      yield* inDays(3)
      yield* forget(2)
      const triggers = yield* TriggerStore
      for (const { id } of yield* triggers.outbox(9)) yield* triggers.failed(id, 3, "refused")
      assert.strictEqual(yield* forget(2), 0)
      yield* sql("update triggers set outcome_open = null where match_id = 'c pending'")
      assert.strictEqual(yield* forget(2), 1)
      const strategy = newStrategy()
      yield* fire(
        [strategy],
        Array.from({ length: 450 }, (_, index) => ({ id: `many ${index}` }))
      )
      yield* sql("update triggers set alert_state = 'sent'")
      yield* inDays(3)
      assert.strictEqual(yield* forget(2), 450)
    })
  )

  it.effect("runs by itself, where a setting says so", () =>
    Effect.gen(function* () {
      yield* evening
      yield* inDays(3)
      yield* Layer.build(layerRetention({ triggerDays: Option.none() }))
      yield* TestClock.adjust("3 hours")
      expect(yield* details).toEqual(untouched)
      yield* Layer.build(layerRetention({ triggerDays: Option.some(Duration.days(2)) }))
      yield* eventually(Effect.andThen(TestClock.adjust("1 minute"), details), (rows) =>
        isDeepStrictEqual(rows, forgotten)
      )
    }).pipe(Effect.scoped)
  )
})
