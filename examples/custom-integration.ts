// An integration of your own: a feed with a setting and a check, and all commands around it.
// Run it: WHISTLE_URL=https://example.org/live.json npm run -s example:custom-integration -- doctor
import { Effect, Layer, Schema } from "effect"
// In a project of your own: from "touchline"
import {
  check,
  cli,
  FeedError,
  integration,
  MatchFeed,
  ok,
  optional,
  runMain,
  type SnapshotInput,
  settingsOf
} from "../src/index.ts"

const settings = {
  url: optional({
    name: "WHISTLE_URL",
    takes: "the URL of a JSON file of matches",
    meaning: "Where Whistle shows its live matches.",
    schema: Schema.URLFromString
  })
}

const isMatches = (body: unknown): body is ReadonlyArray<SnapshotInput> => Array.isArray(body)

const ask = (url: URL) =>
  Effect.tryPromise({
    try: async () => {
      const body: unknown = await (await fetch(url)).json()
      if (isMatches(body)) return body
      throw new Error("it is no list of matches")
    },
    catch: (cause) =>
      new FeedError({ feed: "whistle", reason: "unavailable", message: `${url.host} gives no answer: ${cause}.` })
  })

const whistle = integration({
  name: "whistle",
  settings: settingsOf(settings, settings.url.read),
  brings: ["feed"],
  feed: "asks Whistle",
  bring: (url) => ({
    parts: { feed: Layer.succeed(MatchFeed, MatchFeed.of({ name: `whistle at ${url.host}`, poll: ask(url) })) },
    checks: () => [check("whistle", Effect.as(ask(url), ok(`${url.host} answers`)), { todo: "Check WHISTLE_URL." })]
  })
})

runMain(cli({ integrations: [whistle] }))
