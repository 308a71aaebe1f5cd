/** What every layer of MatchHistory must do. */
import { expect, layer } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Timeline } from "../../src/domain/Timeline.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import { type Shown, snapshotOf, unused } from "../fixtures/pipeline.ts"

const match = () => `match-${unused()}`

/** Records these as one tick, and answers with the timelines of its matches. */
const record = (...shown: ReadonlyArray<Shown>) =>
  Effect.flatMap(MatchHistory, (history) => history.record(shown.map(snapshotOf)))

const minutes = (timeline: Timeline | undefined) => timeline?.map(({ added, minute }) => minute + added)

export const matchHistoryContract = <E>(name: string, historyLayer: Layer.Layer<MatchHistory, E>) =>
  layer(historyLayer)(`${name} is a MatchHistory`, (it) => {
    it.effect("whose timeline of a match grows by each minute seen", () =>
      Effect.gen(function* () {
        const id = match()
        yield* record({ id, minute: 1 })
        yield* record({ id, minute: 3 })
        const timelines = yield* record({ id, minute: 90, added: 2 })
        expect([...timelines.keys()]).toEqual([id])
        expect(minutes(timelines.get(id))).toEqual([1, 3, 92])
      })
    )

    it.effect("that keeps the last figures of a minute", () =>
      Effect.gen(function* () {
        const id = match()
        yield* record({ id, statistics: { shots: { home: 1, away: 0 } } })
        const timelines = yield* record({
          id,
          statistics: { shots: { home: 2, away: 0 } },
          score: { home: 1, away: 0 }
        })
        expect(timelines.get(id)).toEqual([
          {
            period: "2H",
            minute: 60,
            added: 0,
            figures: { shots: { home: 2, away: 0 }, goals: { home: 1, away: 0 } }
          }
        ])
      })
    )

    it.effect("that holds matches apart, and answers for those of the tick alone", () =>
      Effect.gen(function* () {
        const [one, two] = [match(), match()]
        yield* record({ id: one, minute: 10 }, { id: two, minute: 20 })
        const timelines = yield* record({ id: two, minute: 21 })
        expect([...timelines.keys()]).toEqual([two])
        expect(minutes(timelines.get(two))).toEqual([20, 21])
      })
    )

    it.effect("that begins anew with a match which is played again", () =>
      Effect.gen(function* () {
        const id = match()
        for (const minute of [5, 60, 61]) yield* record({ id, minute, score: { home: 1, away: 0 } })
        yield* record({ id, minute: 1 })
        yield* record({ id, minute: 2 })
        const timeline = (yield* record({ id, minute: 8 })).get(id)
        expect(minutes(timeline)).toEqual([1, 2, 8])
      })
    )

    it.effect("that keeps no moment of a match which is not played, whatever score somebody gave it", () =>
      Effect.gen(function* () {
        const id = match()
        yield* record({ id, minute: 60 })
        for (const status of ["postponed", "delayed", "cancelled", "awarded", "walkover"] as const) {
          expect((yield* record({ id, minute: 90, status, score: { home: 3, away: 0 } })).size).toBe(0)
        }
        expect(minutes((yield* record({ id, minute: 61, status: "suspended" })).get(id))).toEqual([60, 61])
      })
    )

    it.effect("that keeps no moment of a match which has not kicked off", () =>
      Effect.gen(function* () {
        const id = match()
        yield* record({ id, minute: 0, status: "scheduled" })
        expect(minutes((yield* record({ id, minute: 1 })).get(id))).toEqual([1])
      })
    )

    it.effect("that puts a moment of a feed which corrects its clock where it belongs", () =>
      Effect.gen(function* () {
        const id = match()
        yield* record({ id, minute: 30 })
        yield* record({ id, minute: 32 })
        expect(minutes((yield* record({ id, minute: 31 })).get(id))).toEqual([30, 31])
        expect(minutes((yield* record({ id, minute: 33 })).get(id))).toEqual([30, 31, 32, 33])
      })
    )

    it.effect("that answers nothing about nothing", () =>
      Effect.gen(function* () {
        expect((yield* record()).size).toBe(0)
      })
    )

    it.effect("that still holds a match after a long pause", () =>
      Effect.gen(function* () {
        const id = match()
        yield* record({ id, minute: 45 })
        yield* TestClock.adjust("5 hours")
        expect(minutes((yield* record({ id, minute: 46 })).get(id))).toEqual([45, 46])
      })
    )
  })
