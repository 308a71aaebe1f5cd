/** How a process of Touchline runs: with its settings, to a clean end. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import { CliError } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { layerEnvironment } from "./Config.ts"
import { isLog } from "./LogWriter.ts"
import { refuseOldNode } from "./nodeVersion.ts"

const platform = layerEnvironment.pipe(Layer.provideMerge(NodeServices.layer))

/** The exit codes of a process that a signal has stopped, as shells give them. */
const stoppedBy = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * Runs a program as the process. What it fails with is told on stderr in the error's own words (exit code 1); only what
 * nobody foresaw is shown whole. SIGINT and SIGTERM interrupt it: the exit code is 0 if it is a
 * service, or a command that goes on until it is stopped, else 130 or 143.
 * So does the end of whoever reads its results, quietly and with code 0. Results that cannot be written are an error.
 */
export const runMain = <A, E extends { readonly message: string }>(
  program: Effect.Effect<A, E, Layer.Success<typeof platform>>
): void => {
  refuseOldNode()
  let stopped: number | undefined
  let hasEnded = false
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stopped ??= stoppedBy[signal]
    })
  }
  process.stdout.on("error", (error) => {
    if (isLog(process.stdout)) return
    const isUnread = "code" in error && error.code === "EPIPE"
    if (!isUnread) console.error(`touchline: what it prints cannot be written: ${error.message}`)
    stopped = isUnread ? 0 : 1
    process.exitCode = stopped
    if (!hasEnded) process.kill(process.pid, "SIGTERM")
  })
  program.pipe(
    Effect.provide(platform),
    Effect.onInterrupt(() =>
      process.exitCode === undefined ? Console.error("touchline: stopped before it was done") : Effect.void
    ),
    Effect.tapCause((cause) => {
      const failure = cause.reasons.find(Cause.isFailReason)?.error
      if (CliError.isCliError(failure) || Cause.hasInterruptsOnly(cause)) return Effect.void
      return Console.error(failure === undefined ? Cause.pretty(cause) : `touchline: ${failure.message}`)
    }),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) => {
        hasEnded = true
        if (Exit.isSuccess(exit)) return onExit(0)
        if (!Cause.hasInterruptsOnly(exit.cause)) return onExit(1)
        onExit(process.exitCode === 0 ? 0 : (stopped ?? stoppedBy.SIGINT))
      }
    })
  )
}
