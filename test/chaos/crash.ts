/**
 * Every point of a small run, enumerated: the service ends before and after its n-th side effect, for all n, and another one
 * goes on with what is left. A side effect is each statement that the database or its queues run, and each send.
 */
import { setTimeout } from "node:timers/promises"
import { NodeServices } from "@effect/platform-node"
import type { PGlite } from "@electric-sql/pglite"
import { Duration, Effect, Fiber, Layer, Option, Schema } from "effect"
import { RateLimiter } from "effect/persistence"
import { AlertChannel } from "../../src/alert/AlertChannel.ts"
import { layerAlertTimes } from "../../src/alert/AlertTimes.ts"
import { openPglite } from "../../src/database/embedded/BreakablePglite.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import type { PostgresClient } from "../../src/database/embedded/PostgresClient.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { Dedup } from "../../src/dedup/Dedup.ts"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { layerHealth } from "../../src/health/Health.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import { layerEmbeddedQueue } from "../../src/queue/EmbeddedQueue.ts"
import { layerTicker } from "../../src/scan/Ticker.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { alerting, pipeline } from "../../src/Touchline.ts"
import { quiet } from "../fixtures/logs.ts"
import { newStrategy, receipt, shown } from "../fixtures/pipeline.ts"

const matchIds = ["1", "2", "3"]

/** How long a service may take to be done, in milliseconds: the sweep comes by twice. */
const patience = 90_000

/** How many points of each kind in a row may not be met before the run counts as at its end. */
const beyond = 3

type When = "before" | "after"

/** Where a service ends. */
interface Point {
  readonly n: number
  readonly when: When
}

const rowsOf = Schema.decodeUnknownSync(
  Schema.Array(Schema.Struct({ match_id: Schema.String, alert_state: Schema.String }))
)
const countOf = Schema.decodeUnknownSync(Schema.Tuple([Schema.Struct({ jobs: Schema.Int })]))

/** What outlives a service: the database, and the channel with what it took. */
interface Rest {
  readonly postgres: PGlite
  readonly sent: Array<string>
}

const triggersIn = async ({ postgres }: Rest) =>
  rowsOf((await postgres.query("select match_id, alert_state from triggers")).rows)

const isDone = async (rest: Rest) => {
  const triggers = await triggersIn(rest)
  if (triggers.length < matchIds.length || triggers.some(({ alert_state }) => alert_state === "pending")) return false
  const { rows } = await rest.postgres.query("select count(*)::int as jobs from bullmq.job where queue = 'send-alert'")
  return countOf(rows)[0].jobs === 0
}

/** What a service does until it ends, which is where it stands still: nothing that it does reaches anybody any more. */
const makeLife = (point: Point | undefined) => {
  const met = Promise.withResolvers<void>()
  let [effects, isOver] = [0, false]
  const end = () => {
    isOver = true
    met.resolve()
    return new Promise<never>(() => undefined)
  }
  /** Runs a side effect, or is where the service ends. */
  const runs = async <A>(effect: () => Promise<A>): Promise<A> => {
    if (isOver) return new Promise<never>(() => undefined)
    effects += 1
    const isPoint = effects === point?.n
    if (isPoint && point?.when === "before") return end()
    const answer = await effect()
    return isOver || isPoint ? end() : answer
  }
  return { runs, end: () => void end(), met: met.promise, isOver: () => isOver, effects: () => effects }
}
type Life = ReturnType<typeof makeLife>

const clientOf = ({ postgres }: Rest, { isOver, runs }: Life): PostgresClient => ({
  query: (text, parameters, options) => runs(() => postgres.query(text, parameters, options)),
  exec: (text, options) => runs(() => postgres.exec(text, options)),
  transaction: (work) => runs(() => postgres.transaction(work)),
  onNotification: (listener) => postgres.onNotification((name, payload) => void (isOver() || listener(name, payload)))
})

const layerPostgres = (client: PostgresClient) =>
  Layer.succeed(
    EmbeddedPostgres,
    EmbeddedPostgres.of({
      place: "memory",
      isOurs: true,
      client,
      migrate: (_name, change) => Effect.asVoid(Effect.promise(() => client.transaction((tx) => change(tx))))
    })
  )

