/**
 * Watches that matches are scanned, by whichever process.
 *
 * Guarantees: when no scan has ended well for three intervals, an ERROR line says so, with the reason as far as it is
 * known here, again every few minutes, and a line when scanning goes on: whatever the cause, and in every process. A process
 * has stalled, which Health knows, when a scan of it does not end, or when for so long none ended anywhere although nothing
 * outside keeps it from scanning.
 */
import { Clock, Duration, Effect, type Scope } from "effect"
import { Health } from "../health/Health.ts"
import { lastScan } from "../health/metrics.ts"
import { makeOutage } from "../health/Outage.ts"
import type { Schedule } from "../queue/keepSchedule.ts"
import type { Member, QueueError } from "../queue/QueueBackend.ts"
import { countNow } from "./countScan.ts"

/** A shorter interval counts as this long: where ticks are quick, a pause of a few of them is no silence. */
const leastInterval = Duration.seconds(5)

/** A scan may take longer than three intervals where those are short. */
const leastStall = Duration.minutes(1)

/** The trouble of a feed that failed this process. It is over when any process scans well: the next tick may be another's. */
export const feedTrouble: object = {}

const unknown = "not known here; another process may have the ticks, see its log"

const wholeSeconds = (nanos: bigint) => Duration.seconds(Number(nanos / 1_000_000_000n))

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
  /** Watches that a scan of this process ends. */
  readonly during: <A, E, R>(scan: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
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
    part: "scanning",
    level: "Error",
    again: againAfter,
    begins: "no match is scanned",
    ends: "matches are scanned again",
    fields: { for: `over ${Duration.format(silence)}` }
  })
  const health = yield* Health
  let { done, processes } = yield* member.beat(0)
  /** Scans of this process that the others do not know of yet. */
  let untold = 0
  /** When a scan ended well, and why the last one since then failed. */
  let last = yield* Clock.monotonicTimeNanos
  let failure: string | undefined
  /** Until when it was clear that no scan could end well for a reason that is not this process's. */
  let excused = last
  /** The scans under way in this process, and when they began. */
  const underWay = new Set<{ readonly since: bigint }>()
  const scanned = Effect.map(Clock.monotonicTimeNanos, (now) => {
    last = now
    excused = now
    failure = undefined
  })

  /** Tells of our scans and hears of others'. */
  const beat = Effect.gen(function* () {
    const mine = untold
    const told = yield* member.beat(mine)
    untold -= mine
    // What all did begins anew when Redis does.
    if (told.done > done) {
      yield* scanned
      yield* health.over(feedTrouble)
    }
    done = told.done
    processes = told.processes
  })

  /** Why this process has stalled, if it has. */
  const stalledBy = (now: bigint): string | undefined => {
    const longest = wholeSeconds(
      [...underWay].reduce((most, { since }) => (now - since > most ? now - since : most), 0n)
    )
    if (Duration.isGreaterThan(longest, Duration.max(silence, leastStall))) {
      return `a scan has been under way for ${Duration.format(longest)}`
    }
    const quiet = wholeSeconds(now - excused)
    if (Duration.isLessThan(quiet, silence)) return undefined
    return `no scan has ended for ${Duration.format(quiet)}, and nothing outside keeps it from scanning`
  }

  const look = Effect.fnUntraced(function* (schedule: Schedule) {
    const trouble = yield* beat.pipe(
      Effect.as(undefined),
      Effect.catch(({ message }) => Effect.succeed(message))
    )
    const now = yield* Clock.monotonicTimeNanos
    if (Duration.isLessThan(Duration.nanos(now - last), silence)) {
      yield* health.stall(stalledBy(now))
      return yield* outage.over
    }
    const outside = trouble ?? (yield* schedule.obstacle.pipe(Effect.catch(({ message }) => Effect.succeed(message))))
    if (outside !== undefined) excused = now
    yield* health.stall(stalledBy(now))
    yield* outage.met(trouble ?? failure ?? outside ?? unknown)
  })

  return {
    scanned: Effect.tap(scanned, () => {
      untold += 1
      return countNow(lastScan)
    }),
    failed: (why) =>
      Effect.map(Clock.monotonicTimeNanos, (now) => {
        excused = now
        failure = why
      }),
    during: (scan) =>
      Effect.flatMap(Clock.monotonicTimeNanos, (since) => {
        const each = { since }
        underWay.add(each)
        return Effect.ensuring(
          scan,
          Effect.sync(() => underWay.delete(each))
        )
      }),
    hasOthers: () => processes > 1,
    watch: (schedule) =>
      look(schedule).pipe(Effect.delay(beatEvery(interval)), Effect.forever, Effect.forkScoped, Effect.asVoid)
  }
})
