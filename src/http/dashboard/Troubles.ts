/**
 * What is broken, of the whole service: as of now what this process knows of itself, as of some seconds ago what other processes
 * tell, and what parts answer that nobody else asks: for open pages that is a minute old at most. No page waits for a part that
 * does not answer.
 */
import { Clock, Context, DateTime, Duration, Effect, Layer, PubSub, Stream } from "effect"
import { Health, type HealthState, type PartHealth } from "../../health/Health.ts"
import { Overview, type Standing } from "../../health/Overview.ts"
import { IsRenewal } from "./Unchanged.ts"

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

/** An answer that is older than this is looked for anew: for who opens a page, and for who has one open. */
const goodFor = Duration.toMillis(Duration.seconds(5))
const goodForOpen = Duration.toMillis(Duration.seconds(15))

/** The page that was asked for is on its way by then: an embedded database answers on the thread that makes pages. */
const asksAfter = Duration.millis(100)

/** One that is older than this is shown to nobody: nobody has looked for a while, or parts do not answer. */
const keptFor = Duration.toMillis(Duration.seconds(40))

const partStanding = ({
  name,
  on,
  reason,
  since,
  state,
  what
}: Omit<Standing["parts"][number], "since"> & { readonly since: string | number }): PartStanding => {
  const words = [what, reason].filter((each) => each !== undefined && each !== "").join(": ")
  return {
    part: name,
    state,
    since: DateTime.makeUnsafe(since),
    words: words === "" ? undefined : on === undefined ? words : `${words} (on ${on})`
  }
}

export class Troubles extends Context.Service<
  Troubles,
  {
    readonly known: Effect.Effect<Known>
    /** An event each time that what is broken may be something else. */
    readonly changes: Stream.Stream<void>
  }
>()("touchline/http/dashboard/Troubles") {
  static readonly layer = Layer.effect(
    Troubles,
    Effect.gen(function* () {
      const { followed, standing } = yield* Overview
      const health = yield* Health
      const changes = yield* PubSub.sliding<void>(1)
      const scope = yield* Effect.scope
      let told: Standing | undefined
      let askedAt = Number.NEGATIVE_INFINITY
      let toldAt = Number.NEGATIVE_INFINITY

      /** What is told of a part, or what this process knows of it where nothing worse is told by another one. */
      const partOf = (own: PartHealth, known: Standing | undefined): PartStanding => {
        const self = known === undefined || known.instances.length < 2 ? undefined : known.instances[0]?.name
        const other = known?.parts.find(({ name, on }) => name === own.part && on !== undefined && on !== self)
        if (other !== undefined && (own.state === "ok" || other.state === "down")) return partStanding(other)
        const on = own.state === "ok" || self === undefined ? {} : { on: self }
        return partStanding({ ...own, ...on, name: own.part })
      }

      const look = Effect.gen(function* () {
        const known = (yield* Clock.currentTimeMillis) - toldAt < keptFor ? told : undefined
        return {
          parts: (yield* health.parts).map((own) => partOf(own, known)),
          instances: known?.instances ?? [],
          scans: known?.scans ?? []
        } satisfies Known
      })
      const broken = Effect.map(look, (known) => JSON.stringify(troublesOf(known)))

      const ask = Effect.gen(function* () {
        const before = yield* broken
        told = yield* (yield* IsRenewal) ? followed : standing
        toldAt = yield* Clock.currentTimeMillis
        if ((yield* broken) !== before) yield* PubSub.publish(changes, undefined)
      })

      return Troubles.of({
        changes: Stream.merge(health.changes, Stream.fromPubSub(changes)),
        known: Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          if (now - askedAt >= ((yield* IsRenewal) ? goodForOpen : goodFor)) {
            askedAt = now
            yield* Effect.forkIn(Effect.delay(ask, asksAfter), scope)
          }
          return yield* look
        })
      })
    })
  )
}
