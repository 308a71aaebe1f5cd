/**
 * How the whole service does, as any of its processes tells it: its parts, its processes, its last scans. What a process is
 * asked for is looked at now, within a bound: whether the database and the queues answer it.
 */
import { Cause, Clock, Context, Duration, Effect, Exit, Latch, Layer, Option, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { bounded } from "../doctor/Check.ts"
import { askBull, QueueBackend } from "../queue/QueueBackend.ts"
import { Health, type HealthPart, type HealthState, healthParts } from "./Health.ts"
import { type Instance, Instances } from "./Instances.ts"

/** How long a part may take to answer. */
const answerWithin = Duration.seconds(2)

/** How long an answer is good for: however many ask, parts are asked once a second. */
const goodFor = Duration.seconds(1)

/** And for who follows how the service does: asking takes some 5 ms where nothing was asked for a while. */
const goodForFollowers = Duration.toMillis(Duration.minutes(1))

/** How soon a part that did not answer is asked again, whether anybody asks or not: else its trouble would outlast it. */
const askedAgainAfter = Duration.seconds(15)

/** The queue that is asked for next to nothing, to see whether queues answer. */
const probed = "send-alert"

/** Scans that are told, of all processes. */
const toldScans = 10

const Time = Schema.String
const State = Schema.Literals(["ok", "degraded", "down"])

/** The answer of `/readyz`, and what `touchline status` shows. Times are ISO 8601, durations in milliseconds. */
export const Standing = Schema.Struct({
  /** This process. `down`: a part does not do what it is for, or it has stalled. */
  status: Schema.Literals(["ok", "degraded", "down", "stopping"]),
  /** The whole service: the worst of its processes that do not stop. */
  service: State,
  pid: Schema.Int,
  version: Schema.String,
  /** Each part, as it is where it is worst. */
  parts: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      state: State,
      since: Time,
      what: Schema.optionalKey(Schema.String),
      reason: Schema.optionalKey(Schema.String),
      /** The process that tells so, where there are several. */
      on: Schema.optionalKey(Schema.String)
    })
  ),
  instances: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      version: Schema.String,
      state: Schema.Literals(["ok", "degraded", "down", "stopping"]),
      since: Time,
      stalled: Schema.optionalKey(Schema.String)
    })
  ),
  /** Why the other processes cannot be told. */
  unknown: Schema.optionalKey(Schema.String),
  /** The latest first. */
  scans: Schema.Array(
    Schema.Struct({
      at: Time,
      on: Schema.String,
      matches: Schema.Finite,
      held: Schema.Finite,
      triggers: Schema.Finite,
      duplicates: Schema.Finite,
      ms: Schema.Finite
    })
  )
})
export interface Standing extends Schema.Schema.Type<typeof Standing> {}

const rank: Readonly<Record<HealthState, number>> = { ok: 0, degraded: 1, down: 2 }

const worst = (states: ReadonlyArray<HealthState>): HealthState =>
  states.reduce<HealthState>((one, other) => (rank[other] > rank[one] ? other : one), "ok")

/** What a person calls a process. */
const nameOf = ({ host, pid }: Instance): string => `${host}:${pid}`

const stateOf = ({ parts, stalled }: Instance): HealthState =>
  stalled === undefined ? worst(parts.map(({ state }) => state)) : "down"

const iso = (millis: number): string => new Date(millis).toISOString()

/** A part where it is worst: of equals, where it has been so for the longest. */
const partOf = (name: HealthPart, instances: ReadonlyArray<Instance>) => {
  const found = instances
    .flatMap((instance) => instance.parts.filter(({ part }) => part === name).map((each) => ({ ...each, instance })))
    .toSorted((a, b) => rank[b.state] - rank[a.state] || a.since - b.since)
  return found.slice(0, 1).map(({ instance, part: _, since, ...rest }) => ({
    name,
    ...rest,
    since: iso(since),
    ...(rest.state !== "ok" && instances.length > 1 ? { on: nameOf(instance) } : {})
  }))
}