/** The whole service on what is there. */
const service = (rest: Rest, life: Life) => {
  const parts = Layer.mergeAll(layerEmbedded, layerEmbeddedQueue).pipe(
    Layer.provideMerge(layerPostgres(clientOf(rest, life)))
  )
  const channel = Layer.succeed(
    AlertChannel,
    AlertChannel.of({
      name: "crash",
      send: ({ trigger }) =>
        Effect.promise(() => life.runs(async () => void rest.sent.push(trigger.snapshot.match.id))).pipe(
          Effect.as(receipt)
        )
    })
  )
  const feed = Layer.succeed(
    MatchFeed,
    MatchFeed.of({ name: "crash", poll: Effect.sync(() => matchIds.map((id) => shown({ id }))) })
  )
  return Layer.mergeAll(layerTicker({ interval: Duration.seconds(2) }), alerting).pipe(
    Layer.provideMerge(
      pipeline({
        channel,
        feed,
        database: parts,
        queue: parts,
        dedup: Dedup.layerProcess({ ttl: Duration.hours(2) }),
        history: MatchHistory.layer,
        limits: Layer.provide(RateLimiter.layer, RateLimiter.layerStoreMemory),
        strategies: Strategies.layer
      })
    ),
    Layer.provideMerge(
      Layer.mergeAll(layerAlertTimes({ alertExpires: Option.none(), stopTimeout: Duration.seconds(10) }), layerHealth)
    ),
    Layer.provide(Layer.mergeAll(NodeServices.layer, quiet))
  )
}

/** Lets a service work until it ends at its point, or is done. Answers which, or that it came to neither. */
const lived = async (rest: Rest, life: Life): Promise<"met" | "done" | "stuck"> => {
  const fiber = Effect.runFork(Effect.scoped(Layer.launch(service(rest, life))))
  const broke = new Promise<never>((_, reject) => {
    fiber.addObserver((exit) => life.isOver() || reject(new Error(`the service ended: ${exit}`)))
  })
  let isWatched = true
  const done = (async () => {
    for (const until = performance.now() + patience; isWatched && performance.now() < until; await setTimeout(20))
      if (await isDone(rest)) return "done"
    return "stuck"
  })()
  const outcome = await Promise.race([life.met.then(() => "met" as const), done, broke])
  isWatched = false
  life.end()
  await done
  // What it has begun in the database comes to its end, as it does when a client of a database dies.
  await rest.postgres.query("select 1")
  Effect.runFork(Fiber.interrupt(fiber))
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

const tried = async (rest: Rest, point: Point): Promise<Verdict> => {
  rest.sent.length = 0
  await rest.postgres.exec("delete from triggers; delete from bullmq.job")
  const first = await lived(rest, makeLife(point))
  if (first === "stuck") throw new Error(`the service was not done in ${patience} ms`)
  // What was taken and is not recorded may come twice: nobody can know of it.
  const recorded = new Set(
    (await triggersIn(rest)).filter((row) => row.alert_state === "sent").map((row) => row.match_id)
  )
  const open = new Set(rest.sent.filter((id) => !recorded.has(id)))
  if (first === "met" && (await lived(rest, makeLife(undefined))) === "stuck")
    return { isMet: true, lost: matchIds.length, doubleTriggers: 0, duplicates: 0, explained: 0 }
  const triggers = await triggersIn(rest)
  const twice = matchIds.filter((id) => rest.sent.filter((each) => each === id).length > 1)
  return {
    isMet: first === "met",
    lost: matchIds.filter((id) => !rest.sent.includes(id)).length,
    doubleTriggers: triggers.length - new Set(triggers.map((row) => row.match_id)).size,
    duplicates: rest.sent.length - new Set(rest.sent).size,
    explained: twice.filter((id) => open.has(id)).length
  }
}

/** Tries all points of a run of three pairs, those before and those after each side effect. */
export const crashes = (say: (line: string) => void) =>
  Effect.promise(async () => {
    const { client: postgres } = await openPglite()
    const rest: Rest = { postgres, sent: [] }
    await Effect.runPromise(
      Effect.flatMap(StrategyStore, ({ save }) => save([newStrategy()])).pipe(
        Effect.provide(
          Layer.merge(StrategyStore.layer, layerEmbeddedQueue).pipe(
            Layer.provideMerge(layerEmbedded),
            Layer.provide(layerPostgres(clientOf(rest, makeLife(undefined)))),
            Layer.provide(NodeServices.layer)
          )
        ),
        Effect.scoped
      )
    )
    const totals = { points: 0, lost: 0, doubleTriggers: 0, duplicates: 0, explained: 0 }
    const problems: Array<string> = []
    for (const when of ["before", "after"] as const) {
      for (let [n, unmet] = [1, 0]; unmet < beyond; n += 1) {
        const { isMet, ...verdict } = await tried(rest, { n, when })
        unmet = isMet ? 0 : unmet + 1
        if (isMet) totals.points += 1
        for (const name of ["lost", "doubleTriggers", "duplicates", "explained"] as const) totals[name] += verdict[name]
        const isRight = verdict.lost + verdict.doubleTriggers + verdict.duplicates - verdict.explained === 0
        if (!isRight) problems.push(`killed ${when} side effect ${n}: ${JSON.stringify(verdict)}`)
        if (n % 20 === 0 || !isRight) say(`${when} ${n}: ${JSON.stringify(verdict)}`)
      }
    }
    return { result: totals, problems }
  })
