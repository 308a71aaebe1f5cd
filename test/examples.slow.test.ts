import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { shown } from "./fixtures/pipeline.ts"
import { listening } from "./fixtures/postgrest.ts"
import { temporaryDirectory, touchline } from "./fixtures/process.ts"

const pathOf = (example: string) => fileURLToPath(new URL(`../examples/${example}`, import.meta.url))

describe("examples/custom-feed.ts", () => {
  it.live("is a service that scans the feed's match and alerts", () =>
    Effect.gen(function* () {
      const DATA_DIR = yield* temporaryDirectory
      const example = yield* touchline([], { DATA_DIR, POLL_INTERVAL: "500" }, pathOf("custom-feed.ts"))
      yield* example.saying(/feed +one match, a minute a poll/)
      yield* example.saying(/ALERT Open first half \| Reds 0-0 Blues/)
      yield* example.kill("SIGINT")
      assert.strictEqual(yield* example.ended, 0)
    })
  )
})

describe("examples/custom-integration.ts", () => {
  const example = (args: ReadonlyArray<string>, env: Record<string, string>) =>
    touchline(args, env, pathOf("custom-integration.ts"))

  /** A server with one match that is over. */
  const whistle = Effect.gen(function* () {
    const port = yield* listening(
      createServer((_, response) => response.end(JSON.stringify([shown({ minute: 90, status: "finished" })])))
    )
    return { DATA_DIR: yield* temporaryDirectory, WHISTLE_URL: `http://127.0.0.1:${port}/live.json` }
  })

  it.live("is in the banner of its service, and stops the start where its setting is wrong", () =>
    Effect.gen(function* () {
      const service = yield* example(["start"], yield* whistle)
      yield* service.saying(/feed +whistle at 127\.0\.0\.1:\d+/)
      yield* service.saying(/scan matches=1/)
      yield* service.kill("SIGTERM")
      assert.strictEqual(yield* service.ended, 0)
      const wrong = yield* example(["start"], { WHISTLE_URL: "nowhere" })
      assert.strictEqual(yield* wrong.ended, 1)
      assert.strictEqual(
        wrong.output().stderr,
        'touchline: WHISTLE_URL is "nowhere". It takes the URL of a JSON file of matches.\n'
      )
    })
  )

  it.live("is asked by its doctor, and replayed until its matches have ended", () =>
    Effect.gen(function* () {
      const settings = yield* whistle
      const doctor = yield* example(["doctor"], settings)
      assert.strictEqual(yield* doctor.ended, 0, doctor.output().stdout)
      assert.match(doctor.output().stdout, /^✓ whistle .* 127\.0\.0\.1:\d+ answers$/m)
      assert.match(doctor.output().stdout, /^✓ feed .* whistle at 127\.0\.0\.1:\d+: 1 match$/m)
      const replay = yield* example(["replay"], settings)
      assert.strictEqual(yield* replay.ended, 0, replay.output().stderr)
      assert.match(replay.output().stdout, /^1 match, \d+ scans?, /)
    })
  )
})
