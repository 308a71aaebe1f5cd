/** An evening that several instances recorded is what their scans saw: a backtest of it fires what has fired. */
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { AlertQueue } from "../../src/alert/AlertQueue.ts"
import { backtest } from "../../src/backtest/Backtest.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { Dedup } from "../../src/dedup/Dedup.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { SimulatedFeed } from "../../src/feed/simulated/SimulatedFeed.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
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
  "total shots last 5 minutes = 0"
]

const strategies: ReadonlyArray<Strategy> = conditions.flatMap((text, index) => {
  const other = conditions[(index + 5) % conditions.length] ?? text
  return [newStrategy({ when: [condition(text)] }), newStrategy({ when: [condition(text), condition(other)] })]
})

/** What one instance has to itself, on the database that all share. */
const instance = (directory: string) => {
  const watched = makeWatchedSet()
  watched.change({ added: strategies, removed: [], leftOut: 0 })
  return Scanner.layer.pipe(
    Layer.provide(
      Layer.mergeAll(
        recordPolls({ directory, days: 30 })(SimulatedFeed.layer({ matches: 8, seed: 3, speed: 4 })),
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

describe("A recorded evening", () => {
  it.effect("of three instances backtests to what has fired live", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* (yield* StrategyStore).save(strategies)
      const scanners = yield* Effect.forEach([1, 2, 3], () =>
        Effect.map(Layer.build(Layer.fresh(instance(directory))), Context.get(Scanner))
      )
      for (let poll = 0; poll < 160; poll++) {
        const scanner = scanners[(poll * 7 + (poll >> 3)) % scanners.length]
        if (scanner !== undefined) yield* scanner.scan
        yield* TestClock.adjust("15 seconds")
      }
      const live = (yield* (yield* TriggerStore).pending(10_000)).map(
        ({ snapshot: { clock, match }, strategyId }) =>
          `${strategyId} on ${match.id} at ${clock.period} ${clock.minute}+${clock.added}`
      )
      const report = yield* backtest({ directories: [directory], strategies, threads: 1 })
      const tested = report.strategies.flatMap(({ triggers }) =>
        triggers.map(
          ({ at, matchId, strategyId }) => `${strategyId} on ${matchId} at ${at.period} ${at.minute}+${at.added}`
        )
      )
      expect(live.length).toBeGreaterThan(100)
      expect(tested.sort()).toEqual(live.sort())
    }).pipe(Effect.scoped, Effect.provide(shared))
  )
})
