import { Effect, Layer } from "effect"
import { integration } from "../../Integration.ts"
import { sportMonksSettings } from "./settings.ts"

/** Live matches of SportMonks. Loaded when it is used: another feed needs no HTTP client. */
export const sportMonks = integration({
  name: "sportmonks",
  title: "SportMonks",
  settings: sportMonksSettings,
  brings: ["feed"],
  feed: "asks SportMonks",
  bring: (settings, { pollInterval }) => ({
    parts: {
      feed: Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("./SportMonksFeed.ts")),
          ({ layerSportMonks }) => layerSportMonks(settings, { interval: pollInterval })
        )
      )
    },
    checks: () => [
      Effect.flatMap(
        Effect.promise(() => import("./checks.ts")),
        ({ checkSportMonks }) => checkSportMonks(settings, pollInterval)
      )
    ]
  })
})
