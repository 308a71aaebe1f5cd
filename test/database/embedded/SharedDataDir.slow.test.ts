import { once } from "node:events"
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Database } from "../../../src/database/Database.ts"
import { layerEmbedded } from "../../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres, SharesDataDir } from "../../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../../src/database/TriggerStore.ts"
import { TriggerId } from "../../../src/domain/Trigger.ts"
import { layerEmbeddedQueue } from "../../../src/queue/EmbeddedQueue.ts"
import { queueFigures } from "../../../src/queue/QueueFigures.ts"
import { eventually, turn } from "../../fixtures/eventually.ts"
import { Logs } from "../../fixtures/logs.ts"
import { candidateOf, newStrategy } from "../../fixtures/pipeline.ts"
import { temporaryDirectory } from "../../fixtures/process.ts"
import { openQueue, payload } from "../../fixtures/queue.ts"

/** What a process has on a data directory. */
const parts = (dataDir: string) =>
  Layer.fresh(
    Layer.mergeAll(TriggerStore.layer, StrategyStore.layer).pipe(
      Layer.provideMerge(Layer.mergeAll(layerEmbedded, layerEmbeddedQueue)),
      Layer.provideMerge(EmbeddedPostgres.layer(dataDir))
    )
  )

/** The service, which holds the directory until the scope closes and answers its socket. */
const service = Effect.fnUntraced(function* (dataDir: string) {
  const context = yield* Layer.build(parts(dataDir))
  yield* eventually(turn, () => existsSync(join(dataDir, "touchline.sock")))
  return context
})

/** A command that runs meanwhile. */
const command = <A, E, R>(dataDir: string, effect: Effect.Effect<A, E, R>) =>
  Effect.provide(effect, parts(dataDir)).pipe(Effect.provideService(SharesDataDir, true))

