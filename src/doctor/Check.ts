/**
 * One question that `touchline doctor` asks, and its answer.
 *
 * Guarantees: a check always ends with an answer, whatever it meets: an error, a defect or no answer in time are answers
 * of their own. So no check stops another.
 */
import { Cause, Duration, Effect, Exit, Fiber, Option } from "effect"

/** `warning`: the service runs, and a person should look. `skipped`: nothing to check. Only `failed` fails the doctor. */
export type CheckStatus = "ok" | "warning" | "failed" | "skipped"

/** What a look has found. */
export interface Finding {
  readonly status: CheckStatus
  readonly message: string
  /** What to do about it. */
  readonly todo?: string
  /** How long the thing in question took to answer. Absent: as long as the whole look. */
  readonly latencyMs?: number
}

/** A check that was made. */
export interface Checked extends Finding {
  readonly name: string
  readonly latencyMs: number
}

/** How long a check may take: an own database that is opened for the first time on a busy machine is no fault. */
export const checkTimeout = Duration.seconds(10)

export const ok = (message: string, latencyMs?: number): Finding => ({
  status: "ok",
  message,
  ...(latencyMs === undefined ? {} : { latencyMs })
})

export const warning = (message: string, todo: string): Finding => ({ status: "warning", message, todo })

export const skipped = (message: string): Finding => ({ status: "skipped", message })

/** Errors of this service say what happened in their first sentence and in the others what to do about it. */
export const failed = (text: string, todo?: string): Finding => {
  const [, message = text, advice] = /^(.+?)[.]\s+([A-Z].*)$/s.exec(text) ?? []
  const said = advice ?? todo
  return { status: "failed", message, ...(said === undefined ? {} : { todo: said }) }
}

const inMillis = (duration: Duration.Duration): number => Math.round(Duration.toMillis(duration) * 10) / 10

/** An effect with how many milliseconds it took. */
export const measured = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<readonly [A, number], E, R> =>
  Effect.map(Effect.timed(effect), ([duration, answer]) => [answer, inMillis(duration)])

/** What a check is made of. */
export interface CheckOptions {
  /** What to do when it fails or does not answer, where the error does not say. */
  readonly todo?: string
  /** Default: `checkTimeout`. */
  readonly within?: Duration.Duration
}

/** Makes a check of a look. */
export const check = <E extends { readonly message: string }, R>(
  name: string,
  look: Effect.Effect<Finding, E, R>,
  { todo, within = checkTimeout }: CheckOptions = {}
): Effect.Effect<Checked, never, R> =>
  bounded(look, within).pipe(
    Effect.map((exit) => {
      if (Option.isNone(exit)) return failed(`no answer within ${Duration.format(within)}`, todo)
      if (Exit.isSuccess(exit.value)) return exit.value.value
      const { cause } = exit.value
      const error = cause.reasons.find(Cause.isFailReason)?.error
      // A defect is told without its stack.
      return failed(error?.message ?? Cause.pretty(cause).split("\n")[0] ?? "", todo)
    }),
    measured,
    Effect.map(([finding, latencyMs]) => ({ name, latencyMs, ...finding }))
  )

/** How an effect ends, if it does in time. What cannot be interrupted is left behind: it must not hold up the answer. */
export const bounded = <A, E, R>(effect: Effect.Effect<A, E, R>, within: Duration.Duration) =>
  Effect.flatMap(Effect.forkDetach(effect), (fiber) =>
    Fiber.await(fiber).pipe(Effect.timeoutOption(within), Effect.ensuring(Effect.forkDetach(Fiber.interrupt(fiber))))
  )
