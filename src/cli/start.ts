import { Effect, Layer, Option } from "effect"
import { Command } from "effect/cli"
import { config } from "../Config.ts"
import { layerLogging } from "../Logging.ts"
import { configuredFeed, service } from "../Touchline.ts"
import * as flags from "./flags.ts"

/** `touchline start`: the service, until SIGINT or SIGTERM. */
export const start = Command.make(
  "start",
  { matches: flags.matches, seed: flags.seed, speed: flags.speed(20), strategies: flags.strategies },
  Effect.fn(function* ({ strategies, ...simulation }) {
    const settings = yield* config
    return yield* Layer.launch(
      service({
        config: settings,
        feed: configuredFeed(settings, simulation),
        ...(Option.isSome(strategies) ? { strategies: strategies.value } : {})
      })
    ).pipe(
      Effect.onInterrupt(() => Effect.logInfo("stopped")),
      Effect.provide(layerLogging(settings, process.stdout))
    )
  })
).pipe(
  Command.withDescription("Watch live matches, fire strategies and send alerts, until stopped"),
  Command.withExamples([
    { command: "touchline start", description: "Run with the settings of the environment and .env" },
    { command: "touchline start --matches 40 --speed 60", description: "Forty simulated matches, a minute a second" }
  ])
)
