import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { isMetricName, metric } from "../../../src/domain/Metric.ts"
import { isInPlay, matchMinuteLabel, Snapshot } from "../../../src/domain/Snapshot.ts"
import { MatchFeed } from "../../../src/feed/MatchFeed.ts"
import { SimulatedFeed, type SimulatedFeedOptions } from "../../../src/feed/simulated/SimulatedFeed.ts"

/** A Saturday afternoon. */
const start = DateTime.makeUnsafe("2026-05-02T15:00:00Z").epochMilliseconds
const minute = 60_000
/** Longer than any match is shown at speed 1, from the moment it is scheduled to its successor. */
const wholeSlot = 130

const decode = Schema.decodeUnknownEffect(Snapshot)

/** What a fresh feed answers at each of these minutes after `start`, decoded. */
const watch = Effect.fnUntraced(
  function* (_: SimulatedFeedOptions, minutes: ReadonlyArray<number>) {
    const feed = yield* MatchFeed
    const polls: Array<ReadonlyArray<Snapshot>> = []
    for (const after of minutes) {
      yield* TestClock.setTime(start + after * minute)
      polls.push(yield* Effect.forEach(yield* feed.poll, (snapshot) => decode(snapshot)))
    }
    return polls
  },
  (effect, options) => Effect.provide(effect, SimulatedFeed.layer(options))
)

const everyMinute = Array.from({ length: wholeSlot }, (_, index) => index)

/** The snapshots of each match seen, in the order of the polls. */
const byMatch = (polls: ReadonlyArray<ReadonlyArray<Snapshot>>): ReadonlyArray<ReadonlyArray<Snapshot>> => [
  ...Map.groupBy(polls.flat(), ({ match }) => match.id).values()
]

/** The items without those equal to the one before. */
const changes = (items: ReadonlyArray<string>): ReadonlyArray<string> =>
  items.filter((item, index) => item !== items[index - 1])

