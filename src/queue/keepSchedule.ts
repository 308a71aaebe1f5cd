/**
 * Keeps the schedule of a queue going: BullMQ makes a tick from the one before, so that a tick which is lost, or due in a
 * future that no clock will reach soon, is the end of all.
 *
 * Guarantees: whatever became of the schedule, it is back within two intervals: also when Redis comes back empty, when
 * somebody emptied the queue, and when the clock was set back, here or where the last tick was made. Whether ticks come is
 * judged by the timer of this process, not by a clock, so that processes whose clocks differ leave each other's alone.
 */
import { Duration, Effect, type Scope } from "effect"
import { makeOutage } from "../health/Outage.ts"
import { askBull, type BullQueue, type QueueError } from "./QueueBackend.ts"

/** A schedule that is kept. */
export interface Schedule {
  /** What keeps its ticks from coming now, as far as can be seen in the queue. */
  readonly obstacle: Effect.Effect<string | undefined, QueueError>
}

/** What is kept. */
export interface KeptSchedule {
  /** The name of the queue, and of its one schedule. */
  readonly name: string
  readonly bull: BullQueue
  readonly interval: Duration.Duration
  /** Adds the schedule, or brings it up to date. */
  readonly assert: Effect.Effect<void, QueueError>
  /** Removes it with the tick that waits for its time. */
  readonly remove: Effect.Effect<void, QueueError>
}

/** How often a schedule is looked at: often enough to miss no more than one tick, and never all the time. */
const lookEvery = (interval: Duration.Duration) =>
  Duration.clamp(Duration.divideUnsafe(interval, 2), { minimum: Duration.seconds(1), maximum: Duration.seconds(5) })

const inSeconds = (millis: number): string => `${Math.round(millis / 1000)} s`

/** How far in the future the next tick is due, by the clock that BullMQ goes by, where that is no tick to wait for. */
const farDue = ({ every, next }: { readonly every: number; readonly next: number }): number | undefined => {
  const due = next - Date.now()
  return due > 2 * every ? due : undefined
}

const dueLate = (due: number): string =>
  `the next tick is due in ${inSeconds(due)} only: a clock was set back, or is ahead elsewhere`

/** What is in a queue with a schedule, as it is now. */
const readSchedule = (name: string, bull: BullQueue) =>
  askBull(name, "read the schedule", async () => {
    const [schedule, counts, isPaused] = await Promise.all([
      bull.getJobScheduler(name),
      bull.getJobCounts("active", "waiting", "delayed"),
      bull.isPaused()
    ])
    return { schedule, active: 0, waiting: 0, delayed: 0, ...counts, isPaused }
  })

/** Why no tick can come, as far as can be seen in the queue, or undefined where one can. */
const stopped = ({ active, delayed, isPaused, schedule, waiting }: Effect.Success<ReturnType<typeof readSchedule>>) => {
  if (schedule?.next === undefined) return "no tick is scheduled"
  if (isPaused) return "the queue is paused"
  const due = farDue({ every: schedule.every ?? 0, next: schedule.next })
  if (due !== undefined) return dueLate(due)
  return active + waiting + delayed === 0 ? "the next tick is lost" : undefined
}

/** Why no tick of the schedule of a queue can come, or undefined where one can. */
export const stoppedSchedule = (name: string, bull: BullQueue) => Effect.map(readSchedule(name, bull), stopped)

/** What keeps ticks that are late from coming. */
const obstacle = (name: string, bull: BullQueue): Schedule["obstacle"] =>
  Effect.map(readSchedule(name, bull), (now) => {
    if (now.active > 0) return "a tick is under way and does not end"
    return stopped(now) ?? (now.waiting > 0 ? "a tick waits, and no process takes it" : undefined)
  })

/** Asserts the schedule, and keeps it until the scope closes. */
export const keepSchedule = Effect.fnUntraced(function* ({
  assert,
  bull,
  interval,
  name,
  remove
}: KeptSchedule): Effect.fn.Return<Schedule, QueueError, Scope.Scope> {
  const period = lookEvery(interval)
  const read = askBull(name, "read the schedule", () => bull.getJobScheduler(name))
  const everyOf = ({ every }: { readonly every?: number }): number => every ?? Duration.toMillis(interval)
  const outage = makeOutage({
    part: "scanning",
    level: "Error",
    begins: "ticks have stopped coming: they are scheduled anew",
    ends: "ticks come again",
    fields: { queue: name }
  })
  /** When the next tick was due at the last look, and for how many milliseconds it has been so. */
  let [seen, still] = [-1, 0]

  const anew = Effect.fnUntraced(function* (reason: string) {
    yield* outage.met(reason)
    seen = -1
    yield* remove
    yield* assert
  })

  const look = Effect.gen(function* () {
    const schedule = yield* read
    if (schedule?.next === undefined) return yield* anew("the schedule was lost, or somebody removed it")
    const { next } = schedule
    const every = everyOf(schedule)
    still = next === seen ? still + Duration.toMillis(period) : 0
    seen = next
    const due = farDue({ every, next })
    if (due !== undefined) {
      if (still >= every) yield* anew(dueLate(due))
      return
    }
    if (still === 0) return yield* outage.over
    if (still < 2 * every) return
    const { active = 0, waiting = 0 } = yield* askBull(name, "count jobs", () => bull.getJobCounts("active", "waiting"))
    if (active + waiting === 0) yield* anew("the next tick is lost, though it is scheduled")
  })

  /** What Redis lost with the schedule: ticks of several processes would overlap. */
  const oneAtATime = Effect.gen(function* () {
    const most = yield* askBull(name, "read the schedule", () => bull.getGlobalConcurrency())
    if (most !== 1) yield* assert
  })

  const found = yield* read
  if (found?.next !== undefined && farDue({ every: everyOf(found), next: found.next }) !== undefined) yield* remove
  yield* assert
  yield* Effect.sleep(period).pipe(
    Effect.andThen(Effect.andThen(look, oneAtATime)),
    // What fails is told where it matters: by the queue's own outage, and by whoever waits for the ticks.
    Effect.catch(({ message }) =>
      Effect.logDebug("the schedule cannot be looked at").pipe(Effect.annotateLogs({ queue: name, reason: message }))
    ),
    Effect.forever,
    Effect.forkScoped
  )
  return { obstacle: obstacle(name, bull) }
})
