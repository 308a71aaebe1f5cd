/**
 * What `/metrics` tells beside the counters: how parts are, and what the stores and queues hold, asked for when somebody asks us.
 *
 * Guarantees: bounded, and asked for once in five seconds however many ask. What cannot be asked for keeps nobody from the
 * rest, is NaN meanwhile, and `touchline_collect_ok` says so.
 */
import { Context, DateTime, Duration, Effect, Layer, Metric } from "effect"
import { Database } from "../database/Database.ts"
import { TriggerStore } from "../database/TriggerStore.ts"
import { bounded } from "../doctor/Check.ts"
import { jobStates } from "../queue/JobQueue.ts"
import { QueueBackend } from "../queue/QueueBackend.ts"
import { queueFigures, workedQueueNames } from "../queue/QueueFigures.ts"
import { Health } from "./Health.ts"
import { Instances } from "./Instances.ts"
import * as metrics from "./metrics.ts"

const answerWithin = Duration.seconds(2)
const goodFor = Duration.seconds(5)
/** The size of a database takes it a while to tell. */
const sizeGoodFor = Duration.minutes(1)

const states = { ok: 0, degraded: 1, down: 2 } as const

export class Figures extends Context.Service<
  Figures,
  {
    /** Brings the gauges up to date. */
    readonly collect: Effect.Effect<void>
  }
>()("touchline/health/Figures") {
  static readonly layer = Layer.effect(
    Figures,
    Effect.gen(function* () {
      const health = yield* Health
      const store = yield* TriggerStore
      const database = yield* Database
      const backend = yield* QueueBackend
      const instances = yield* Instances

      const set = (gauge: Metric.Gauge<number>, value: number) => Metric.update(gauge, value)

      /** Asks a source within the bound, and says whether it answered. */
      const from = <E>(source: string, gauges: ReadonlyArray<Metric.Gauge<number>>, ask: Effect.Effect<void, E>) =>
        Effect.flatMap(bounded(ask, answerWithin), (exit) => {
          const isOk = exit._tag === "Some" && exit.value._tag === "Success"
          return Effect.andThen(
            set(metrics.of(metrics.collected, { source }), isOk ? 1 : 0),
            isOk ? Effect.void : Effect.forEach(gauges, (gauge) => set(gauge, Number.NaN), { discard: true })
          )
        })

      const parts = Effect.gen(function* () {
        for (const { part, state } of yield* health.parts)
          yield* set(metrics.of(metrics.partState, { part }), states[state])
        for (const [part, seconds] of yield* health.seconds) {
          yield* metrics.setCounter(metrics.of(metrics.outageSeconds, { part }), seconds)
        }
      })

      const outbox = Effect.gen(function* () {
        const { failed, pending } = yield* store.counts
        const [oldest] = yield* store.outbox(1)
        const now = DateTime.toEpochMillis(yield* DateTime.now)
        yield* set(metrics.outboxPending, pending)
        yield* set(metrics.alertsFailed, failed)
        yield* set(metrics.outboxOldest, oldest === undefined ? 0 : (now - Date.parse(oldest.triggeredAt)) / 1000)
      })

      const queues = Effect.gen(function* () {
        for (const queue of yield* workedQueueNames) {
          const figures = yield* queueFigures(queue)
          for (const state of jobStates) yield* set(metrics.of(metrics.queueJobs, { queue, state }), figures[state])
          yield* set(metrics.of(metrics.queueFailedRate, { queue }), figures.failedPerMinute ?? 0)
        }
      }).pipe(Effect.provideService(QueueBackend, backend))

      const processes = Effect.flatMap(instances.all, (found) =>
        found.unknown === undefined
          ? set(metrics.instances, found.instances.length)
          : Effect.fail({ message: found.unknown })
      )

      const { server } = backend
      const redis =
        backend.exclusive || server === undefined
          ? []
          : [
              from(
                "redis",
                [metrics.redisMemory, metrics.redisMemoryMax, metrics.redisPersists],
                Effect.flatMap(server, ({ memory, mostMemory, persists }) =>
                  Effect.all([
                    set(metrics.redisMemory, memory),
                    set(metrics.redisMemoryMax, mostMemory),
                    set(metrics.redisPersists, persists ? 1 : 0)
                  ])
                )
              )
            ]

      const size = yield* Effect.cachedWithTTL(
        from(
          "database size",
          [metrics.databaseSize],
          Effect.flatMap(database.call("database_size", {}), ([bytes]) => set(metrics.databaseSize, Number(bytes)))
        ),
        sizeGoodFor
      )

      const collect = yield* Effect.cachedWithTTL(
        Effect.all(
          [
            parts,
            size,
            from("outbox", [metrics.outboxPending, metrics.outboxOldest, metrics.alertsFailed], outbox),
            from("queues", [], queues),
            from("instances", [metrics.instances], processes),
            ...redis
          ],
          { concurrency: "unbounded", discard: true }
        ),
        goodFor
      )
      return Figures.of({ collect })
    })
  )
}
