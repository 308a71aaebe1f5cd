/**
 * What is broken, of the whole service, as of a few seconds ago: no page waits for a part that does not answer. Until it is known
 * of all processes, it is what this one knows of itself.
 */
import { Clock, Context, DateTime, Duration, Effect, Layer } from "effect"
import { Health, type HealthState } from "../../health/Health.ts"
import { Overview, type Standing } from "../../health/Overview.ts"

/** A part of the service and how it does. */
export interface PartStanding {
  readonly part: string
  readonly state: HealthState
  readonly since: DateTime.Utc
  /** What is the matter and why, in words. */
  readonly words: string | undefined
}

export interface Known {
  readonly parts: ReadonlyArray<PartStanding>
  /** The processes of the service; none until they are known. */
  readonly instances: Standing["instances"]
  readonly scans: Standing["scans"]
}

/** Something that is broken, as the banner tells it. */
export interface Trouble {
  readonly part: string
  readonly state: HealthState
  readonly reason: string
  readonly since: DateTime.Utc
}

/** What is broken, of what is known: what does not work at all first. */
export const troublesOf = ({ instances, parts }: Known): ReadonlyArray<Trouble> => [
  ...instances.flatMap(({ name, since, stalled }) =>
    stalled === undefined
      ? []
      : [{ part: name, state: "down" as const, reason: stalled, since: DateTime.makeUnsafe(since) }]
  ),
  ...parts
    .filter(({ state }) => state !== "ok")
    .map(({ part, since, state, words = "" }) => ({ part, state, reason: words, since }))
    .toSorted((a, b) => (a.state === b.state ? 0 : a.state === "down" ? -1 : 1))
]

/** An answer that is older than this is looked for anew. */
const goodFor = Duration.toMillis(Duration.seconds(5))

/** The page that was asked for is on its way by then: an embedded database answers on the thread that makes pages. */
const asksAfter = Duration.millis(100)

/** One that is older than this is shown to nobody: nobody has looked for a while, or parts do not answer. */
const keptFor = Duration.toMillis(Duration.seconds(15))

const wordsOf = ({ on, reason, what }: { readonly what?: string; readonly reason?: string; readonly on?: string }) => {
  const words = [what, reason].filter((each) => each !== undefined && each !== "").join(": ")
  return words === "" ? undefined : on === undefined ? words : `${words} (on ${on})`
}

export class Troubles extends Context.Service<Troubles, { readonly known: Effect.Effect<Known> }>()(
  "touchline/http/dashboard/Troubles"
) {
  static readonly layer = Layer.effect(
    Troubles,
    Effect.gen(function* () {
      const { standing } = yield* Overview
      const { parts } = yield* Health
      const scope = yield* Effect.scope
      let told: Known | undefined
      let askedAt = Number.NEGATIVE_INFINITY
      let toldAt = Number.NEGATIVE_INFINITY

      const ask = Effect.gen(function* () {
        const now = yield* standing
        toldAt = yield* Clock.currentTimeMillis
        told = {
          parts: now.parts.map((each) => ({
            part: each.name,
            state: each.state,
            since: DateTime.makeUnsafe(each.since),
            words: wordsOf(each)
          })),
          instances: now.instances,
          scans: now.scans
        }
      })

      return Troubles.of({
        known: Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          if (now - askedAt >= goodFor) {
            askedAt = now
            yield* Effect.forkIn(Effect.delay(ask, asksAfter), scope)
          }
          if (told !== undefined && now - toldAt < keptFor) return told
          return {
            parts: (yield* parts).map(({ part, since, state, ...rest }) => ({
              part,
              state,
              since: DateTime.makeUnsafe(since),
              words: wordsOf(rest)
            })),
            instances: [],
            scans: []
          }
        })
      })
    })
  )
}
