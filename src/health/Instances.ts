/**
 * The processes of a service, and how each does. Those that share a queue backend tell each other every few seconds, and one
 * that tells nothing for 15 s is gone; a process that has its backend to itself is the only one.
 */
import { hostname } from "node:os"
import { Clock, Context, Duration, Effect, Layer, Option, Random, Schedule, Schema } from "effect"
import { MatchMinute } from "../domain/Snapshot.ts"
import { ownVersion } from "../nodeVersion.ts"
import { type Notices, QueueBackend } from "../queue/QueueBackend.ts"
import { Health } from "./Health.ts"

/** How often a process tells. */
export const tellEvery = Duration.seconds(4)

/** How long it may take to tell that a process is gone. */
const leaveWithin = Duration.millis(250)

/** A process as it tells of itself. Times are in milliseconds since 1970; other versions may have other parts. */
export const Instance = Schema.Struct({
  id: Schema.String,
  pid: Schema.Int,
  host: Schema.String,
  version: Schema.String,
  started: Schema.Finite,
  at: Schema.Finite,
  isStopping: Schema.Boolean,
  stalled: Schema.optionalKey(Schema.String),
  parts: Schema.Array(
    Schema.Struct({
      part: Schema.String,
      state: Schema.Literals(["ok", "degraded", "down"]),
      since: Schema.Finite,
      what: Schema.optionalKey(Schema.String),
      reason: Schema.optionalKey(Schema.String)
    })
  ),
  /** The scans made last, the latest first. `snapshots` are matches, `elapsed` is in milliseconds. */
  scans: Schema.Array(
    Schema.Struct({
      at: Schema.Finite,
      snapshots: Schema.Finite,
      held: Schema.Finite,
      triggers: Schema.Finite,
      duplicates: Schema.Finite,
      elapsed: Schema.Finite
    })
  ),
  /** Matches in play whose clock stands still, and where. */
  standing: Schema.optionalKey(Schema.Array(Schema.Struct({ match: Schema.String, ...MatchMinute.fields })))
})
export interface Instance extends Schema.Schema.Type<typeof Instance> {}

const Notice = Schema.fromJsonString(Instance)
const encodeNotice = Schema.encodeEffect(Notice)
const decodeNotice = Schema.decodeUnknownOption(Notice)

/** The processes that tell on a board, the first that started first. */
export const instancesOn = (notices: Notices) =>
  Effect.map(notices.all, (texts) =>
    texts.flatMap((text) => Option.toArray(decodeNotice(text))).toSorted((a, b) => a.started - b.started)
  )

/** Scans that a process tells of. */
const toldScans = 5

export class Instances extends Context.Service<
  Instances,
  {
    /** This process, as it is now. */
    readonly self: Effect.Effect<Instance>
    /** All processes, this one first. `unknown`: why the others cannot be told. */
    readonly all: Effect.Effect<{ readonly instances: ReadonlyArray<Instance>; readonly unknown?: string }>
  }
>()("touchline/health/Instances") {
  /** Tells of this process from now on until the scope closes. */
  static readonly layer = Layer.effect(
    Instances,
    Effect.gen(function* () {
      const health = yield* Health
      const { exclusive, notices } = yield* QueueBackend
      const id = (yield* Random.nextInt).toString(36)
      const started = yield* Clock.currentTimeMillis
      const process_ = { id, pid: process.pid, host: hostname(), version: ownVersion(), started }

      const self = Effect.gen(function* () {
        const stalled = yield* health.stalled
        return {
          ...process_,
          at: yield* Clock.currentTimeMillis,
          isStopping: yield* health.isStopping,
          ...(stalled === undefined ? {} : { stalled }),
          parts: yield* health.parts,
          scans: (yield* health.scans).slice(0, toldScans),
          standing: yield* health.standing
        } satisfies Instance
      })

      if (exclusive || notices === undefined)
        return Instances.of({ self, all: Effect.map(self, (own) => ({ instances: [own] })) })

      const untold = {}
      const tell = self.pipe(
        Effect.flatMap((own) => Effect.orDie(encodeNotice(own))),
        Effect.flatMap((notice) => notices.put(id, notice)),
        Effect.andThen(health.over(untold)),
        Effect.catch(({ message: reason }) =>
          health.met(untold, {
            part: "queue",
            state: "degraded",
            what: "the other processes do not hear how this one does",
            reason
          })
        )
      )
      yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeoutOption(notices.remove(id), leaveWithin)))
      yield* tell.pipe(Effect.repeat(Schedule.spaced(tellEvery)), Effect.forkScoped)

      return Instances.of({
        self,
        all: Effect.gen(function* () {
          const own = yield* self
          return yield* instancesOn(notices).pipe(
            Effect.timeout("2 seconds"),
            Effect.map((found) => ({ instances: [own, ...found.filter((each) => each.id !== id)] })),
            Effect.catch(({ message }) => Effect.succeed({ instances: [own], unknown: message }))
          )
        })
      })
    })
  )
}
