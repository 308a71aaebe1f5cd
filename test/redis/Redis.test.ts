import { createServer } from "node:net"
import { inspect } from "node:util"
import { assert, describe, expect, it } from "@effect/vitest"
import { Cause, Context, Duration, Effect, Layer, Option, Redacted } from "effect"
import { connectTimeout, Redis, RedisError } from "../../src/redis/Redis.ts"
import { whileTimePasses } from "../fixtures/eventually.ts"
import { Logs } from "../fixtures/logs.ts"
import { memoryRedis, onRealRedis, RedisServer, rawClient, realRedis, redisSettings } from "../fixtures/redis.ts"
import { hasRedisServer } from "../fixtures/redisServer.ts"

const secret = "correct-horse-battery"
const password = Option.some(Redacted.make(secret))

/** A server that answers each command as the function says; with nothing, it keeps silent. */
const serverThat = (answer: (command: ReadonlyArray<string>) => string | undefined) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const server = createServer((socket) => {
          socket.on("error", () => undefined)
          socket.on("data", (data) => {
            for (const text of data.toString().split(/(?=\*\d+\r\n)/)) {
              const command = text.split("\r\n").filter((_, line) => line > 0 && line % 2 === 0)
              const said = answer(command)
              if (said !== undefined) socket.write(`${said}\r\n`)
            }
          })
          sockets.push(socket)
        })
        const sockets: Array<{ destroy: () => void }> = []
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
        return { server, sockets }
      }),
      ({ server, sockets }) =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
          server.close()
        })
    ),
    ({ server }) => {
      const address = server.address()
      return redisSettings(address !== null && typeof address === "object" ? address.port : 0)
    }
  )

/** A server that has this to say about its memory. */
const serverWith = (memory: string) =>
  serverThat(([name = ""]) => {
    const answers: Readonly<Record<string, string>> = {
      hello: "-NOPROTO unsupported protocol version",
      ping: "+PONG",
      info: memory.startsWith("-") ? memory : `$${memory.length}\r\n${memory}`
    }
    return answers[name.toLowerCase()] ?? "+OK"
  })

const failureOf = <A, R>(effect: Effect.Effect<A, RedisError, R>) => Effect.flip(effect)

const build = (settings: Parameters<typeof Redis.layer>[0]) => Layer.build(Layer.fresh(Redis.layer(settings)))

const expectNoSecret = (...shown: ReadonlyArray<unknown>) => {
  for (const each of shown) expect(inspect(each, { depth: 10, showHidden: true })).not.toContain(secret)
}

