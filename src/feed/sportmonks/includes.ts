/**
 * The includes of an endpoint, without those that the plan does not have.
 *
 * Guarantees: an include is left out only where the request succeeds without it; where leaving out none helps, all are asked
 * for again by the next request. What is left out is told, is asked for again every half hour, and told again when it is back.
 * A refusal that names no include costs no others: those that are not to blame are back within the same poll, or in the next ones.
 */
import { Clock, Data, Duration, Effect, Option, Result } from "effect"
import { makeOutage, type Outage } from "../../health/Outage.ts"

/** An include that the plan, or the endpoint, does not have: which one, where the refusal names it. */
export class IncludeRefused extends Data.TaggedError("IncludeRefused")<{
  readonly include: string | undefined
  readonly message: string
}> {}

/** Without these there is no match. */
const needed = new Set(["state", "periods", "scores", "participants"])

/** What is left out is asked for again after this long. */
const againAfter = Duration.toMillis(Duration.minutes(30))

/** How long a request may take together with those that look which include is refused: a scan waits for ten seconds. */
const patience = Duration.toMillis(Duration.seconds(6))

/** An include that an endpoint has refused, or may have. */
interface Out {
  /** When it was left out. */
  readonly since: number
  /** Whether it is known that the refusal was its. */
  readonly isRefused: boolean
}

export interface Includes {
  /** Sends a request with these includes, or without those that are refused. Fails where leaving them out does not help. */
  readonly ask: <A, E extends { readonly message: string }>(
    wanted: ReadonlyArray<string>,
    send: (includes: ReadonlyArray<string>) => Effect.Effect<A, E | IncludeRefused>
  ) => Effect.Effect<A, E | IncludeRefused>
}

const isRefusal = (error: unknown): error is IncludeRefused => error instanceof IncludeRefused

/** A refusal is an answer here. */
const answerOf = <A, E>(
  sent: Effect.Effect<A, E | IncludeRefused>
): Effect.Effect<Result.Result<A, IncludeRefused>, E> =>
  sent.pipe(
    Effect.map((answer) => Result.succeed(answer)),
    Effect.catchIf(isRefusal, (refused) => Effect.succeed(Result.fail(refused)))
  )

const first = (include: string): string => include.toLowerCase().split(".")[0] ?? ""

export const makeIncludes = (): Includes => {
  const out = new Map<string, Out>()
  const told = new Map<string, Outage>()
  const outageOf = (include: string): Outage => {
    const outage =
      told.get(include) ??
      makeOutage({
        begins: "SportMonks does not give this with the plan: polls go on without it",
        ends: "SportMonks gives this again",
        fields: { include }
      })
    told.set(include, outage)
    return outage
  }
  const leaveOut = (include: string, since: number, message: string) => {
    out.set(include, { since, isRefused: true })
    return outageOf(include).met(message)
  }
  const isDue = (include: string, now: number): boolean => {
    const found = out.get(include)
    if (found === undefined) return false
    return !found.isRefused || now < found.since || now - found.since >= againAfter
  }

  /** What is asked for, when nothing of it is known to be refused, and the answer. */
  const withoutRefused = Effect.fnUntraced(function* <A, E>(
    wanted: ReadonlyArray<string>,
    send: (includes: ReadonlyArray<string>) => Effect.Effect<A, E | IncludeRefused>
  ) {
    let asked = wanted.filter((include) => !out.has(include))
    let answer = yield* answerOf(send(asked))
    /** What was left out, and the refusal of each that names it. */
    const gone = new Map<string, string | undefined>()
    while (Result.isFailure(answer)) {
      const refused = answer.failure
      const about = refused.include
      const named = about === undefined ? undefined : asked.find((include) => first(include) === first(about))
      const without = asked.filter((include) => needed.has(include) || (named !== undefined && include !== named))
      if (without.length === asked.length) return yield* refused
      for (const include of asked) {
        if (!without.includes(include)) gone.set(include, include === named ? refused.message : undefined)
      }
      asked = without
      answer = yield* answerOf(send(asked))
    }
    const now = yield* Clock.currentTimeMillis
    for (const [include, reason] of gone) {
      if (reason === undefined) out.set(include, { since: now, isRefused: false })
      else yield* leaveOut(include, now, reason)
    }
    return { asked, answer: answer.success }
  })

  return {
    ask: Effect.fnUntraced(function* (wanted, send) {
      const begun = yield* Clock.currentTimeMillis
      let { answer, asked } = yield* withoutRefused(wanted, send)
      for (const include of wanted) {
        const now = yield* Clock.currentTimeMillis
        const left = begun + patience - now
        if (!isDue(include, now) || left <= 0) continue
        const more = wanted.filter((each) => each === include || asked.includes(each))
        // The answer is there: whatever else looking for more meets costs it nothing.
        const tried = yield* answerOf(send(more)).pipe(
          Effect.timeoutOption(Duration.millis(left)),
          Effect.tapError(({ message }) =>
            Effect.logDebug("the poll goes on without").pipe(Effect.annotateLogs({ include, reason: message }))
          ),
          Effect.option
        )
        const found = Option.getOrUndefined(Option.flatten(tried))
        if (found === undefined) break
        if (Result.isFailure(found)) {
          yield* leaveOut(include, now, found.failure.message)
          continue
        }
        answer = found.success
        asked = more
        out.delete(include)
        yield* outageOf(include).over
      }
      return answer
    })
  }
}
