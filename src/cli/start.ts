import { Option } from "effect"
import { Command } from "effect/cli"
import { serve } from "../run.ts"
import { configuredFeed } from "../Touchline.ts"
import * as flags from "./flags.ts"

/** `touchline start`: the service, until SIGINT or SIGTERM. */
export const start = Command.make(
  "start",
  { matches: flags.matches, seed: flags.seed, speed: flags.speed(20), strategies: flags.strategies },
  ({ strategies, ...simulation }) =>
    serve((config) => ({
      feed: configuredFeed(config, simulation),
      ...(Option.isSome(strategies) ? { strategies: strategies.value } : {})
    }))
).pipe(
  Command.withDescription("Watch live matches, fire strategies and send alerts, until stopped"),
  Command.withExamples([
    { command: "touchline start", description: "Run with the settings of the environment and .env" },
    { command: "touchline start --matches 40 --speed 60", description: "Forty simulated matches, a minute a second" }
  ])
)
