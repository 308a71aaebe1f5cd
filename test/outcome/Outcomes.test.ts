/** Triggers are judged whatever comes in between: restarts, outages, goals that are taken back, corrections. */
import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Logs } from "../fixtures/logs.ts"
import { expecting, fire, sql } from "./outcomes.ts"
import { anew, firedAndSent, inWorld, started, world } from "./world.ts"

const early = { id: "early", minute: 60 }
const goals = (home: number) => ({ score: { home, away: 0 } })
const ended = { id: "early", minute: 90, added: 3, status: "finished" } as const
const open = { verdict: null, result: null, hits: 0, misses: 0, voids: 0, final: false }

const known = { prematch: { win_odds: { home: 1.5, away: 4 } } }

layer(inWorld)("Triggers of one match", (it) => {
  it.effect.each(["first", "last"])(
    "are judged by what each knew before kick-off, whatever fired %s beside it",
    (place) =>
      Effect.gen(function* () {
        yield* anew
        const knowing = fire([expecting("favourite goals >= 1")], [{ id: "p", minute: 60, ...known }])
        const others = fire([expecting("favourite goals >= 0")], [{ id: "p", minute: 61 }])
        yield* Effect.all(place === "first" ? [knowing, others] : [others, knowing])
        const { sees } = yield* started
        const end = { id: "p", minute: 90, added: 1, status: "finished", score: { home: 1, away: 0 } } as const
        yield* sees(end)
        expect(
          yield* sql("select verdict from triggers where match_id = 'p' order by expectation ->> 'right'")
        ).toEqual([{ verdict: "miss" }, { verdict: "hit" }])
      })
  )
})

