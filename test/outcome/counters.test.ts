/** Counters and triggers are written together: whatever is brought, however often, in whatever order, by whomever. */
import { assert, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import type { OpenTrigger, Resolution } from "../../src/outcome/OpenTrigger.ts"
import { OutcomeStore } from "../../src/outcome/OutcomeStore.ts"
import { counters, expecting, fire, onDatabase, openOn, recounted, sql, verdictOn } from "./outcomes.ts"

layer(onDatabase)("The counters of strategies", (it) => {
  for (const seed of ["one", "two", "three"]) {
    it.effect(`equal a count of the triggers at any moment (${seed})`, () =>
      Effect.gen(function* () {
        const store = yield* OutcomeStore
        const next = seeded(`counters ${seed}`)
        const integer = (to: number): number => Math.floor(next() * to)
        const strategies = Array.from({ length: 3 }, (_, index) => expecting(`total goals >= ${index}`))
        const matches: Array<string> = []
        /** What processes knew at some time, old states among them. */
        const known: Array<OpenTrigger> = []
        /** What was brought before, and may be brought again: an answer was lost. */
        const brought: Array<ReadonlyArray<Resolution>> = []
        for (let step = 0; step < 60; step++) {
          const what = next()
          if (what < 0.2 || known.length === 0) {
            const id = `${seed} ${step}`
            yield* fire(strategies, [{ id }])
            matches.push(id)
            known.push(...(yield* openOn(id)))
          } else if (what < 0.35) {
            const again = brought[integer(brought.length)]
            if (again !== undefined) yield* store.resolve(again)
          } else if (what < 0.5) {
            known.push(...(yield* openOn(matches[integer(matches.length)] ?? assert.fail())))
          } else if (what < 0.53) {
            yield* sql(`delete from strategies where id = '${strategies[integer(3)]?.id}'`)
          } else {
            const batch = Array.from({ length: 1 + integer(4) }, () =>
              verdictOn(
                known[integer(known.length)] ?? assert.fail(),
                (["hit", "miss", "void", undefined] as const)[integer(4)],
                {
                  isFinal: next() < 0.5,
                  at: 1000 * step
                }
              )
            )
            brought.push(batch)
            yield* store.resolve(batch)
          }
          const ids = new Set<string>(strategies.map(({ id }) => id))
          const ours = (rows: ReadonlyArray<unknown>) => rows.filter((row) => ids.has((row as { id: string }).id))
          expect(ours(yield* counters), `after step ${step}`).toEqual(ours(yield* recounted))
        }
      })
    )
  }
})
