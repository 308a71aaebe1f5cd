#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer, Schema } from "effect"
import { CliError, Command } from "effect/cli"
import { layerEnvironment } from "./Config.ts"
import { replay } from "./cli/replay.ts"
import { scan } from "./cli/scan.ts"
import { start } from "./cli/start.ts"

const { version } = Schema.decodeSync(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
)

const touchline = Command.make("touchline").pipe(
  Command.withDescription("Watches live football matches against every user's strategies, and alerts each user once"),
  Command.withSubcommands([start, scan, replay])
)

Command.run(touchline, { version }).pipe(
  Effect.provide(layerEnvironment.pipe(Layer.provideMerge(NodeServices.layer))),
  // What we foresaw is told in its own words, without a stack; only what we did not is shown whole.
  Effect.tapCause((cause) => {
    const failure = cause.reasons.find(Cause.isFailReason)?.error
    if (CliError.isCliError(failure) || Cause.hasInterruptsOnly(cause)) return Effect.void
    return Console.error(failure === undefined ? Cause.pretty(cause) : `touchline: ${failure.message}`)
  }),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // Being stopped is how the service ends: that is no failure.
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
  })
)
