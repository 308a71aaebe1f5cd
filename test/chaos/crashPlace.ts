/** What outlives the services of a crash run, embedded or with Redis, and the service on it. */
import { connect, createServer, type Socket } from "node:net"
import { NodeServices } from "@effect/platform-node"
import type { PGlite } from "@electric-sql/pglite"
import { Duration, Effect, Layer, Option, Schema, type Scope } from "effect"
import { RateLimiter } from "effect/persistence"
import { Redis as Client } from "ioredis"
import { AlertChannel } from "../../src/alert/AlertChannel.ts"
import { layerAlertTimes } from "../../src/alert/AlertTimes.ts"
import { openPglite } from "../../src/database/embedded/BreakablePglite.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import type { PostgresClient } from "../../src/database/embedded/PostgresClient.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { Dedup } from "../../src/dedup/Dedup.ts"
import { layerRedisDedup } from "../../src/dedup/RedisDedup.ts"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { layerHealth } from "../../src/health/Health.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import type { Parts } from "../../src/Integration.ts"
import { layerEmbeddedQueue } from "../../src/queue/EmbeddedQueue.ts"
import { layerRedisQueue } from "../../src/queue/RedisQueue.ts"
import { Redis } from "../../src/redis/Redis.ts"
import { layerRedisLimits } from "../../src/redis/RedisLimits.ts"
import { layerTicker } from "../../src/scan/Ticker.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { alerting, pipeline } from "../../src/Touchline.ts"
import { quiet } from "../fixtures/logs.ts"
import { newStrategy, receipt, shown } from "../fixtures/pipeline.ts"
import { redisSettings } from "../fixtures/redis.ts"
import { listen, startRedisServer } from "../fixtures/redisServer.ts"
import { type Life, makeLife } from "./life.ts"

/** The matches of a run, each of which gets a trigger. */
export const matchIds = ["1", "2", "3"]

const dedupTtl = Duration.hours(2)

const countOf = Schema.decodeUnknownSync(Schema.Tuple([Schema.Struct({ jobs: Schema.Int })]))

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

const clientOf = (postgres: PGlite, { isOver, runs }: Life): PostgresClient => ({
  query: (text, parameters, options) => runs(() => postgres.query(text, parameters, options)),
  exec: (text, options) => runs(() => postgres.exec(text, options)),
  transaction: (work) => runs(() => postgres.transaction(work)),
  onNotification: (listener) => postgres.onNotification((name, payload) => void (isOver() || listener(name, payload)))
})

/**
 * A way to Redis on which all that is sent at once is a side effect. When the life is over nothing comes through any more,
 * and the server sees the connections closed, as by a process that has died.
 */
const wayTo = (port: number, life: Life): Effect.Effect<number, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const server = createServer((client) => {
      const upstream = connect(port, "127.0.0.1")
      let waiting: Array<() => void> = []
      for (const socket of [client, upstream]) {
        sockets.add(socket)
        socket.on("error", () => undefined)
      }
      upstream.on("close", () => life.isOver() || client.destroy())
      client.on("close", () => upstream.destroy())
      client.on("data", (asked: Buffer) => {
        void life.runs(
          () =>
            new Promise<void>((answered) => {
              waiting.push(answered)
              upstream.write(asked)
            })
        )
      })
      upstream.on("data", (answer: Buffer) => {
        for (const answered of waiting) answered()
        waiting = []
        // Behind what decides whether this answer is the end.
        setImmediate(() => (life.isOver() ? upstream.destroy() : client.write(answer)))
      })
      void life.met.then(() => upstream.destroy())
    })
    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        for (const socket of sockets) socket.destroy()
        await new Promise((closed) => server.close(closed))
      })
    )
    return yield* Effect.promise(() => listen(server, 0))
  })

/** What the services of a place share beside its database. */
type Shared = Pick<Parts, "queue" | "dedup" | "limits">

/** What outlives a service: the database, the queues, and the channel with what it took. */
export interface Place {
  readonly postgres: PGlite
  readonly sent: Array<string>
  /** How many jobs of alerts are not at their end. */
  readonly jobs: () => Promise<number>
  /** Nothing has happened yet. */
  readonly reset: () => Promise<void>
  /** The parts of a service with this life. */
  readonly parts: (life: Life) => Effect.Effect<Shared & Pick<Parts, "database">, never, Scope.Scope>
}

