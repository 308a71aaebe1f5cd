import { Effect, Layer, Option } from "effect"
import type { Extend, Extensions, Platform, StartError } from "./Integration.ts"
import { layerLogging } from "./Logging.ts"
import { chosenBy, type Invocation, service } from "./Touchline.ts"
import type { TelemetryConfig } from "./telemetry/settings.ts"

/** Its modules are loaded only where there is a collector. */
const telemetry = (config: Option.Option<TelemetryConfig>) =>
  Option.match(config, {
    onNone: () => Layer.empty,
    onSome: (some) =>
      Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("./telemetry/layerTelemetry.ts")),
          ({ layerTelemetry }) => layerTelemetry(some)
        )
      )
  })

/**
 * Runs the service until it is interrupted: what the settings choose, around what a program brings. It logs to stdout.
 *
 * Fails with SettingsError when a setting cannot be used, or with what a layer of the graph fails to start for.
 */
export const start = (extend: Extend, invocation: Invocation = {}): Effect.Effect<never, StartError, Platform> =>
  Effect.flatMap(chosenBy(extend, invocation), (chosen) =>
    Layer.launch(service(chosen)).pipe(
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          // To be stopped is how a service ends; a command that is stopped has not done its work.
          process.exitCode = 0
        }).pipe(Effect.andThen(Effect.logInfo("stopped")))
      ),
      Effect.provide(Layer.provideMerge(telemetry(chosen.telemetry), layerLogging(chosen.service, process.stdout)))
    )
  )

/**
 * The service as a program of one's own: `runMain(serve(() => ({ feed })))`. What is not brought is chosen by the settings. See
 * `start` for how it runs and fails.
 */
export const serve = <const E extends Extensions>(extend: Extend<E>): Effect.Effect<never, StartError, Platform> =>
  start(extend)
