/**
 * Watches that matches are scanned, by whichever process.
 *
 * Guarantees: when no scan has ended well for three intervals, an ERROR line says so, with the reason as far as it is
 * known here, again every few minutes, and a line when scanning goes on: whatever the cause, and in every process.
 */
import { Clock, Duration, Effect, type Scope } from "effect"
import { makeOutage } from "../health/Outage.ts"
import type { Schedule } from "../queue/keepSchedule.ts"
import type { Member, QueueError } from "../queue/QueueBackend.ts"

/** A shorter interval counts as this long: where ticks are quick, a pause of a few of them is no silence. */
const leastInterval = Duration.seconds(5)

/** How often silence is told of. */
const againAfter = Duration.minutes(3)

export interface ScanWatchOptions {
  readonly interval: Duration.Duration
  /** Tells the other processes of scans, and hears of theirs. */
  readonly member: Member
}

export interface ScanWatch {
  /** A scan of this process ended well. */
  readonly scanned: Effect.Effect<void>
  /** A scan of this process failed. */
  readonly failed: (reason: string) => Effect.Effect<void>
  /** Whether other processes are there to share a tick, as of a few seconds ago. */
  readonly hasOthers: () => boolean
  /** Watches the ticks of this schedule until the scope closes. */
  readonly watch: (schedule: Schedule) => Effect.Effect<void, never, Scope.Scope>
}

/** How often processes tell each other of scans: twice an interval, so that none goes unheard for long. */
export const beatEvery = (interval: Duration.Duration) =>
  Duration.clamp(Duration.divideUnsafe(interval, 2), { minimum: Duration.seconds(1), maximum: leastInterval })

export const makeScanWatch = Effect.fnUntraced(function* ({
  interval,
  member
}: ScanWatchOptions): Effect.fn.Return<ScanWatch, QueueError> {
  const silence = Duration.times(Duration.max(interval, leastInterval), 3)
  const outage = makeOutage({
    level: "Error",
    again: againAfter,
    begins: "no match is scanned",
    ends: "matches are scanned again",
    fields: { for: `over ${Duration.format(silence)}` }
  })
  let { done, processes } = yield* member.beat(0)
  /** Scans of this process that the others do not know of yet. */
  let untold = 0
  /** When a scan ended well, and why the last one since then failed. */
  let last = yield* Clock.monotonicTimeNanos
  let failure: string | undefined
  const scanned = Effect.map(Clock.monotonicTimeNanos, (now) => {
    last = now
    failure = undefined
  })

  /** Tells of our scans and hears of others'. */
  const beat = Effect.gen(function* () {
    const mine = untold
    const told = yield* member.beat(mine)
    untold -= mine
    // What all did begins anew when Redis does.
    if (told.done > done) yield* scanned
    done = told.done
    processes = told.processes
  })

  const reason = Effect.fnUntraced(function* (schedule: Schedule, trouble: string | undefined) {
    if (trouble !== undefined) return trouble
    if (failure !== undefined) return failure
    return (yield* schedule.obstacle) ?? "not known here; another process may have the ticks, see its log"
  })

  const look = Effect.fnUntraced(function* (schedule: Schedule) {
    const trouble = yield* beat.pipe(
      Effect.as(undefined),
      Effect.catch(({ message }) => Effect.succeed(message))
    )
    const quiet = Duration.nanos((yield* Clock.monotonicTimeNanos) - last)
    if (Duration.isLessThan(quiet, silence)) return yield* outage.over
    yield* outage.met(yield* reason(schedule, trouble).pipe(Effect.catch(({ message }) => Effect.succeed(message))))
  })

  return {
    scanned: Effect.tap(scanned, () => {
      untold += 1
      return Effect.void
    }),
    failed: (why) =>
      Effect.sync(() => {
        failure = why
      }),
    hasOthers: () => processes > 1,
    watch: (schedule) =>
      look(schedule).pipe(Effect.delay(beatEvery(interval)), Effect.forever, Effect.forkScoped, Effect.asVoid)
  }
})