/** A database in memory that has the run's strategy. */
const makePostgres = Effect.gen(function* () {
  const { client: postgres } = yield* Effect.promise(() => openPglite())
  yield* Effect.flatMap(StrategyStore, ({ save }) => save([newStrategy()])).pipe(
    Effect.provide(
      Layer.merge(StrategyStore.layer, layerEmbeddedQueue).pipe(
        Layer.provideMerge(layerEmbedded),
        Layer.provide(layerPostgres(clientOf(postgres, makeLife(undefined)))),
        Layer.provide(NodeServices.layer)
      )
    ),
    Effect.scoped,
    Effect.orDie
  )
  return postgres
})

/** Database and queues in PGlite. */
export const embeddedPlace: Effect.Effect<Place> = Effect.map(makePostgres, (postgres) => ({
  postgres,
  sent: [],
  jobs: async () => {
    const { rows } = await postgres.query("select count(*)::int as jobs from bullmq.job where queue = 'send-alert'")
    return countOf(rows)[0].jobs
  },
  reset: async () => void (await postgres.exec("delete from triggers; delete from bullmq.job")),
  parts: (life) => {
    const both = Layer.mergeAll(layerEmbedded, layerEmbeddedQueue).pipe(
      Layer.provideMerge(layerPostgres(clientOf(postgres, life)))
    )
    return Effect.succeed({
      database: both,
      queue: both,
      dedup: Dedup.layerProcess({ ttl: dedupTtl }),
      limits: Layer.provide(RateLimiter.layer, RateLimiter.layerStoreMemory)
    })
  }
}))

/** The database in PGlite; queues, dedup and the limits of channels on a Redis of its own. */
export const redisPlace: Effect.Effect<Place, never, Scope.Scope> = Effect.gen(function* () {
  const postgres = yield* makePostgres
  const { port } = yield* Effect.acquireRelease(
    Effect.promise(() => startRedisServer(["--maxmemory-policy", "noeviction"])),
    ({ stop }) => Effect.promise(stop)
  )
  const redis = new Client(port, "127.0.0.1")
  yield* Effect.addFinalizer(() => Effect.sync(() => redis.disconnect()))
  const queue = (state: string) => `bull:send-alert:${state}`
  return {
    postgres,
    sent: [],
    jobs: async () => {
      const lists = await Promise.all(["wait", "active"].map((state) => redis.llen(queue(state))))
      const sets = await Promise.all(["delayed", "prioritized"].map((state) => redis.zcard(queue(state))))
      return [...lists, ...sets].reduce((sum, each) => sum + each, 0)
    },
    reset: async () => {
      await redis.flushall()
      await postgres.exec("delete from triggers")
    },
    parts: (life) =>
      Effect.map(wayTo(port, life), (way) => {
        const layer = Redis.layer(redisSettings(way))
        return {
          database: Layer.provideMerge(layerEmbedded, layerPostgres(clientOf(postgres, life))),
          queue: Layer.provide(layerRedisQueue, layer),
          dedup: Layer.provide(layerRedisDedup({ ttl: dedupTtl, timeout: Duration.seconds(1) }), layer),
          limits: Layer.provide(layerRedisLimits, layer)
        }
      })
  }
})

/** The whole service on what is there. */
export const service = ({ sent }: Place, parts: Effect.Success<ReturnType<Place["parts"]>>, life: Life) => {
  const channel = Layer.succeed(
    AlertChannel,
    AlertChannel.of({
      name: "crash",
      send: ({ trigger }) =>
        Effect.promise(() => life.runs(async () => void sent.push(trigger.snapshot.match.id))).pipe(Effect.as(receipt))
    })
  )
  const feed = Layer.succeed(
    MatchFeed,
    MatchFeed.of({ name: "crash", poll: Effect.sync(() => matchIds.map((id) => shown({ id }))) })
  )
  return Layer.mergeAll(layerTicker({ interval: Duration.seconds(2) }), alerting).pipe(
    Layer.provideMerge(
      pipeline({ ...parts, channel, feed, history: MatchHistory.layer, strategies: Strategies.layer })
    ),
    Layer.provideMerge(
      Layer.mergeAll(layerAlertTimes({ alertExpires: Option.none(), stopTimeout: Duration.seconds(10) }), layerHealth)
    ),
    Layer.provide(Layer.mergeAll(NodeServices.layer, quiet))
  )
}
