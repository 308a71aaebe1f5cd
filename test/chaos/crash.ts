/**
 * Every point of a small run, enumerated: the service ends before and after its n-th side effect, for all n, and another one
 * goes on with what is left. A side effect is each statement that the database or its queues run, all that is sent to
 * Redis at once, and each send.
 */
import { setTimeout } from "node:timers/promises"
import { Effect, Exit, Fiber, Layer, Schedule, Schema, Scope } from "effect"
import { embeddedPlace, matchIds, type Place, redisPlace, service } from "./crashPlace.ts"
import { type Life, makeLife, type Point } from "./life.ts"

/** How long a service may take to be done, in milliseconds: the sweep comes by twice. */
const patience = 90_000

/** How many points of each kind in a row may not be met before the run counts as at its end. */
const beyond = 3

/** How many points are tried at a time on Redis, where most of the time is spent waiting for the locks of the dead. */
const lanesOnRedis = 4

const rowsOf = Schema.decodeUnknownSync(
  Schema.Array(Schema.Struct({ match_id: Schema.String, alert_state: Schema.String }))
)

const triggersIn = async ({ postgres }: Place) =>
  rowsOf((await postgres.query("select match_id, alert_state from triggers")).rows)

const isDone = async (place: Place) => {
  const triggers = await triggersIn(place)
  if (triggers.length < matchIds.length || triggers.some(({ alert_state }) => alert_state === "pending")) return false
  return (await place.jobs()) === 0
}

/** Lets a service work until it ends at its point, or is done. Answers which, or that it came to neither. */
const lived = async (place: Place, life: Life): Promise<"met" | "done" | "stuck"> => {
  const scope = Scope.makeUnsafe()
  const parts = await Effect.runPromise(Scope.provide(place.parts(life), scope))
  // A busy machine may keep Redis from answering a start in time; a supervisor would then start it again.
  const launched = Layer.launch(service(place, parts, life)).pipe(
    Effect.retry({ times: 5, schedule: Schedule.spaced("1 second") })
  )
  const fiber = Effect.runFork(launched)
  const broke = new Promise<never>((_, reject) => {
    fiber.addObserver((exit) => life.isOver() || reject(new Error(`the service ended: ${exit}`)))
  })
  let isWatched = true
  const done = (async () => {
    for (const until = performance.now() + patience; isWatched && performance.now() < until; await setTimeout(20))
      if (await isDone(place)) return "done"
    return "stuck"
  })()
  const outcome = await Promise.race([life.met.then(() => "met" as const), done, broke])
  isWatched = false
  life.end()
  await done
  // What it has begun in the database comes to its end, as it does when a client of a database dies.
  await place.postgres.query("select 1")
  // What waits for an answer that never comes need not end.
  const over = Effect.timeoutOption(Fiber.interrupt(fiber), "30 seconds")
  Effect.runFork(Effect.andThen(over, Scope.close(scope, Exit.void)))
  return outcome
}

/** What became of one point. */
interface Verdict {
  readonly isMet: boolean
  readonly lost: number
  readonly doubleTriggers: number
  readonly duplicates: number
  readonly explained: number
}

const tried = async (place: Place, point: Point): Promise<Verdict> => {
  place.sent.length = 0
  await place.reset()
  const first = await lived(place, makeLife(point))
  if (first === "stuck") throw new Error(`the service was not done in ${patience} ms`)
  // What was taken and is not recorded may come twice: nobody can know of it.
  const recorded = new Set(
    (await triggersIn(place)).filter((row) => row.alert_state === "sent").map((row) => row.match_id)
  )
  const open = new Set(place.sent.filter((id) => !recorded.has(id)))
  if (first === "met" && (await lived(place, makeLife(undefined))) === "stuck")
    return { isMet: true, lost: matchIds.length, doubleTriggers: 0, duplicates: 0, explained: 0 }
  const triggers = await triggersIn(place)
  const twice = matchIds.filter((id) => place.sent.filter((each) => each === id).length > 1)
  return {
    isMet: first === "met",
    lost: matchIds.filter((id) => !place.sent.includes(id)).length,
    doubleTriggers: triggers.length - new Set(triggers.map((row) => row.match_id)).size,
    duplicates: place.sent.length - new Set(place.sent).size,
    explained: twice.filter((id) => open.has(id)).length
  }
}

/** Tries all points of a run of three pairs in so many places at a time: those before and those after each side effect. */
const crashesIn = (places: ReadonlyArray<Place>, say: (line: string) => void) =>
  Effect.promise(async () => {
    // Services that have ended let go of nothing, standard input among it.
    process.stdin.setMaxListeners(0)
    const totals = { points: 0, lost: 0, doubleTriggers: 0, duplicates: 0, explained: 0 }
    const problems: Array<string> = []
    for (const when of ["before", "after"] as const) {
      let [n, unmet] = [0, 0]
      const lane = async (place: Place): Promise<void> => {
        while (unmet < beyond) {
          n += 1
          const point = { n, when }
          const { isMet, ...verdict } = await tried(place, point)
          unmet = isMet ? 0 : unmet + 1
          if (isMet) totals.points += 1
          for (const name of ["lost", "doubleTriggers", "duplicates", "explained"] as const)
            totals[name] += verdict[name]
          const isRight = verdict.lost + verdict.doubleTriggers + verdict.duplicates - verdict.explained === 0
          if (!isRight) problems.push(`killed ${when} side effect ${point.n}: ${JSON.stringify(verdict)}`)
          if (point.n % 20 === 0 || !isRight) say(`${when} ${point.n}: ${JSON.stringify(verdict)}`)
        }
      }
      await Promise.all(places.map(lane))
    }
    return { result: totals, problems }
  })

/** The same embedded, or with queues, dedup and limits on Redis. */
export const crashes = Effect.fnUntraced(function* (onRedis: boolean, say: (line: string) => void) {
  const places = onRedis
    ? yield* Effect.all(Array.from({ length: lanesOnRedis }, () => redisPlace))
    : [yield* embeddedPlace]
  return yield* crashesIn(places, say)
}, Effect.scoped)
