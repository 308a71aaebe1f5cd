/** An evening that several instances recorded is what their scans saw: a backtest of it fires what has fired. */
import { gzipSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Context, Duration, Effect, FileSystem, Layer } from "effect"
import { TestClock } from "effect/testing"
import { AlertQueue } from "../../src/alert/AlertQueue.ts"
import { backtest } from "../../src/backtest/Backtest.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { Dedup } from "../../src/dedup/Dedup.ts"
import type { MatchMinute, Score, SnapshotInput } from "../../src/domain/Snapshot.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import type { Evidence } from "../../src/domain/Trigger.ts"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { SimulatedFeed } from "../../src/feed/simulated/SimulatedFeed.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import { makeLines, type Poll, pollFileName, readPolls } from "../../src/recording/pollFile.ts"
import { pollFiles } from "../../src/recording/readRecordings.ts"
import { recordPolls } from "../../src/recording/recordPolls.ts"
import { Scanner } from "../../src/scan/Scanner.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { makeWatchedSet } from "../../src/strategies/Watched.ts"
import { condition } from "../backtest/recordings.ts"
import { newStrategy } from "../fixtures/pipeline.ts"
import { temporaryDirectory } from "../fixtures/process.ts"

const conditions = [
  "minute >= 70",
  "total goals >= 1",
  "total corners last 15 minutes >= 4",
  "home shots since minute 30 >= away shots since minute 30 + 3",
  "odds.over_2_5 >= 3",
  "home prematch.goals_scored > away prematch.goals_scored",
  "minutes_since_last_goal >= 10",
  "either momentum last 10 minutes >= 12",
  "leading possession <= 50",
  "total goals at half-time >= 1",
  "trailing shots 20 minutes ago >= 2",
  "total shots last 5 minutes = 0",
  "odds.draw >= 9.98",
  "total corners last 5 minutes >= 5",
  "home corners since minute 60 >= home corners at half-time + 6"
]

const strategies: ReadonlyArray<Strategy> = conditions.flatMap((text, index) => {
  const other = conditions[(index + 5) % conditions.length] ?? text
  return [newStrategy({ when: [condition(text)] }), newStrategy({ when: [condition(text), condition(other)] })]
})

/**
 * A simulated evening as a feed of real matches shows it: figures and prices that change within a minute, some of them shown by one
 * poll alone. What it shows depends on the time alone.
 */
const restless = Layer.effect(
  MatchFeed,
  Effect.map(MatchFeed, (feed) => {
    const change = (shown: SnapshotInput, now: number): SnapshotInput => {
      if (shown.clock.status !== "live") return shown
      const next = seeded(`${shown.match.id}/${now}`)
      const { corners = { home: 0, away: 0 } } = shown.statistics ?? {}
      // A corner and a price that are taken back at the next poll.
      const more = next() < 0.1 ? 3 : 0
      return {
        ...shown,
        statistics: { ...shown.statistics, corners: { home: corners.home + more, away: corners.away } },
        odds: { ...shown.odds, draw: 2 + Math.round(next() * 800) / 100 }
      }
    }
    const poll = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.map(feed.poll, (matches) => matches.map((each) => change(each, now)))
    )
    return MatchFeed.of({ ...feed, poll })
  })
).pipe(Layer.provide(SimulatedFeed.layer({ matches: 8, seed: 3, speed: 2 })))

/** What one instance has to itself, on the database that all share. */
const instance = (directory: string) => {
  const watched = makeWatchedSet()
  watched.change({ added: strategies, removed: [], leftOut: 0 })
  return Scanner.layer.pipe(
    Layer.provide(
      Layer.mergeAll(
        recordPolls({ directory, days: 30 })(restless),
        Layer.mock(AlertQueue, { name: "send-alert", offer: () => Effect.void }),
        Layer.succeed(
          Strategies,
          Strategies.of({ name: "a test's", set: undefined, watched: Effect.sync(watched.now) })
        ),
        MatchHistory.layerShared,
        Dedup.layerProcess({ ttl: Duration.hours(2) })
      )
    )
  )
}

const shared = Layer.mergeAll(TriggerStore.layer, StrategyStore.layer).pipe(
  Layer.provideMerge(layerEmbedded),
  Layer.provideMerge(EmbeddedPostgres.layer()),
  Layer.provideMerge(NodeServices.layer)
)

/** A trigger with all that it was made of. */
const said = (
  strategyId: string,
  matchId: string,
  { added, minute, period }: MatchMinute,
  { away, home }: Score,
  evidence: ReadonlyArray<Evidence>
) => `${strategyId} on ${matchId} at ${period} ${minute}+${added}, ${home}-${away}: ${JSON.stringify(evidence)}`

/** What a backtest of this directory fires. */
const tested = (directory: string) =>
  Effect.map(backtest({ directories: [directory], strategies, threads: 1 }), (report) =>
    report.strategies
      .flatMap(({ triggers }) =>
        triggers.map(({ at, evidence, matchId, score, strategyId }) => said(strategyId, matchId, at, score, evidence))
      )
      .toSorted()
  )

/** The polls of a recording, as one instance would have recorded them. */
const copyOf = Effect.fnUntraced(function* (files: ReadonlyArray<string>, isKept: (poll: Poll) => boolean) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* temporaryDirectory
  const read = yield* Effect.forEach(files, fs.readFile)
  const polls = read.flatMap((bytes) => readPolls(bytes).polls).toSorted((a, b) => a.at - b.at)
  const lineOf = makeLines()
  const kept = polls.filter(isKept).map(({ at, matches }) => gzipSync(lineOf({ at, matches })))
  yield* fs.writeFile(`${directory}/${pollFileName("1970-01-01", "copy", 0)}`, Buffer.concat(kept))
  return directory
})

describe("A recorded evening", () => {
  it.effect("of three instances backtests to what has fired live, and so it takes every poll of each", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* (yield* StrategyStore).save(strategies)
      const scanners = yield* Effect.forEach([1, 2, 3], () =>
        Effect.map(Layer.build(Layer.fresh(instance(directory))), Context.get(Scanner))
      )
      for (let poll = 0; poll < 260; poll++) {
        const scanner = scanners[(poll * 7 + (poll >> 3)) % scanners.length]
        if (scanner !== undefined) yield* scanner.scan
        yield* TestClock.adjust("15 seconds")
      }
      const live = (yield* (yield* TriggerStore).pending(10_000))
        .map(({ evidence, snapshot: { clock, match, score }, strategyId }) =>
          said(strategyId, match.id, clock, score, evidence)
        )
        .toSorted()
      expect(live.length).toBeGreaterThan(100)
      expect(yield* tested(directory)).toEqual(live)

      // With one poll a minute, or without what one of them has recorded, it would fire something else.
      const files = yield* pollFiles(directory)
      expect(files).toHaveLength(3)
      expect(yield* tested(yield* copyOf(files, () => true))).toEqual(live)
      for (const second of [0, 15_000]) {
        expect(yield* tested(yield* copyOf(files, ({ at }) => at % 30_000 === second))).not.toEqual(live)
      }
      for (const file of files) {
        const others = files.filter((each) => each !== file)
        expect(yield* tested(yield* copyOf(others, () => true))).not.toEqual(live)
      }
    }).pipe(Effect.scoped, Effect.provide(shared))
  )
})
