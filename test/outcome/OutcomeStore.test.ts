import { assert, expect, layer } from "@effect/vitest"
import { Effect, Metric, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import * as metrics from "../../src/health/metrics.ts"
import { OutcomeStore } from "../../src/outcome/OutcomeStore.ts"
import { performance, unreadableTriggers } from "../../src/outcome/Performance.ts"
import { Logs, quiet } from "../fixtures/logs.ts"
import { newStrategy, receipt } from "../fixtures/pipeline.ts"
import { counters, expecting, fire, onDatabase, openOn, recounted, sql, verdictOn } from "./outcomes.ts"

const rowOf = (id: string) =>
  Effect.map(
    sql(`select result, verdict, amendment, verdict_minute as minute from triggers where id = '${id}'`),
    ([row]) => row
  )

const equalCounters = Effect.gen(function* () {
  const counted = yield* recounted
  expect(yield* counters).toEqual(expect.arrayContaining([...counted]))
})

layer(onDatabase)("The outcomes of triggers", (it) => {
  it.effect("are judged by the expectation as it stood, whatever becomes of the strategy", () =>
    Effect.gen(function* () {
      const strategy = expecting("total goals since trigger >= 1")
      yield* fire([strategy], [{ id: "as it stood" }])
      yield* (yield* StrategyStore).save([{ ...strategy, expect: newStrategy().when[0] }])
      expect(yield* openOn("as it stood")).toMatchObject([{ expectation: strategy.expect, at: { minute: 60 } }])
      yield* sql(`delete from strategies where id = '${strategy.id}'`)
      expect(yield* openOn("as it stood")).toMatchObject([{ expectation: strategy.expect }])
    })
  )

  it.effect("are none where nothing is expected", () =>
    Effect.gen(function* () {
      const [trigger] = yield* fire([newStrategy()], [{ id: "none" }])
      expect(yield* openOn("none")).toEqual([])
      const found = yield* (yield* TriggerStore).find(trigger?.id ?? assert.fail())
      expect(Option.getOrThrow(found).outcome).toBe(undefined)
    })
  )

  it.effect("are written with the counters, once, however often and by however many they are brought", () =>
    Effect.gen(function* () {
      const store = yield* OutcomeStore
      const strategies = [expecting("total goals >= 1"), expecting("total goals >= 2")]
      const triggers = yield* fire(strategies, [{ id: "w1" }, { id: "w2" }])
      const open = [...(yield* openOn("w1")), ...(yield* openOn("w2"))]
      const verdicts = ["hit", "miss", "void", "hit"] as const
      const batch = open.map((each, index) => verdictOn(each, verdicts[index]))
      const first = yield* store.resolve(batch)
      expect(first.map(({ applied }) => applied)).toEqual([true, true, true, true])
      yield* equalCounters
      const before = yield* counters
      const again = yield* store.resolve(batch)
      expect(again.map(({ applied }) => applied)).toEqual([false, false, false, false])
      expect(yield* counters).toEqual(before)
      expect(yield* rowOf(triggers[0]?.id ?? "")).toMatchObject({ minute: 90 })
      const rows = yield* sql("select result, verdict from triggers where match_id in ('w1', 'w2') order by verdict")
      expect(rows).toEqual([
        { result: "HIT", verdict: "hit" },
        { result: "HIT", verdict: "hit" },
        { result: "MISS", verdict: "miss" },
        { result: null, verdict: "void" }
      ])
    })
  )

  it.effect("are revised: counters and message follow, and what was seen before changes nothing", () =>
    Effect.gen(function* () {
      const store = yield* OutcomeStore
      const strategy = expecting("total goals >= 1")
      const [trigger] = yield* fire([strategy], [{ id: "revised" }])
      const id = trigger?.id ?? assert.fail()
      yield* (yield* TriggerStore).sent(id, 1, receipt)
      const [open = assert.fail()] = yield* openOn("revised")
      const [hit = assert.fail()] = yield* store.resolve([verdictOn(open, "hit", { isFinal: false, at: 1000 })])
      expect(hit).toMatchObject({ applied: true, amend: true, standing: { verdict: "hit", version: 1 } })
      expect(yield* rowOf(id)).toMatchObject({ result: "HIT", amendment: "pending" })
      const late = { ...verdictOn(open, "miss", { at: 500 }), version: 1 }
      expect(yield* store.resolve([late])).toMatchObject([{ applied: false }])
      const opened = yield* store.resolve([
        { ...verdictOn(open, undefined, { isFinal: false, at: 2000, finding: {} }), version: 1 }
      ])
      expect(opened).toMatchObject([{ applied: true }])
      expect(yield* rowOf(id)).toMatchObject({ result: null, verdict: null, minute: null })
      yield* equalCounters
      yield* store.resolve([{ ...verdictOn(open, "miss", { at: 3000 }), version: 2 }])
      yield* equalCounters
      expect((yield* counters).find((row) => `${JSON.stringify(row)}`.includes(strategy.id))).toMatchObject({
        hits: 0,
        misses: 1,
        rate: 0
      })
    })
  )

  it.effect("amend a message that went out while they were decided, unless it told them", () =>
    Effect.gen(function* () {
      const [store, triggers] = [yield* OutcomeStore, yield* TriggerStore]
      yield* fire([expecting("total goals >= 1"), expecting("total goals >= 2")], [{ id: "meanwhile" }])
      const [one = assert.fail(), two = assert.fail()] = yield* openOn("meanwhile")
      const resolved = yield* store.resolve([verdictOn(one, "hit"), verdictOn(two, "hit")])
      expect(resolved.map(({ amend }) => amend)).toEqual([false, false])
      yield* triggers.sent(one.id, 1, { ...receipt, revision: 1 })
      yield* triggers.sent(two.id, 1, receipt)
      expect([yield* rowOf(one.id), yield* rowOf(two.id)]).toMatchObject([
        { amendment: null },
        { amendment: "pending" }
      ])
    })
  )

  it.effect("stay open where a row cannot be read, which is told once, and stop no other", () =>
    Effect.gen(function* () {
      const store = yield* OutcomeStore
      const triggers = yield* fire([expecting("total goals >= 1"), expecting("total goals >= 2")], [{ id: "bad" }])
      const [bad, good] = triggers.map(({ id }) => id)
      yield* sql(`update triggers set expectation = '{"left": "nonsense"}' where id = '${bad}'`)
      expect((yield* openOn("bad")).map(({ id }) => id)).toEqual([good])
      yield* openOn("bad")
      const { lines } = yield* Logs
      expect(yield* lines("a trigger cannot be judged and stays open: its expectation cannot be read")).toHaveLength(1)
      expect(yield* store.unreadable).toBe(1)
    }).pipe(Effect.provide(Logs.layer))
  )

  it.effect("are counted as unreadable as long as they are, and no longer", () =>
    Effect.gen(function* () {
      const store = yield* OutcomeStore
      const before = yield* store.unreadable
      const shown = Effect.map(Metric.value(metrics.triggersUnreadable), ({ value }) => value)
      const triggers = yield* fire([expecting("total goals >= 1"), expecting("total goals >= 2")], [{ id: "mended" }])
      const [one, two] = triggers.map(({ id }) => id)
      const readable = yield* sql(`select expectation from triggers where id = '${one}'`)
      yield* sql(`update triggers set expectation = '"nonsense"' where id in ('${one}', '${two}')`)
      yield* openOn("mended")
      expect([yield* store.unreadable, yield* shown]).toEqual([before + 2, before + 2])
      expect(yield* store.readAgain).toContain("mended")
      const [{ expectation }] = readable as readonly [{ expectation: object }]
      yield* sql(`update triggers set expectation = '${JSON.stringify(expectation)}' where id = '${one}'`)
      yield* store.readAgain
      expect([yield* store.unreadable, yield* shown]).toEqual([before + 1, before + 1])
      yield* sql(`delete from triggers where id = '${two}'`)
      expect(yield* store.readAgain).not.toContain("mended")
      expect([yield* store.unreadable, yield* shown]).toEqual([before, before])
      const { lines } = yield* Logs
      expect(yield* lines("a trigger cannot be judged and stays open: its expectation cannot be read")).toHaveLength(2)
      expect(yield* lines("a trigger that could not be judged can be read now, or is gone")).toHaveLength(2)
    }).pipe(Effect.provide(Logs.layer))
  )

  it.effect("are mended by a recount where an older deployment has let the counters drift", () =>
    Effect.gen(function* () {
      const { call } = yield* Database
      yield* call("recount_performance", { strategies: null })
      const right = yield* counters
      yield* sql(
        "update performance set total_hits = total_hits + 3, total_triggers = 0, hit_rate = 12.5 where total_triggers > 0"
      )
      expect((yield* call("recount_performance", { strategies: null })).length).toBeGreaterThan(0)
      expect(yield* counters).toEqual(right)
      expect(yield* call("recount_performance", { strategies: null })).toEqual([])
    })
  )

  it.effect(
    "give a strategy that was never judged the hit rate 0, before and after a recount, and once a verdict is void",
    () =>
      Effect.gen(function* () {
        const [store, { call }] = [yield* OutcomeStore, yield* Database]
        const strategy = expecting("total goals >= 1")
        const rate = Effect.map(
          sql(`select hit_rate::text as rate from performance where strategy_id = '${strategy.id}'`),
          ([row]) => row
        )
        yield* fire([strategy], [{ id: "never judged" }])
        expect(yield* rate).toEqual({ rate: "0" })
        expect(yield* call("recount_performance", { strategies: null })).toEqual([])
        expect(yield* rate).toEqual({ rate: "0" })
        const [open = assert.fail()] = yield* openOn("never judged")
        yield* store.resolve([verdictOn(open, "void", { at: 1000 })])
        expect(yield* rate).toEqual({ rate: "0" })
        // An older version wrote none.
        yield* sql(`update performance set hit_rate = null where strategy_id = '${strategy.id}'`)
        expect(yield* call("recount_performance", { strategies: null })).toEqual([{ strategy_id: strategy.id }])
        expect(yield* rate).toEqual({ rate: "0" })
        const [judged] = yield* performance({ strategy: strategy.id, since: undefined, byCompetition: false })
        expect(judged).toMatchObject({ voids: 1, hitRate: undefined, interval: undefined })
      })
  )

  it.effect("are counted once where an older deployment wrote a result beside a void verdict", () =>
    Effect.gen(function* () {
      const [store, { call }] = [yield* OutcomeStore, yield* Database]
      const strategy = expecting("total goals >= 1")
      const [trigger] = yield* fire([strategy], [{ id: "void and hit" }])
      const id = trigger?.id ?? assert.fail()
      const [open = assert.fail()] = yield* openOn("void and hit")
      yield* store.resolve([verdictOn(open, "void", { at: 1000 })])
      yield* sql(`update triggers set result = 'HIT' where id = '${id}'`)
      yield* sql(`update performance set total_hits = total_hits + 1 where strategy_id = '${strategy.id}'`)
      expect((yield* call("recount_performance", { strategies: null })).length).toBeGreaterThan(0)
      yield* equalCounters
      yield* store.resolve([{ ...verdictOn(open, "hit", { at: 2000 }), version: 1 }])
      yield* equalCounters
      expect(yield* call("recount_performance", { strategies: null })).toEqual([])
    })
  )

  it.effect("are told with what cannot be read of them", () =>
    Effect.gen(function* () {
      const [trigger] = yield* fire([expecting("total goals >= 1")], [{ id: "unreadable" }])
      yield* fire([expecting("total goals >= 1")], [{ id: "readable" }])
      const before = yield* unreadableTriggers()
      yield* sql(`update triggers set expectation = '{"left": "nonsense"}' where id = '${trigger?.id}'`)
      expect(yield* unreadableTriggers()).toBe(before + 1)
    }).pipe(Effect.provide(quiet))
  )

  it.effect("rest on the whole past of their match, which is kept as long as they are open", () =>
    Effect.gen(function* () {
      const { call } = yield* Database
      yield* fire([expecting("total goals >= 1")], [{ id: "waits" }])
      const moments = ["waits", "settled"].map((match_id) => ({
        match_id,
        period: "1H",
        minute: 1,
        added: 0,
        figures: {},
        play: 0
      }))
      const saves = call("save_play_moments", { moments: [], doubts: [], writer: "test" })
      yield* call("save_play_moments", { moments, doubts: [], writer: "test" })
      yield* sql("update match_history set recorded_at = now() - interval '3 days'")
      yield* saves
      const kept = sql("select match_id from match_history where match_id in ('waits', 'settled')")
      expect(yield* kept).toEqual([{ match_id: "waits" }])
      yield* sql("update match_history set recorded_at = now() - interval '31 days'")
      yield* saves
      expect(yield* kept).toEqual([])
    })
  )
})