layer(Layer.provideMerge(NodeServices.layer, Logs.layer))("A data directory that the service holds", (it) => {
  it.effect("is used by a command through the service: what either writes, the other reads", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const running = yield* service(dataDir)
      const strategy = newStrategy()
      const { triggers } = yield* command(
        dataDir,
        Effect.gen(function* () {
          expect((yield* EmbeddedPostgres).isOurs).toBe(false)
          yield* Effect.flatMap(StrategyStore, ({ save }) => save([strategy]))
          return yield* Effect.flatMap(TriggerStore, ({ create }) => create([candidateOf(strategy)]))
        })
      )
      const store = Context.get(running, TriggerStore)
      expect((yield* store.pending(9)).map(({ id }) => id)).toEqual(triggers.map(({ id }) => id))
      yield* store.failed(triggers[0]?.id ?? TriggerId.make("none"), 3, "no such chat")
      expect(
        yield* command(
          dataDir,
          Effect.flatMap(TriggerStore, ({ failedAlerts }) => failedAlerts(9))
        )
      ).toMatchObject([{ attempts: 3, reason: "no such chat" }])
    })
  )

  it.effect("gives a command the errors of the database as they are", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      yield* service(dataDir)
      const error = yield* Effect.flip(
        command(
          dataDir,
          Effect.flatMap(Database, ({ call }) => call("no_such", {}))
        )
      )
      expect(error).toMatchObject({ _tag: "DatabaseError", reason: "refused" })
      expect(error.message).toContain("(SQLSTATE 42883)")
    })
  )

  it.effect("has its jobs offered and counted by a command, and worked by the service alone", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const running = yield* service(dataDir)
      const name = "shared"
      const worked = yield* Deferred.make<string>()
      const figures = yield* command(
        dataDir,
        Effect.gen(function* () {
          const { queue } = yield* openQueue({ name })
          yield* queue.work(() => Effect.die("a command works no jobs of a running service"), { concurrency: 1 })
          yield* queue.offer([{ id: "a", payload }])
          return yield* queueFigures(name)
        }).pipe(Effect.scoped)
      )
      expect(figures).toMatchObject({ queue: name, waiting: 1, active: 0, failed: 0 })
      yield* Effect.gen(function* () {
        const { queue } = yield* openQueue({ name })
        yield* queue.work(({ id }) => Effect.asVoid(Deferred.succeed(worked, id)), { concurrency: 1 })
        expect(yield* Deferred.await(worked)).toBe("a")
      }).pipe(Effect.provide(running), Effect.scoped)
    })
  )

  it.effect("is refused to a command that comes when nobody answers, as to another service", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const scope = yield* Scope.make()
      yield* Scope.provide(service(dataDir), scope)
      const used = Effect.flatMap(Database, ({ call }) => call("count_alerts", {}))
      expect(yield* Effect.flip(Effect.provide(used, parts(dataDir)))).toMatchObject({ _tag: "DataDirError" })
      expect(yield* command(dataDir, used)).toEqual([])
      yield* Scope.close(scope, Exit.void)
      expect(existsSync(join(dataDir, "touchline.sock"))).toBe(false)
      expect(
        yield* command(
          dataDir,
          Effect.map(EmbeddedPostgres, ({ isOurs }) => isOurs)
        )
      ).toBe(true)
    })
  )

  it.effect("ends a command's call when the service ends, and says what to do", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const scope = yield* Scope.make()
      yield* Scope.provide(service(dataDir), scope)
      const error = yield* command(
        dataDir,
        Effect.gen(function* () {
          const { call } = yield* Database
          yield* Scope.close(scope, Exit.void)
          return yield* Effect.flip(call("count_alerts", {}))
        })
      )
      expect(error).toMatchObject({ reason: "unavailable" })
      expect(error.message).toContain("the process that holds the data directory is gone; run the command again")
    })
  )

  it.effect(
    "is given up by a command whose holder takes the connection and answers nothing, and it says what to do",
    () =>
      Effect.gen(function* () {
        const dataDir = yield* temporaryDirectory
        const heard = yield* Deferred.make<void>()
        const holder = createServer((socket) =>
          socket.once("data", () => Deferred.doneUnsafe(heard, Effect.void)).once("error", () => socket.destroy())
        )
        yield* Effect.acquireRelease(
          Effect.promise(() => once(holder.listen(join(dataDir, "touchline.sock")), "listening")),
          () => Effect.sync(() => holder.close())
        )
        const used = yield* Effect.flatMap(Database, ({ call }) => call("count_alerts", {})).pipe(
          Effect.provide(parts(dataDir)),
          Effect.provideService(SharesDataDir, "only"),
          Effect.flip,
          Effect.forkChild
        )
        yield* Deferred.await(heard)
        yield* TestClock.adjust("30 seconds")
        const error = yield* Fiber.join(used)
        expect(error).toMatchObject({ _tag: "DataDirError" })
        expect(error.message).toContain("has not answered for 30s")
        expect(error.message).toContain("see its log, and run the command again")
      })
  )

  it.effect(
    "answers on a socket for its user alone, under a path of any length, where one was left by a process before",
    () =>
      Effect.gen(function* () {
        const dataDir = join(yield* temporaryDirectory, "d".repeat(120))
        mkdirSync(dataDir)
        writeFileSync(join(dataDir, "touchline.sock"), "left")
        const context = yield* Layer.build(parts(dataDir))
        yield* eventually(turn, () => statSync(join(dataDir, "touchline.sock")).isSocket())
        yield* eventually(turn, () => (statSync(join(dataDir, "touchline.sock")).mode & 0o777) === 0o600)
        expect(Context.get(context, EmbeddedPostgres).isOurs).toBe(true)
        expect(
          yield* command(
            dataDir,
            Effect.map(EmbeddedPostgres, ({ isOurs }) => isOurs)
          )
        ).toBe(false)
      })
  )

  it.effect("that can hold no socket is used all the same, and a warning says what is missing", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      mkdirSync(join(dataDir, "touchline.sock"))
      yield* Layer.build(parts(dataDir))
      const { lines } = yield* Logs
      const text = "other commands cannot use the data directory while this process runs: it takes no socket"
      const [line] = yield* eventually(lines(text), (found) => found.length > 0)
      expect(line).toMatchObject({ level: "WARN", fields: { dataDir } })
    })
  )
})
