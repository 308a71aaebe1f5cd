/**
 * How this process does: of each part what its state is, since when and why, the scans that it made last, and whether it
 * stops or has stalled. Parts report their trouble when it begins and when it is over; nobody asks them.
 *
 * Everything here is of this process alone. What all processes of a service tell together is `Overview`.
 */
import { Clock, Context, Effect, Layer, PubSub, Stream } from "effect"
import type { MatchMinute } from "../domain/Snapshot.ts"
import type { ScanReport } from "../scan/ScanReport.ts"

/** What can have trouble, by the words of the banner. */
export const healthParts = [
  "scanning",
  "feed",
  "strategies",
  "dedup",
  "history",
  "database",
  "queue",
  "limits",
  "alerts",
  "results",
  "recording",
  "pages"
] as const
export type HealthPart = (typeof healthParts)[number]

/** `degraded`: it goes on in another way. `down`: it does not do what it is for. */
export type HealthState = "ok" | "degraded" | "down"

/** Trouble of a part. */
export interface Trouble {
  readonly part: HealthPart
  readonly state: "degraded" | "down"
  /** What is the matter, such as `the channel takes no alerts`. */
  readonly what: string
  /** Why, as it was met last. */
  readonly reason: string
}

/** A part as it is. `since` is in milliseconds since 1970: when its trouble began, or when the last one was over. */
export interface PartHealth {
  readonly part: HealthPart
  readonly state: HealthState
  readonly since: number
  readonly what?: string
  readonly reason?: string
}

/** A scan that was made: of all matches of a tick, or a shard of them. `at` is in milliseconds since 1970. */
export interface ScanMade extends Pick<ScanReport, "snapshots" | "held" | "triggers" | "duplicates" | "elapsed"> {
  readonly at: number
}

/** A match in play whose clock stands still, as that of a feed that froze: where it stands. Nothing fires on it. */
export interface StandingClock extends MatchMinute {
  readonly match: string
}

/** Scans that are remembered. */
const keptScans = 20

/** Clocks that stand and are remembered. */
const keptStanding = 200

export interface HealthOfProcess {
  /** Trouble was met. The key tells it from others of the same part until it is over. */
  readonly met: (key: object, trouble: Trouble) => Effect.Effect<void>
  readonly over: (key: object) => Effect.Effect<void>
  /** Every part, in the order of `healthParts`. One with several troubles shows the worst, of equals the oldest. */
  readonly parts: Effect.Effect<ReadonlyArray<PartHealth>>
  /** An event each time that what is told of a part becomes another. */
  readonly changes: Stream.Stream<void>
  /** For how many seconds each part has had trouble so far, in all. */
  readonly seconds: Effect.Effect<ReadonlyMap<HealthPart, number>>
  readonly scanned: (scan: ScanMade) => Effect.Effect<void>
  /** The scans made last, the latest first. */
  readonly scans: Effect.Effect<ReadonlyArray<ScanMade>>
  /** What a scan found of the clocks of these matches: those that stand. Of other matches it says nothing. */
  readonly clocks: (matches: Iterable<string>, standing: ReadonlyArray<StandingClock>) => Effect.Effect<void>
  /** The clocks that stand, as this process found last. */
  readonly standing: Effect.Effect<ReadonlyArray<StandingClock>>
  /** Why this process has stalled by its own fault, or that it has not. */
  readonly stall: (reason: string | undefined) => Effect.Effect<void>
  readonly stalled: Effect.Effect<string | undefined>
  /** From now on the process stops. */
  readonly stop: Effect.Effect<void>
  readonly isStopping: Effect.Effect<boolean>
}

interface Ledger {
  readonly troubles: Map<object, Trouble & { readonly since: number }>
  /** When the part became well, when it fell ill (undefined: it is well), and for how long it was ill before. */
  wellSince: number
  illSince: number | undefined
  illBefore: number
}

const worstFirst = (one: { readonly state: HealthState; readonly since: number }, other: typeof one): number =>
  one.state === other.state ? one.since - other.since : one.state === "down" ? -1 : 1

const now = Clock.currentTimeMillis

