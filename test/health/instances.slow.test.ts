import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Standing } from "../../src/health/Overview.ts"
import { eventually } from "../fixtures/eventually.ts"
import { ask } from "../fixtures/httpServer.ts"
import { type Running, temporaryDirectory, touchline } from "../fixtures/process.ts"
import { onRealRedis, RedisServer, realRedis } from "../fixtures/redis.ts"
import { hasRedisServer } from "../fixtures/redisServer.ts"

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Standing))

const decodeStatus = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Struct({ standing: Standing })))

/** One of the processes that share the Redis. */
const instance = (more: { readonly [name: string]: string } = {}) =>
  Effect.gen(function* () {
    const redis = yield* RedisServer
    return yield* touchline(["start", "--matches", "2"], {
      DATA_DIR: yield* temporaryDirectory,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      POLL_INTERVAL: "500",
      HTTP: "on",
      PORT: "0",
      ...more
    })
  })

const portOf = ({ saying }: Running) =>
  Effect.map(saying(/pages are served at=\S+:\d+/), (said) => Number(said.split(":").at(-1)))

const standing = (port: number) =>
  Effect.flatMap(ask(port, "/readyz"), ({ body, status }) =>
    Effect.map(decode(body), (answer) => ({ ...answer, code: status }))
  )

describe.skipIf(!hasRedisServer)(onRealRedis("Three processes on one Redis"), () => {
  it.live(
    "each show the whole service: all of them, what any of them has trouble with, and whose scans they were",
    () =>
      Effect.gen(function* () {
        const well = yield* Effect.all([instance(), instance()], { concurrency: 2 })
        const ports = yield* Effect.forEach(well, portOf)
        // It cannot have its port.
        const troubled = yield* instance({ PORT: `${ports[0]}` })
        yield* troubled.saying(/pages are not served/)
        const pids = [...well, troubled].map(({ pid }) => pid).toSorted()
        for (const port of ports) {
          const seen = yield* eventually(
            standing(port),
            ({ parts, service }) =>
              service === "degraded" && parts.some(({ name, state }) => name === "pages" && state === "degraded")
          )
          expect(seen.instances.map(({ name }) => Number(name.split(":").at(-1))).toSorted()).toEqual(pids)
          const pages = seen.parts.find(({ name }) => name === "pages")
          expect(pages?.on).toMatch(new RegExp(`:${troubled.pid}$`))
          expect(pages?.reason).toContain(`is taken by process ${well[0]?.pid}`)
        }
        // Whichever process has the ticks of a moment, each knows of its scans.
        const known = yield* Effect.forEach(ports, (port) =>
          eventually(standing(port), ({ scans }) => scans.length > 1 && scans.every(({ matches }) => matches === 2))
        )
        const scanners = new Set(known.flatMap(({ scans }) => scans.map(({ on }) => Number(on.split(":").at(-1)))))
        expect(pids).toEqual(expect.arrayContaining([...scanners]))

        // A terminal shows them all too, whether it asks one of them or, where none is asked over HTTP, their board.
        const { port: redis } = yield* RedisServer
        for (const over of [{ HTTP: "on", PORT: `${ports[1]}` }, { HTTP: "off" }]) {
          const shown = yield* touchline(["status", "--json"], {
            DATA_DIR: yield* temporaryDirectory,
            REDIS_URL: `redis://127.0.0.1:${redis}`,
            ...over
          })
          expect(yield* shown.ended, shown.output().stderr).toBe(0)
          const { standing: seen } = yield* decodeStatus(shown.output().stdout)
          expect(seen.instances.map(({ name }) => Number(name.split(":").at(-1))).toSorted()).toEqual(pids)
          expect(seen).toMatchObject({ service: "degraded" })
          expect(seen.parts.find(({ name }) => name === "pages")?.on).toMatch(new RegExp(`:${troubled.pid}$`))
          expect(seen.scans.length).toBeGreaterThan(1)
        }

        // What ends without a word is gone for the others once it has told nothing for a while, wherever they are asked.
        yield* troubled.kill("SIGKILL")
        expect(yield* troubled.ended).toBe("SIGKILL")
        for (const port of ports) {
          const left = yield* eventually(standing(port), ({ instances }) => instances.length === 2)
          expect(left.service).toBe("ok")
        }
      }).pipe(Effect.provide(realRedis()))
  )
})

describe("A service that stops", () => {
  it.live("is not ready any more while its alerts under way come to their end, and answers until then", () =>
    Effect.gen(function* () {
      const STRATEGIES = yield* temporaryDirectory
      writeFileSync(
        join(STRATEGIES, "behind.yaml"),
        'name: Behind\nwhen:\n  - { left: { metric: goals, scope: difference }, comparator: "=", right: 1 }\n'
      )
      const release = join(STRATEGIES, "release")
      const running = yield* touchline(
        [],
        {
          STRATEGIES,
          DATA_DIR: yield* temporaryDirectory,
          UNTIL: release,
          STOP_TIMEOUT: "120000",
          HTTP: "on",
          PORT: "0",
          POLL_INTERVAL: "500"
        },
        fileURLToPath(new URL("../fixtures/service.ts", import.meta.url))
      )
      const port = yield* portOf(running)
      expect((yield* standing(port)).code).toBe(200)
      expect((yield* ask(port, "/healthz")).status).toBe(200)
      yield* running.saying(/SENDING/)
      yield* running.kill("SIGTERM")
      const stopping = yield* eventually(standing(port), ({ status }) => status === "stopping")
      expect(stopping.code).toBe(503)
      writeFileSync(release, "")
      expect(yield* running.ended).toBe(0)
    })
  )
})