describe("At the start, Redis", () => {
  it.effect("that is not there is told in one message: where it should be, and how to start it", () =>
    Effect.gen(function* () {
      const error = yield* failureOf(build(redisSettings(1)))
      assert.instanceOf(error, RedisError)
      expect(error).toMatchObject({ host: "127.0.0.1", port: 1, reason: "unreachable" })
      assert.strictEqual(
        error.message,
        "Redis at 127.0.0.1:1 cannot be reached: nothing listens there. Start it, for example with " +
          "`docker run -p 6379:6379 redis:7` or `sudo apt-get install redis-server`, " +
          "or unset REDIS_HOST and REDIS_URL to do without."
      )
    })
  )

  it.effect("at a name that has two addresses and listens on neither is told so too", () =>
    Effect.gen(function* () {
      const error = yield* failureOf(build(redisSettings(1, { host: "localhost" })))
      expect(error.message).toContain("Redis at localhost:1 cannot be reached: nothing listens there.")
    })
  )

  it.effect("at a name that nobody knows is told so", () =>
    Effect.gen(function* () {
      const error = yield* failureOf(build(redisSettings(6379, { host: "redis.invalid" })))
      expect(error.message).toMatch(/Redis at redis.invalid:6379 cannot be reached: (there is no such host|its name)/)
    })
  )

  it.effect("that speaks another language is told so, with where to look", () =>
    Effect.gen(function* () {
      const settings = yield* serverThat(() => "HTTP/1.1 400 Bad Request")
      const error = yield* failureOf(build(settings))
      expect(error.message).toContain(`Redis at 127.0.0.1:${settings.port} cannot be reached`)
      expect(error.message).toContain("a server with TLS takes rediss://.")
      expect(error.message).not.toContain("docker")
    })
  )

  it.effect("that says nothing is waited for no longer than three seconds", () =>
    Effect.gen(function* () {
      const settings = yield* serverThat(() => undefined)
      const building = yield* Effect.forkChild(Effect.exit(failureOf(build(settings))))
      const exit = yield* whileTimePasses(building)
      assert.strictEqual(Duration.toSeconds(connectTimeout), 3)
      expect(yield* exit).toMatchObject({ reason: "unreachable", message: expect.stringContaining("within 3s") })
    })
  )

  it.effect("that repeats our password in its errors does not get it into ours", () =>
    Effect.gen(function* () {
      const settings = yield* serverThat((command) => `-ERR unknown command, with args ${command.join(" ")}`)
      const exit = yield* Effect.exit(build({ ...settings, password }))
      const { lines } = yield* Logs
      assert(exit._tag === "Failure")
      const error = exit.cause.reasons.find(Cause.isFailReason)?.error
      expect(error).toMatchObject({ reason: "rejected", message: expect.stringContaining("<redacted>") })
      expectNoSecret(exit, Cause.pretty(exit.cause), JSON.stringify(exit), yield* lines())
    }).pipe(Effect.provide(Logs.layer))
  )

  it.effect("that may evict keys is warned about", () =>
    Effect.gen(function* () {
      const settings = yield* serverWith("# Memory\r\nmaxmemory_policy:allkeys-lru\r\n")
      yield* build(settings)
      const { lines } = yield* Logs
      expect(yield* lines()).toMatchObject([
        {
          level: "WARN",
          message: "Redis may evict jobs when its memory is full: set maxmemory-policy noeviction",
          fields: { policy: "allkeys-lru", address: `127.0.0.1:${settings.port}` }
        }
      ])
    }).pipe(Effect.provide(Logs.layer))
  )

  it.effect("that keeps what it has, or tells nothing about that, is not warned about", () =>
    Effect.gen(function* () {
      yield* build(yield* serverWith("# Memory\r\nmaxmemory_policy:noeviction\r\n"))
      yield* build(yield* serverWith("# Memory\r\n"))
      yield* build(yield* serverWith("-NOPERM this user has no permissions to run the 'info' command"))
      const { lines } = yield* Logs
      assert.deepStrictEqual(
        (yield* lines()).filter(({ level }) => level !== "DEBUG"),
        []
      )
    }).pipe(Effect.provide(Logs.layer))
  )
})

describe("At the start, Redis that cannot hold queues", () => {
  it.effect("for it is a replica is refused, and its primary named", () =>
    Effect.gen(function* () {
      const settings = yield* serverWith("role:slave\r\nmaster_host:10.0.0.7\r\nmaster_port:6380\r\n")
      const error = yield* failureOf(build(settings))
      expect(error).toMatchObject({ reason: "unfit" })
      assert.strictEqual(
        error.message,
        `Redis at 127.0.0.1:${settings.port} is a replica, which takes no writes. ` +
          "Give the address of its primary, 10.0.0.7:6380, in REDIS_HOST or REDIS_URL."
      )
    })
  )

  it.effect("for it is a cluster is refused", () =>
    Effect.gen(function* () {
      const error = yield* failureOf(build(yield* serverWith("role:master\r\ncluster_enabled:1\r\n")))
      expect(error.message).toContain("runs as a cluster (cluster_enabled:1)")
    })
  )

  it.effect("is found out by what it answers where it does not tell of itself", () =>
    Effect.gen(function* () {
      const refusing = (command: string, answer: string) =>
        serverThat(([name = ""]) => {
          const answers: Readonly<Record<string, string>> = { ping: "+PONG", info: "-NOPERM no", [command]: answer }
          return answers[name.toLowerCase()] ?? "+OK"
        })
      const cluster = yield* failureOf(build(yield* refusing("mget", "-CROSSSLOT Keys in request don't hash")))
      expect(cluster.message).toContain("runs as a cluster")
      const replica = yield* failureOf(build(yield* refusing("del", "-READONLY You can't write against a replica.")))
      expect(replica.message).toContain("is a replica, which takes no writes. Give the address of its primary in")
    })
  )

  it.effect("yet, for it is still loading, is refused until it has", () =>
    Effect.gen(function* () {
      const settings = yield* serverThat(() => "-LOADING Redis is loading the dataset in memory")
      expect((yield* failureOf(build(settings))).message).toContain("is not ready yet: LOADING")
    })
  )
})

