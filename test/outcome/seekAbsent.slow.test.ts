/** The end of a match is seen, or what was fired on it does not stay open for ever. */
import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { eventually } from "../fixtures/eventually.ts"
import { quiet } from "../fixtures/logs.ts"
import { sql } from "./outcomes.ts"
import { anew, firedAndSent, inWorld, started, world } from "./world.ts"

const match = { id: "left", minute: 60 }
const other = { id: "other", minute: 10 }
const suspended = { ...match, minute: 61, status: "suspended" } as const
const won = { id: "left", minute: 90, added: 3, status: "finished", score: { home: 1, away: 0 } } as const
const open = { verdict: null, final: false, voids: 0 }

/** Hours without a process that judges, and one that is started after them. */
const startedAfter = (hours: number) => Effect.andThen(TestClock.adjust(`${hours} hours`), started)

layer(inWorld)("Matches that left the feed", (it) => {
  it.effect("while the service was down are caught up with at its start", () =>
    Effect.gen(function* () {
      yield* anew
      const { id, outcome } = yield* firedAndSent("total goals >= 1", match)
      yield* TestClock.adjust("3 hours")
      world.found = [won]
      const { shows } = yield* started
      yield* shows(other)
      yield* eventually(outcome, (row) => (row as { readonly final: boolean }).final)
      expect(yield* outcome).toMatchObject({ verdict: "hit", hits: 1 })
      expect([...world.amended]).toEqual([id])
      expect(world.asked).toEqual(["left"])
    })
  )

  it.effect("and are not found become void 6 hours after they were seen", () =>
    Effect.gen(function* () {
      yield* anew
      const { id, outcome } = yield* firedAndSent("total goals >= 1", match)
      const first = yield* started
      yield* first.sees(other)
      yield* first.stop
      const second = yield* startedAfter(5)
      yield* second.sees(other)
      yield* TestClock.adjust("59 minutes")
      yield* second.sees(other)
      expect(yield* outcome).toMatchObject(open)
      yield* TestClock.adjust("1 minute")
      yield* second.sees(other)
      expect(yield* outcome).toMatchObject({
        verdict: "void",
        result: null,
        reason: "the end of the match was not seen within 6h",
        voids: 1,
        final: true
      })
      expect([...world.amended]).toEqual([id])
    })
  )

  it.effect(
    "or that it shows without an end for 6 hours in which their clock stands become void too, and stay so",
    () =>
      Effect.gen(function* () {
        yield* anew
        const { outcome } = yield* firedAndSent("total goals >= 1", match)
        const process = yield* started
        const stuck = { ...match, minute: 90 }
        yield* process.sees({ ...match, minute: 61 })
        yield* process.sees(stuck)
        yield* TestClock.adjust("359 minutes")
        yield* process.sees(stuck)
        expect(yield* outcome).toMatchObject(open)
        for (let minute = 0; minute < 5; minute++) {
          yield* TestClock.adjust("1 minute")
          yield* process.sees(stuck)
          expect(yield* outcome).toMatchObject({ verdict: "void", voids: 1, settling: null, revision: 1 })
        }
      })
  )

  it.effect("are not looked for any more when all that is left open on them cannot be read", () =>
    Effect.gen(function* () {
      yield* anew
      const bad = yield* firedAndSent("total goals >= 1", match)
      const good = yield* firedAndSent("total goals >= 2", match)
      yield* sql(`update triggers set expectation = '{"left": "nonsense"}' where id = '${bad.id}'`)
      const process = yield* startedAfter(6)
      yield* process.sees(other)
      expect(yield* bad.outcome).toMatchObject(open)
      expect(yield* good.outcome).toMatchObject({ verdict: "void", voids: 1 })
      // The void one may be corrected still.
      yield* TestClock.adjust("30 minutes")
      yield* process.sees(other)
      expect(world.asked.length).toBe(3)
      yield* TestClock.adjust("90 minutes")
      yield* process.sees(other)
      expect(world.asked.length).toBe(3)
    }).pipe(Effect.provide(quiet))
  )

  it.effect("are asked for again and again, less and less often", () =>
    Effect.gen(function* () {
      yield* anew
      yield* firedAndSent("total goals >= 1", match)
      const process = yield* started
      const asked: Array<number> = []
      for (let minute = 0; minute < 60; minute++) {
        const before = world.asked.length
        yield* process.sees(other)
        if (world.asked.length > before) asked.push(minute)
        yield* TestClock.adjust("1 minute")
      }
      expect(asked[0]).toBe(0)
      expect(world.asked.length).toBeLessThan(8)
      expect(world.asked.length).toBeGreaterThan(4)
    })
  )

  it.effect("wait for 48 hours to go on, whatever is started again meanwhile", () =>
    Effect.gen(function* () {
      yield* anew
      const { outcome } = yield* firedAndSent("total goals >= 1", match)
      const first = yield* started
      yield* first.sees(suspended)
      yield* first.stop
      const second = yield* startedAfter(20)
      // The feed tells that it waits still, by another word.
      world.found = [{ ...suspended, status: "postponed" }]
      yield* second.sees(other)
      yield* second.stop
      const third = yield* startedAfter(27)
      yield* TestClock.adjust("59 minutes")
      yield* third.sees(other)
      expect(yield* outcome).toMatchObject(open)
      yield* TestClock.adjust("1 minute")
      yield* third.sees(other)
      expect(yield* outcome).toMatchObject({
        verdict: "void",
        reason: "the match was postponed and did not go on within 2d",
        voids: 1
      })
    })
  )

  it.effect("are bounded also where the feed goes on to show that they wait", () =>
    Effect.gen(function* () {
      yield* anew
      const { outcome } = yield* firedAndSent("total goals >= 1", match)
      const first = yield* started
      yield* first.sees(suspended)
      yield* first.stop
      const second = yield* startedAfter(48)
      yield* second.sees(suspended)
      const given = { verdict: "void", final: true, voids: 1, revision: 1 }
      expect(yield* outcome).toMatchObject(given)
      // Another word for it, and another process, are no news of the match.
      yield* second.sees({ ...suspended, status: "interrupted" })
      yield* second.stop
      const third = yield* started
      for (const status of ["interrupted", "suspended"] as const) {
        yield* third.sees({ ...suspended, status })
        yield* TestClock.adjust("5 minutes")
      }
      expect(yield* outcome).toMatchObject(given)
    })
  )

  it.effect("or whose clock stood too long stay void also where another process sees them", () =>
    Effect.gen(function* () {
      yield* anew
      const { outcome } = yield* firedAndSent("total goals >= 1", match)
      const first = yield* started
      yield* first.sees(match)
      yield* TestClock.adjust("6 hours")
      yield* first.sees(match)
      yield* first.stop
      const second = yield* started
      for (let looks = 0; looks < 3; looks += 1) {
        yield* second.sees(match)
        yield* TestClock.adjust("2 minutes")
      }
      expect(yield* outcome).toMatchObject({ verdict: "void", final: true, voids: 1, revision: 1 })
    })
  )

  it.effect("are not given up at the first look-up that fails, but when one has said nothing of them", () =>
    Effect.gen(function* () {
      yield* anew
      const { outcome } = yield* firedAndSent("total goals >= 1", match)
      const { outcome: never } = yield* firedAndSent("total goals >= 1", { ...match, id: "never" })
      world.fails = true
      const process = yield* startedAfter(7)
      yield* process.sees(other)
      expect(yield* outcome).toMatchObject(open)
      Object.assign(world, { fails: false, found: [won] })
      yield* TestClock.adjust("1 minute")
      yield* process.sees(other)
      yield* process.judges
      expect(yield* outcome).toMatchObject({ verdict: "hit", voids: 0 })
      expect(yield* never).toMatchObject({ verdict: "void", voids: 1 })
    }).pipe(Effect.provide(quiet))
  )

  it.effect("are given up at twice their time where no look-up ever succeeds", () =>
    Effect.gen(function* () {
      yield* anew
      const { outcome } = yield* firedAndSent("total goals >= 1", match)
      world.fails = true
      const process = yield* startedAfter(11)
      yield* process.sees(other)
      expect(yield* outcome).toMatchObject(open)
      yield* TestClock.adjust("1 hour")
      yield* process.sees(other)
      expect(yield* outcome).toMatchObject({ verdict: "void", voids: 1 })
    }).pipe(Effect.provide(quiet))
  )

  it.effect("at their end are asked for twice more, and what was corrected is revised", () =>
    Effect.gen(function* () {
      yield* anew
      const { outcome } = yield* firedAndSent("total goals >= 2", match)
      const process = yield* started
      yield* process.sees({ ...match, minute: 61 })
      yield* process.sees(won, other)
      expect(yield* outcome).toMatchObject({ verdict: "miss", misses: 1, final: true })
      for (let minute = 1; minute <= 40; minute++) {
        yield* TestClock.adjust("1 minute")
        if (minute === 20) world.found = [{ ...won, score: { home: 2, away: 0 } }]
        yield* process.sees(...(minute < 5 ? [won, other] : [other]))
        expect(world.asked.length).toBe(minute < 10 ? 0 : minute < 25 ? 1 : 2)
      }
      expect(yield* outcome).toMatchObject({ verdict: "hit", hits: 1, misses: 0, revision: 2 })
    })
  )

  it.effect("wait anew when they went on in between", () =>
    Effect.gen(function* () {
      yield* anew
      const { outcome } = yield* firedAndSent("total goals >= 1", match)
      const first = yield* started
      yield* first.sees(suspended)
      yield* first.stop
      const second = yield* startedAfter(40)
      yield* second.sees({ ...match, minute: 62 })
      yield* second.sees(suspended)
      yield* second.stop
      const third = yield* startedAfter(40)
      yield* third.sees(suspended)
      expect(yield* outcome).toMatchObject(open)
      world.found = [won]
      yield* third.sees(other)
      expect(yield* outcome).toMatchObject({ verdict: "hit", final: true })
    })
  )

  it.effect("have their turn, however many older ones are never found", () =>
    Effect.gen(function* () {
      yield* anew
      const old = yield* firedAndSent("total goals >= 1", { id: "lost", minute: 60 })
      yield* sql(`insert into triggers
        select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'match_id', 'lost ' || n))).*
        from triggers t, generate_series(1, 5100) n where t.id = '${old.id}'`)
      yield* TestClock.adjust("1 hour")
      const { outcome } = yield* firedAndSent("total goals >= 1", match)
      world.found = [won]
      const process = yield* started
      yield* process.sees(other)
      yield* process.sees(other)
      expect(yield* outcome).toMatchObject({ verdict: "hit", final: true })
      expect(new Set(world.asked).size).toBe(5102)
      // Those that were never found are bounded all the same, and asked for again meanwhile.
      yield* TestClock.adjust("4 hours")
      world.asked = []
      yield* process.sees(other)
      yield* process.sees(other)
      expect(new Set(world.asked).size).toBe(5101)
      yield* TestClock.adjust("1 hour")
      yield* process.sees(other)
      expect(yield* old.outcome).toMatchObject({ verdict: "void", final: true })
    })
  )

  it.effect("hold up no verdict while the feed does not answer for them", () =>
    Effect.gen(function* () {
      yield* anew
      yield* firedAndSent("total goals >= 1", { id: "lost", minute: 60 })
      const { outcome } = yield* firedAndSent("total goals >= 1", match)
      world.hangs = true
      const { shows } = yield* started
      yield* shows({ ...match, minute: 61 })
      yield* eventually(
        Effect.sync(() => world.asked),
        (asked) => asked.length > 0
      )
      yield* shows(won)
      yield* eventually(outcome, (row) => (row as { readonly final: boolean }).final)
      expect(yield* outcome).toMatchObject({ verdict: "hit" })
    })
  )
})
