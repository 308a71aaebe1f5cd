import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { key, makeApiFootballServer } from "../fixtures/apiFootballServer.ts"
import { makeBotApi } from "../fixtures/botApi.ts"
import { eventually, pause } from "../fixtures/eventually.ts"
import { noPostgrest, SupabaseProject } from "../fixtures/postgrest.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"
import { hasRedisServer, startRedisServer } from "../fixtures/redisServer.ts"

const password = "hunter2-of-redis"

/** A secret as it stands in text, and in what Node shows of bytes. */
const spellings = (secret: string): ReadonlyArray<string> => {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString("hex")
  return [secret, encodeURIComponent(secret), hex, hex.replace(/(..)(?=.)/g, "$1 ")]
}

/** What Node can be made to tell, but for how it loads modules, which is long and comes before anything secret. */
const everything =
  "child_process,cluster,diagnostics,fetch,fs,http,http2,https,inspect,net,quic,stream,timer,tls,undici,websocket,worker,zlib,bull"

const watched = [
  { NODE_DEBUG: everything, DEBUG: "*" },
  { NODE_DEBUG: "undici", DEBUG: "ioredis:*,ioredis:redis,grammy*" }
]

describe.skipIf(noPostgrest !== undefined || !hasRedisServer)("What Node and libraries tell of themselves", () => {
  it.live.each(watched)("holds no secret with $NODE_DEBUG and $DEBUG", (debug) =>
    Effect.gen(function* () {
      const bot = yield* makeBotApi
      const football = yield* makeApiFootballServer(() => [])
      const { settings } = yield* SupabaseProject
      const redis = yield* Effect.acquireRelease(
        Effect.promise(() => startRedisServer(["--requirepass", password, "--maxmemory-policy", "noeviction"])),
        ({ stop }) => Effect.promise(stop)
      )
      const serviceRoleKey = Redacted.value(settings.serviceRoleKey)
      const service = yield* touchline(["start"], {
        ...debug,
        HTTP: "off",
        LOG_LEVEL: "trace",
        DATA_DIR: yield* temporaryDirectory,
        SUPABASE_URL: settings.url.href,
        SUPABASE_SERVICE_ROLE_KEY: serviceRoleKey,
        REDIS_URL: `redis://:${password}@127.0.0.1:${redis.port}`,
        TELEGRAM_BOT_TOKEN: bot.token,
        TELEGRAM_API_ROOT: bot.root.href,
        FEED: "api-football",
        API_FOOTBALL_KEY: key,
        API_FOOTBALL_URL: football.url.href,
        POLL_INTERVAL: "1000"
      })
      yield* service.saying(/INFO +scan /)
      bot.say({ chat: { id: 42, type: "private" }, from: { id: 42 }, text: "/start" })
      yield* eventually(
        Effect.andThen(
          Effect.repeat(pause, { times: 10 }),
          Effect.sync(() => bot.sent.length)
        ),
        (sent) => sent > 0
      )
      yield* service.kill("SIGTERM")
      expect(yield* service.ended).toBe(0)
      const { stderr, stdout } = service.output()
      // It does tell of what was asked.
      expect(/sending request to POST \S+touchline_call/.test(stderr)).toBe(true)
      expect(/sending request to GET \S+fixtures/.test(stderr)).toBe(true)
      expect(stderr.includes("ioredis:")).toBe(true)
      if (debug.NODE_DEBUG !== "undici") expect(/^HTTP \d+: /m.test(stderr)).toBe(true)
      for (const secret of [bot.token, serviceRoleKey, key, password].flatMap(spellings)) {
        expect(`${stdout}${stderr}`.includes(secret), secret).toBe(false)
      }
    }).pipe(
      Effect.scoped,
      Effect.provide(
        SupabaseProject.layer().pipe(
          Layer.provideMerge(EmbeddedPostgres.layer()),
          Layer.provideMerge(NodeServices.layer)
        )
      )
    )
  )
})