const makeHealth = Effect.gen(function* () {
  const started = yield* now
  const changes = yield* PubSub.sliding<void>(1)
  const ledgers = new Map<HealthPart, Ledger>(
    healthParts.map((part) => [
      part,
      { troubles: new Map(), wellSince: started, illSince: undefined, illBefore: 0 } satisfies Ledger
    ])
  )
  let scans: ReadonlyArray<ScanMade> = []
  const standing = new Map<string, StandingClock>()
  let stalled: string | undefined
  let isStopping = false

  /** Whether there was such a trouble. */
  const close = (ledger: Ledger, key: object, at: number): boolean => {
    if (!ledger.troubles.delete(key)) return false
    if (ledger.troubles.size > 0) return true
    ledger.illBefore += at - (ledger.illSince ?? at)
    ledger.illSince = undefined
    ledger.wellSince = at
    return true
  }
  const tell = Effect.asVoid(PubSub.publish(changes, undefined))

  return {
    met: (key, trouble) =>
      Effect.flatMap(now, (at) => {
        const ledger = ledgers.get(trouble.part)
        if (ledger === undefined) return Effect.void
        const { reason, since, state, what } = ledger.troubles.get(key) ?? { since: at }
        ledger.illSince ??= at
        ledger.troubles.set(key, { ...trouble, since })
        return state === trouble.state && what === trouble.what && reason === trouble.reason ? Effect.void : tell
      }),
    over: (key) =>
      Effect.flatMap(now, (at) =>
        [...ledgers.values()].filter((ledger) => close(ledger, key, at)).length > 0 ? tell : Effect.void
      ),
    parts: Effect.sync(() =>
      healthParts.map((part) => {
        const ledger = ledgers.get(part)
        const [worst] = [...(ledger?.troubles.values() ?? [])].toSorted(worstFirst)
        return worst ?? { part, state: "ok", since: ledger?.wellSince ?? started }
      })
    ),
    changes: Stream.fromPubSub(changes),
    seconds: Effect.map(
      now,
      (at) =>
        new Map(
          [...ledgers].map(([part, { illBefore, illSince }]) => [
            part,
            (illBefore + (illSince === undefined ? 0 : at - illSince)) / 1000
          ])
        )
    ),
    scanned: (scan) =>
      Effect.sync(() => {
        scans = [scan, ...scans].slice(0, keptScans)
      }),
    scans: Effect.sync(() => scans),
    clocks: (matches, found) =>
      Effect.sync(() => {
        if (standing.size > 0) for (const id of matches) standing.delete(id)
        for (const each of found) standing.set(each.match, each)
        // Those that the feed no longer shows are the first.
        for (const [id] of [...standing].slice(0, -keptStanding)) standing.delete(id)
      }),
    standing: Effect.sync(() => [...standing.values()]),
    stall: (reason) =>
      Effect.sync(() => {
        stalled = reason
      }),
    stalled: Effect.sync(() => stalled),
    stop: Effect.sync(() => {
      isStopping = true
    }),
    isStopping: Effect.sync(() => isStopping)
  } satisfies HealthOfProcess
})

/** Where nobody asks, nothing is kept. */
const nobody: HealthOfProcess = {
  met: () => Effect.void,
  over: () => Effect.void,
  parts: Effect.succeed([]),
  changes: Stream.never,
  seconds: Effect.succeed(new Map()),
  scanned: () => Effect.void,
  scans: Effect.succeed([]),
  clocks: () => Effect.void,
  standing: Effect.succeed([]),
  stall: () => Effect.void,
  stalled: Effect.undefined,
  stop: Effect.void,
  isStopping: Effect.succeed(false)
}

export const Health = Context.Reference<HealthOfProcess>("touchline/health/Health", { defaultValue: () => nobody })

/** Keeps what parts report. Layers that report must be built with it. */
export const layerHealth = Layer.effect(Health, makeHealth)

/** Tells, when its scope closes, that the process stops: it must be built last, to be the first that closes. */
export const layerStopping = Layer.effectDiscard(Effect.flatMap(Health, ({ stop }) => Effect.addFinalizer(() => stop)))