describe("SimulatedFeed", () => {
  it.effect("names itself with its options", () =>
    Effect.gen(function* () {
      const feed = yield* MatchFeed
      assert.strictEqual(feed.name, "simulated (12 matches, seed 1, speed 60)")
      assert.lengthOf(yield* feed.poll, 12)
    }).pipe(Effect.provide(SimulatedFeed.layer({ seed: 1, speed: 60 })))
  )

  it.effect.each([0, 1, 7, 250])("shows as many matches as it is asked for: %i", (matches) =>
    Effect.gen(function* () {
      const polls = yield* watch({ matches, seed: 1, speed: 1 }, [0, 50, 100])
      for (const poll of polls) {
        assert.lengthOf(poll, matches)
        assert.strictEqual(new Set(poll.map(({ match }) => match.id)).size, matches)
      }
    })
  )

  it.effect("has most matches in play at any moment, each at another minute", () =>
    Effect.gen(function* () {
      for (const poll of yield* watch({ seed: 1, speed: 1 }, everyMinute)) {
        const live = poll.filter(({ clock }) => clock.status === "live").map(({ clock }) => matchMinuteLabel(clock))
        assert.isAtLeast(poll.filter(({ clock }) => isInPlay(clock)).length, 9)
        assert.strictEqual(new Set(live).size, live.length)
      }
    })
  )

  it.effect("lets no club play two matches at once", () =>
    Effect.gen(function* () {
      const [poll = []] = yield* watch({ matches: 250, seed: 1, speed: 1 }, [0])
      assert.strictEqual(new Set(poll.flatMap(({ match }) => [match.home.name, match.away.name])).size, 500)
    })
  )

  it.effect("takes a slot from scheduled over both halves to the next match", () =>
    Effect.gen(function* () {
      const polls = yield* watch(
        { matches: 1, seed: 1, speed: 1 },
        Array.from({ length: 400 }, (_, index) => index)
      )
      const [, second = [], third = []] = byMatch(polls)
      for (const snapshots of [second, third]) {
        assert.deepStrictEqual(changes(snapshots.map(({ clock }) => clock.status)), [
          "scheduled",
          "live",
          "break",
          "live",
          "finished"
        ])
        assert.lengthOf(
          snapshots.filter(({ clock }) => clock.status === "break"),
          15
        )
        const live = snapshots.filter(({ clock }) => clock.status === "live")
        const labels = live.map(({ clock }) => matchMinuteLabel(clock))
        for (let each = 1; each <= 90; each++) assert.include(labels, `${each}`)
        assert.include(labels, "45+1")
        assert.include(labels, "90+2")
        assert.strictEqual(new Set(labels).size, labels.length)
        assert.strictEqual(live.filter(({ clock }) => clock.period === "1H").at(-1)?.clock.minute, 45)
      }
      const ids = [second, third].map((snapshots) => snapshots[0]?.match.id ?? "")
      const [round = 0, next = 0] = ids.map((id) => Number(id.replace("sim-1-0-", "")))
      assert.strictEqual(next, round + 1)
    })
  )

  it.effect("kicks off when it said that it would", () =>
    Effect.gen(function* () {
      const polls = yield* watch({ seed: 1, speed: 1 }, everyMinute)
      polls.forEach((poll, after) => {
        for (const { clock, match } of poll) {
          const kickedOff = start + after * minute >= match.kickOff.epochMilliseconds
          assert.strictEqual(clock.status !== "scheduled", kickedOff)
        }
      })
    })
  )

  it.effect("never lets a count or the clock of a match fall", () =>
    Effect.gen(function* () {
      for (const snapshots of byMatch(yield* watch({ seed: 3, speed: 1 }, everyMinute))) {
        snapshots.slice(1).forEach((after, index) => {
          const before = snapshots[index]
          assert.isTrue(before !== undefined && after.clock.minute >= before.clock.minute)
          for (const [name, figure] of Object.entries(before?.statistics ?? {})) {
            if (!isMetricName(name) || metric(name).kind !== "cumulative") continue
            const now = after.statistics[name]
            assert.isTrue(now !== undefined && now.home >= figure.home && now.away >= figure.away, name)
          }
        })
      }
    })
  )

  it.effect("quotes what it quoted before kick-off until kick-off, and nothing once the match is over", () =>
    Effect.gen(function* () {
      for (const snapshot of (yield* watch({ seed: 1, speed: 1 }, everyMinute)).flat()) {
        const { clock, odds, prematch } = snapshot
        if (clock.status === "scheduled") assert.deepStrictEqual(odds.win, prematch.win_odds)
        if (clock.status === "finished") assert.deepStrictEqual(odds, {})
        else assert.hasAllKeys(odds.win, ["home", "away"])
      }
    })
  )

  it.effect("finds every match where it left it after a restart", () =>
    Effect.gen(function* () {
      const options = { matches: 40, seed: 5, speed: 7 }
      const moments = [0, 3.3, 11, 40, 41.5, 90]
      const longRunning = yield* watch(options, moments)
      const restarted = yield* Effect.forEach(moments, (moment) => watch(options, [moment]))
      assert.deepStrictEqual(restarted.flat(), longRunning)
    })
  )

  it.effect("goes back with a clock that is set back", () =>
    Effect.gen(function* () {
      const [first, , again] = yield* watch({ seed: 5, speed: 1 }, [10, 500, 10])
      assert.deepStrictEqual(again, first)
    })
  )

  it.effect("leaves the matches as they are when more are asked for", () =>
    Effect.gen(function* () {
      const [few] = yield* watch({ matches: 6, seed: 2, speed: 1 }, [30])
      const [many = []] = yield* watch({ matches: 60, seed: 2, speed: 1 }, [30])
      assert.deepStrictEqual(many.slice(0, 6), few)
    })
  )

  it.effect("plays other matches for another seed", () =>
    Effect.gen(function* () {
      const [one = []] = yield* watch({ seed: 1, speed: 1 }, [30])
      const [two = []] = yield* watch({ seed: 2, speed: 1 }, [30])
      assert.notDeepEqual(
        one.map(({ statistics }) => statistics),
        two.map(({ statistics }) => statistics)
      )
      assert.lengthOf(new Set([...one, ...two].map(({ match }) => match.id)), 24)
    })
  )

  it.effect("plays a match minute a second at speed 60", () =>
    Effect.gen(function* () {
      const polls = yield* watch(
        { matches: 1, seed: 1, speed: 60 },
        Array.from({ length: 400 }, (_, index) => index / 60)
      )
      const [, snapshots = []] = byMatch(polls)
      const live = snapshots.filter(({ clock }) => clock.status === "live").map(({ clock }) => matchMinuteLabel(clock))
      assert.deepStrictEqual(live.slice(0, 5), ["1", "2", "3", "4", "5"])
      assert.strictEqual(new Set(live).size, live.length)
    })
  )

  it.effect.each([60, 600])("shows a finished match for two polls of 15 seconds even at speed %i", (speed) =>
    Effect.gen(function* () {
      const polls = yield* watch(
        { seed: 1, speed },
        Array.from({ length: 60 }, (_, index) => index / 4)
      )
      // The first and the last match of a slot are seen in part.
      const whole = Map.groupBy(byMatch(polls), ([first]) => first?.match.id.split("-")[2])
      for (const snapshots of [...whole.values()].flatMap((matches) => matches.slice(1, -1))) {
        assert.isAtLeast(snapshots.filter(({ clock }) => clock.status === "finished").length, 2)
      }
    })
  )

  it.effect("averages what real matches do, whatever clubs the seed made", () =>
    Effect.gen(function* () {
      const polls = yield* watch(
        { matches: 500, seed: 1, speed: 1 },
        everyMinute.filter((each) => each % 3 === 0)
      )
      const ended = byMatch(polls).flatMap((snapshots) =>
        snapshots.filter(({ clock }) => clock.status === "finished").slice(0, 1)
      )
      assert.isAbove(ended.length, 450)
      for (const [name, least, greatest] of [
        ["goals", 2.5, 2.9],
        ["shots", 22.5, 25.5],
        ["shots_on_target", 7.7, 8.9],
        ["corners", 9.8, 11.2],
        ["fouls", 20.5, 23],
        ["yellow_cards", 2.9, 3.4]
      ] as const) {
        const totals = ended.map(({ statistics }) => (statistics[name]?.home ?? 0) + (statistics[name]?.away ?? 0))
        const mean = totals.reduce((sum, total) => sum + total, 0) / totals.length
        assert.isTrue(mean >= least && mean <= greatest, `${name}: ${mean} is not within ${least} to ${greatest}`)
      }
    })
  )
})
