/** The service of the bench of strangers: as it is, with a feed that asks the bench which tick it is. */
import { Effect, Layer } from "effect"
import { FeedError, MatchFeed, runMain, serve } from "../../src/index.ts"
import { answer } from "./evening.ts"

const feed = Layer.succeed(
  MatchFeed,
  MatchFeed.of({
    name: "of the bench",
    poll: Effect.tryPromise({
      try: async () => answer(Number(await (await fetch(process.env.BENCH_FEED ?? "")).text())),
      catch: (error) => new FeedError({ feed: "bench", reason: "unavailable", message: String(error) })
    })
  })
)

runMain(serve(() => ({ feed })))