layer(inWorld)("What judges triggers", (it) => {
  it.effect("tells an early verdict when it has stood for a while, of which a restart takes nothing", () =>
    Effect.gen(function* () {
      yield* anew
      const { id, outcome } = yield* firedAndSent("total goals >= 1", early)
      const first = yield* started
      yield* first.sees({ ...early, ...goals(1), minute: 61 })
      expect(yield* outcome).toMatchObject({ ...open, settling: "hit" })
      yield* TestClock.adjust("60 seconds")
      yield* first.stop
      const second = yield* started
      yield* second.sees({ ...early, ...goals(1), minute: 62 })
      expect(yield* outcome).toMatchObject(open)
      yield* TestClock.adjust("29 seconds")
      yield* second.sees({ ...early, ...goals(1), minute: 62 })
      expect(yield* outcome).toMatchObject(open)
      expect(world.amended.size).toBe(0)
      yield* TestClock.adjust("1 second")
      yield* second.sees({ ...early, ...goals(1), minute: 62 })
      expect(yield* outcome).toMatchObject({ verdict: "hit", result: "HIT", minute: 61, hits: 1, final: false })
      expect([...world.amended]).toEqual([id])
      // Its end changes nothing that people read.
      yield* second.sees({ ...ended, ...goals(1) })
      expect(yield* outcome).toMatchObject({ verdict: "hit", hits: 1, final: true, revision: 1 })
    })
  )

  it.effect("tells nothing of a goal that is taken back before it has stood", () =>
    Effect.gen(function* () {
      yield* anew
      const { outcome } = yield* firedAndSent("total goals >= 1", early)
      const process = yield* started
      yield* process.sees({ ...early, ...goals(1), minute: 61 })
      yield* TestClock.adjust("80 seconds")
      yield* process.sees({ ...early, ...goals(0), minute: 62 })
      yield* TestClock.adjust("80 seconds")
      yield* process.sees({ ...early, ...goals(0), minute: 63 })
      expect(yield* outcome).toMatchObject({ ...open, settling: null })
      // The next goal begins to stand anew.
      yield* process.sees({ ...early, ...goals(1), minute: 64 })
      yield* TestClock.adjust("80 seconds")
      yield* process.sees({ ...early, ...goals(1), minute: 65 })
      expect(yield* outcome).toMatchObject({ ...open, revision: 0 })
      expect(world.amended.size).toBe(0)
    })
  )

  it.effect("revises what it told when a goal is taken back: row, counters and message, once more", () =>
    Effect.gen(function* () {
      yield* anew
      const { id, outcome } = yield* firedAndSent("total goals >= 1", early)
      const process = yield* started
      for (const [minute, home] of [
        [61, 1],
        [63, 1],
        [64, 0],
        [66, 0],
        [67, 0]
      ] as const) {
        yield* process.sees({ ...early, ...goals(home), minute })
        expect((yield* outcome) as object).toHaveProperty("hits", minute === 63 || minute === 64 ? 1 : 0)
        yield* TestClock.adjust("90 seconds")
      }
      expect(yield* outcome).toMatchObject({ ...open, minute: null, settling: null, revision: 2 })
      expect([...world.amended]).toEqual([id])
      yield* process.sees({ ...ended, ...goals(0) })
      expect(yield* outcome).toMatchObject({
        verdict: "miss",
        result: "MISS",
        hits: 0,
        misses: 1,
        final: true,
        revision: 3
      })
      expect(yield* process.totals).toEqual({ hits: 1, misses: 1, voids: 0, reopened: 1 })
    })
  )

  it.effect("revises a final verdict for half an hour", () =>
    Effect.gen(function* () {
      yield* anew
      const { id, outcome } = yield* firedAndSent("total goals >= 1", early)
      const process = yield* started
      yield* process.sees({ ...early, ...goals(0), minute: 61 })
      yield* process.sees({ ...ended, ...goals(0) })
      expect(yield* outcome).toMatchObject({ verdict: "miss", misses: 1, final: true })
      yield* TestClock.adjust("30 minutes")
      yield* process.sees({ ...ended, ...goals(1) })
      expect(yield* outcome).toMatchObject({ verdict: "hit", hits: 1, misses: 0, final: true, revision: 2 })
      expect([...world.amended]).toEqual([id])
      yield* TestClock.adjust("1 second")
      yield* process.sees({ ...ended, ...goals(0) })
      expect(yield* outcome).toMatchObject({ verdict: "hit", hits: 1, misses: 0, revision: 2 })
    })
  )

  it.effect("takes back nothing that it told, early or final, because the match is not played now", () =>
    Effect.gen(function* () {
      for (const [last, final] of [
        [{ ...early, minute: 63 }, false],
        [ended, true]
      ] as const) {
        yield* anew
        const { outcome } = yield* firedAndSent("total goals >= 1", early)
        const process = yield* started
        yield* process.sees({ ...early, ...goals(1), minute: 61 })
        yield* TestClock.adjust("90 seconds")
        yield* process.sees({ ...last, ...goals(1) })
        for (const status of ["postponed", "scheduled", "delayed", "postponed"] as const) {
          yield* process.sees({ ...early, minute: 0, status })
          yield* TestClock.adjust("2 minutes")
        }
        expect(yield* outcome).toMatchObject({ verdict: "hit", hits: 1, final, revision: 1, settling: null })
        yield* process.stop
      }
    })
  )

  it.effect("loses nothing while the database is away, and says so once and when it is over", () =>
    Effect.gen(function* () {
      yield* anew
      const { id, outcome } = yield* firedAndSent("total goals >= 1", early)
      const process = yield* started
      yield* process.sees({ ...early, ...goals(0), minute: 61 })
      world.isDown = true
      yield* process.sees({ ...ended, ...goals(2) })
      // The match has left the feed, and nobody shows its end again.
      yield* process.sees()
      yield* process.sees()
      world.isDown = false
      expect(yield* outcome).toMatchObject(open)
      yield* process.judges
      yield* process.judges
      expect(yield* outcome).toMatchObject({ verdict: "hit", hits: 1, final: true, revision: 1 })
      expect([...world.amended]).toEqual([id])
      const { lines } = yield* Logs
      expect(yield* lines("outcomes cannot be read or written; they are tried again")).toMatchObject([
        { level: "WARN", fields: { reason: "the database is away" } }
      ])
      expect(yield* lines("outcomes are read and written again")).toHaveLength(1)
    }).pipe(Effect.provide(Logs.layer))
  )
})
