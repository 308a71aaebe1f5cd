import { Effect, Layer } from "effect"
import { integration } from "../../Integration.ts"
import { apiFootballSettings } from "./settings.ts"

/** Live matches of API-Football. Loaded when it is used: another feed needs no HTTP client. */
export const apiFootball = integration({
  name: "api-football",
  title: "API-Football",
  settings: apiFootballSettings,
  brings: ["feed"],
  feed: "asks API-Football",
  bring: (settings, { pollInterval }) => ({
    parts: {
      feed: Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("./ApiFootballFeed.ts")),
          ({ layerApiFootball }) => layerApiFootball(settings, { interval: pollInterval })
        )
      )
    },
    checks: () => [
      Effect.flatMap(
        Effect.promise(() => import("./checks.ts")),
        ({ checkApiFootball }) => checkApiFootball(settings, pollInterval)
      )
    ]
  })
})
