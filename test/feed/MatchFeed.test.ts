import { NodeServices } from "@effect/platform-node"
import { Context, Effect, FileSystem, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { RecordedFeed } from "../../src/feed/recorded/RecordedFeed.ts"
import { SimulatedFeed } from "../../src/feed/simulated/SimulatedFeed.ts"
import { type FeedRun, feedContract } from "../contracts/feedContract.ts"
import { makeApiFootballServer } from "../fixtures/apiFootballServer.ts"
import { apiFootballFeed, sportMonksFeed } from "../fixtures/liveFeed.ts"
import { quiet } from "../fixtures/logs.ts"
import { dayStart, matchDay, type Standing } from "../fixtures/matchDay.ts"
import { makeSportMonksServer } from "../fixtures/sportMonksServer.ts"
import { writeFixture } from "../fixtures/wyscout.ts"

const minute = 60_000

/** The match day on a server, a minute a poll. */
const onMatchDay = (
  make: (standing: () => ReadonlyArray<Standing>) => Effect.Effect<MatchFeed["Service"], never, Scope.Scope>
) =>
  Effect.gen(function* () {
    const day = matchDay()
    let now: ReadonlyArray<Standing> = []
    const feed = yield* make(() => now)
    return {
      feed,
      polls: day.length,
      next: (poll) =>
        Effect.andThen(
          TestClock.setTime(dayStart + poll * minute),
          Effect.sync(() => {
            now = day[poll] ?? []
          })
        )
    } satisfies FeedRun as FeedRun
  })

const withoutLogs = <A, E>(effect: Effect.Effect<A, E>) => Effect.provide(effect, quiet)

feedContract(
  "SportMonksFeed",
  onMatchDay((standing) => Effect.flatMap(makeSportMonksServer(standing), ({ url }) => sportMonksFeed(url))),
  withoutLogs
)

feedContract(
  "ApiFootballFeed on a large plan",
  onMatchDay((standing) => Effect.flatMap(makeApiFootballServer(standing), ({ url }) => apiFootballFeed(url))),
  withoutLogs
)

feedContract(
  "ApiFootballFeed on a small plan",
  onMatchDay((standing) => Effect.flatMap(makeApiFootballServer(standing, 900), ({ url }) => apiFootballFeed(url))),
  withoutLogs
)

feedContract(
  "SimulatedFeed",
  Effect.map(
    Layer.build(SimulatedFeed.layer({ matches: 6, seed: 3, speed: 1 })),
    (context): FeedRun => ({
      feed: Context.get(context, MatchFeed),
      polls: 150,
      next: (poll) => TestClock.setTime(dayStart + poll * minute)
    })
  ),
  withoutLogs
)

feedContract(
  "RecordedFeed",
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    yield* writeFixture(directory, [
      {
        id: 9,
        home: "Reds",
        away: "Blues",
        events: [{ minute: 2, team: "home", what: "goal" }],
        played: { "1H": 45, "2H": 47 }
      },
      { id: 10, home: "Greens", away: "Whites", events: [], played: { "1H": 46, "2H": 45 } }
    ])
    const context = yield* Layer.build(RecordedFeed.layer({ directories: [directory] }))
    return { feed: Context.get(context, MatchFeed), polls: 110, next: () => Effect.void } satisfies FeedRun as FeedRun
  }),
  (effect) => Effect.provide(effect, [NodeServices.layer, quiet])
)
