/** A process of the chaos run: the service of the settings, on the matches that the run shows at FEED_URL. */
import { Effect, Layer, Schema } from "effect"
import { FeedError, MatchFeed, runMain, Snapshot, serve } from "../../src/index.ts"

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Schema.toEncoded(Snapshot))))

const feed = Layer.succeed(
  MatchFeed,
  MatchFeed.of({
    name: "chaos",
    poll: Effect.tryPromise(async () => await (await fetch(process.env.FEED_URL ?? "")).text()).pipe(
      Effect.flatMap(decode),
      Effect.mapError((cause) => new FeedError({ feed: "chaos", reason: "unavailable", message: "no answer", cause }))
    )
  })
)

runMain(serve(() => ({ feed })))