/** How a service does, of what its processes tell, the one that is asked first. */
export const standingOf = (instances: readonly [Instance, ...ReadonlyArray<Instance>], unknown?: string): Standing => {
  const [self] = instances
  const going = instances.filter(({ isStopping }) => !isStopping)
  return {
    status: self.isStopping ? "stopping" : stateOf(self),
    service: worst(going.map(stateOf)),
    pid: self.pid,
    version: self.version,
    parts: healthParts.flatMap((name) => partOf(name, going.length === 0 ? instances : going)),
    instances: instances.map((instance) => ({
      name: nameOf(instance),
      version: instance.version,
      state: instance.isStopping ? "stopping" : stateOf(instance),
      since: iso(instance.started),
      ...(instance.stalled === undefined ? {} : { stalled: instance.stalled })
    })),
    ...(unknown === undefined ? {} : { unknown }),
    scans: instances
      .flatMap((instance) => instance.scans.map((scan) => ({ ...scan, on: nameOf(instance) })))
      .toSorted((a, b) => b.at - a.at)
      .slice(0, toldScans)
      .map(({ at, duplicates, elapsed, held, on, snapshots, triggers }) => ({
        at: iso(at),
        on,
        matches: snapshots,
        held,
        triggers,
        duplicates,
        ms: elapsed
      }))
  }
}

export class Overview extends Context.Service<
  Overview,
  {
    /** How the service does now. Never fails, and takes 4 s at most. */
    readonly standing: Effect.Effect<Standing>
    /**
     * The same for who asks again and again: parts that answered are asked once a minute. Those who use them tell much
     * sooner that they answer no more.
     */
    readonly followed: Effect.Effect<Standing>
  }
>()("touchline/health/Overview") {
  static readonly layer = Layer.effect(
    Overview,
    Effect.gen(function* () {
      const health = yield* Health
      const database = yield* Database
      const backend = yield* QueueBackend
      const instances = yield* Instances

      /** Asks a part for next to nothing, and reports whether it answers. Answers with that. */
      const probe = <E extends { readonly message: string }>(part: HealthPart, ask: Effect.Effect<unknown, E>) => {
        const key = {}
        const down = (reason: string) =>
          Effect.as(health.met(key, { part, state: "down", what: `the ${part} does not answer`, reason }), false)
        return Effect.flatMap(bounded(ask, answerWithin), (exit) => {
          if (Option.isNone(exit)) return down(`no answer within ${Duration.format(answerWithin)}`)
          return Exit.isSuccess(exit.value)
            ? Effect.as(health.over(key), true)
            : down(Cause.prettyErrors(exit.value.cause)[0]?.message ?? "")
        })
      }
      const askQueue = Effect.scoped(
        Effect.flatMap(backend.queue(probed), (queue) =>
          askBull(probed, "tell its settings", () => queue.getGlobalConcurrency())
        )
      )
      const parts = [probe("database", database.call("failed_alerts", { max_rows: 0 })), probe("queue", askQueue)]
      let askedAt = Number.NEGATIVE_INFINITY
      /** Open once a part did not answer. */
      const unanswered = yield* Latch.make()
      const probes = Effect.gen(function* () {
        const answers = yield* Effect.all(parts, { concurrency: "unbounded" })
        askedAt = answers.every(Boolean) ? yield* Clock.currentTimeMillis : Number.NEGATIVE_INFINITY
        if (!answers.every(Boolean)) yield* unanswered.open
      })
      const told = Effect.gen(function* () {
        const own = yield* instances.self
        const { instances: all, unknown } = yield* instances.all
        return standingOf([own, ...all.filter(({ id }) => id !== own.id)], unknown)
      })
      const standing = yield* Effect.cachedWithTTL(Effect.andThen(probes, told), goodFor)
      const askAgain = Effect.gen(function* () {
        yield* unanswered.await
        yield* unanswered.close
        yield* Effect.sleep(askedAgainAfter)
        yield* standing
      })
      yield* Effect.forkScoped(Effect.forever(askAgain))
      const followed = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        now - askedAt < goodForFollowers ? told : standing
      )
      return Overview.of({ standing, followed })
    })
  )
}
