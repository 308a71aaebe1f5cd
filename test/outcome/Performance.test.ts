import { assert, expect, layer } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { performanceCsv, performanceJson, performanceTable } from "../../src/cli/performanceReport.ts"
import { OutcomeStore } from "../../src/outcome/OutcomeStore.ts"
import { performance } from "../../src/outcome/Performance.ts"
import { newStrategy } from "../fixtures/pipeline.ts"
import { expecting, fire, onDatabase, openOn, sql, verdictOn } from "./outcomes.ts"

const everything = { strategy: undefined, since: undefined, byCompetition: false }

layer(onDatabase)("The performance of strategies", (it) => {
  it.effect("is hits of what was decided, with what that means", () =>
    Effect.gen(function* () {
      const one = expecting("total goals >= 1", { name: "One" })
      const quiet = newStrategy({ name: "Expects nothing" })
      const matches = ["a", "b", "c", "d", "e"].map((id) => ({ id, competition: id < "c" ? "28" : "364" }))
      yield* fire([one, quiet], matches)
      const verdicts = ["hit", "hit", "miss", "void", undefined] as const
      yield* (yield* OutcomeStore).resolve(
        (yield* Effect.forEach(matches, ({ id }) => openOn(id))).flatMap(([open = assert.fail()], index) =>
          verdicts[index] === undefined ? [] : [verdictOn(open, verdicts[index])]
        )
      )
      const all = yield* performance(everything)
      expect(performanceJson(all, 0)).toMatchObject({
        strategies: [
          {
            name: "Expects nothing",
            triggers: 5,
            open: 0,
            hits: 0,
            misses: 0,
            hitRate: null,
            interval: null,
            fairPrice: null
          },
          {
            id: one.id,
            name: "One",
            triggers: 5,
            open: 1,
            hits: 2,
            misses: 1,
            voids: 1,
            hitRate: 2 / 3,
            interval: [expect.closeTo(0.2077, 4), expect.closeTo(0.9385, 4)],
            fairPrice: 1.5,
            medianMinute: 60
          }
        ],
        totals: { triggers: 10, open: 1, hits: 2, misses: 1, voids: 1 }
      })
      expect(all[1]?.last.toSorted()).toEqual(["hit", "hit", "miss", "open", "void"])
      expect(performanceTable(all)).toContain("66.7 % (21 to 94)")
      expect(yield* performanceCsv(all)).toContain(`${one.id},One,,5,1,2,1,1,`)
      const [first, second] = yield* performance({ ...everything, strategy: "One", byCompetition: true })
      expect([first, second]).toMatchObject([
        { competition: "World Cup", hits: 2, misses: 0 },
        { competition: "World Cup", hits: 0, misses: 1, voids: 1, open: 1 }
      ])
    })
  )

  it.effect("is that of the triggers of a time on", () =>
    Effect.gen(function* () {
      const strategy = expecting("total goals >= 1", { name: "Since" })
      yield* fire([strategy], [{ id: "old" }, { id: "new" }])
      yield* sql("update triggers set triggered_at = '2020-01-01' where match_id = 'old'")
      yield* sql("update triggers set triggered_at = '2026-11-02' where match_id = 'new'")
      const since = DateTime.makeUnsafe("2026-11-01")
      expect(yield* performance({ ...everything, strategy: strategy.id, since })).toMatchObject([{ triggers: 1 }])
      expect(yield* performance({ ...everything, strategy: strategy.id })).toMatchObject([{ triggers: 2 }])
    })
  )
})
