/** How a process of Touchline runs: with its settings, to a clean end. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer } from "effect"
import { CliError } from "effect/cli"
import { config, layerEnvironment, type TouchlineConfig } from "./Config.ts"
import { layerLogging } from "./Logging.ts"
import { type Parts, service } from "./Touchline.ts"

/**
 * Runs the service, made of these parts, until it is interrupted. It logs to stdout.
 *
 * Fails with SettingsError when a setting cannot be used, or with what a layer of the graph fails to start for.
 */
export const serve = <F, FE, FR, CE = never, CR = never>(
  parts: (config: TouchlineConfig) => Omit<Parts<F, FE, FR, CE, CR>, "config">
) =>
  Effect.flatMap(config, (settings) =>
    Layer.launch(service({ config: settings, ...parts(settings) })).pipe(
      Effect.onInterrupt(() => Effect.logInfo("stopped")),
      Effect.provide(layerLogging(settings, process.stdout))
    )
  )

const platform = layerEnvironment.pipe(Layer.provideMerge(NodeServices.layer))

/**
 * Runs a program as the process: it is interrupted by SIGINT and SIGTERM, which is no failure (exit code 0), and what
 * it fails with is told on stderr in the error's own words (exit code 1). Only what nobody foresaw is shown whole.
 */
export const runMain = <A, E extends { readonly message: string }>(
  program: Effect.Effect<A, E, Layer.Success<typeof platform>>
): void =>
  program.pipe(
    Effect.provide(platform),
    Effect.tapCause((cause) => {
      const failure = cause.reasons.find(Cause.isFailReason)?.error
      if (CliError.isCliError(failure) || Cause.hasInterruptsOnly(cause)) return Effect.void
      return Console.error(failure === undefined ? Cause.pretty(cause) : `touchline: ${failure.message}`)
    }),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
    })
  )