describe("A connection to Redis", () => {
  for (const answer of ["READONLY", "UNBLOCKED", "LOADING", "MASTERDOWN"]) {
    it.live(`is made anew when the server answers ${answer}, and a command that waits is sent again`, () =>
      Effect.gen(function* () {
        let refusals = 1
        const settings = yield* serverThat(([name = ""]) => {
          if (name.toLowerCase() === "ping") return "+PONG"
          if (name.toLowerCase() !== "incr") return "+OK"
          refusals -= 1
          return refusals < 0 ? ":7" : `-${answer} not here, not now`
        })
        const redis = Context.get(yield* build(settings), Redis)
        const waiting = yield* redis.connect({ whenLost: "wait" })
        let connections = 0
        waiting.on("connect", () => (connections += 1))
        assert.strictEqual(yield* Effect.promise(() => waiting.incr("a")), 7)
        assert.strictEqual(connections, 1)
        refusals = 1
        const failing = yield* redis.connect({ whenLost: "fail" })
        const closed = new Promise((resolve) => failing.once("close", resolve))
        const error = yield* Effect.flip(Effect.tryPromise(() => failing.incr("a")))
        expect(String(error.cause)).toContain(answer)
        yield* Effect.promise(() => closed)
      })
    )
  }

  it.effect("is closed with its scope", () =>
    Effect.gen(function* () {
      const settings = yield* RedisServer
      const client = yield* Effect.scoped(
        Effect.gen(function* () {
          const { connect } = yield* Redis
          const client = yield* connect({ whenLost: "fail" })
          assert.strictEqual(yield* Effect.promise(() => client.ping()), "PONG")
          return client
        }).pipe(Effect.provide(Redis.layer(settings)))
      )
      const error = yield* Effect.flip(Effect.tryPromise(() => client.ping()))
      expect(error).toBeDefined()
    }).pipe(Effect.scoped, Effect.provide(memoryRedis))
  )

  it.effect("uses the database of the settings", () =>
    Effect.gen(function* () {
      const settings = yield* RedisServer
      const raw = yield* rawClient
      yield* Effect.scoped(
        Effect.gen(function* () {
          const client = yield* Effect.flatMap(Redis, ({ connect }) => connect({ whenLost: "wait" }))
          yield* Effect.promise(() => client.set("there", "1"))
        }).pipe(Effect.provide(Redis.layer({ ...settings, db: 3 })))
      )
      assert.strictEqual(yield* Effect.promise(() => raw.exists("there")), 0)
      yield* Effect.promise(() => raw.select(3))
      assert.strictEqual(yield* Effect.promise(() => raw.exists("there")), 1)
    }).pipe(Effect.scoped, Effect.provide(memoryRedis))
  )
})

describe.skipIf(!hasRedisServer)(onRealRedis("A real Redis"), () => {
  for (const { settings, says } of [
    { settings: ["--replicaof", "127.0.0.1", "1"], says: "is a replica, which takes no writes" },
    { settings: ["--cluster-enabled", "yes"], says: "runs as a cluster" }
  ]) {
    it.effect(`that ${says} is refused`, () =>
      Effect.gen(function* () {
        const error = yield* failureOf(build(yield* RedisServer))
        expect(error).toMatchObject({ reason: "unfit", message: expect.stringContaining(says) })
      }).pipe(Effect.scoped, Effect.provide(realRedis(settings)))
    )
  }
})

describe.skipIf(!hasRedisServer)(onRealRedis("A real Redis with a password"), () => {
  const server = realRedis(["--requirepass", secret])

  it.effect("takes ours", () =>
    Effect.gen(function* () {
      yield* build({ ...(yield* RedisServer), password })
    }).pipe(Effect.scoped, Effect.provide(server))
  )

  it.effect("rejects none and a wrong one, and the message says what to check", () =>
    Effect.gen(function* () {
      const settings = yield* RedisServer
      for (const wrong of [Option.none(), Option.some(Redacted.make("wrong-horse"))]) {
        const error = yield* failureOf(build({ ...settings, password: wrong }))
        assert.strictEqual(error.reason, "rejected")
        expect(error.message).toMatch(/rejects us: (NOAUTH|WRONGPASS).*Check REDIS_PASSWORD/)
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("wrong-horse")
      }
    }).pipe(Effect.scoped, Effect.provide(server))
  )
})
