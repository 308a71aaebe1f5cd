import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryDirectory, touchline } from "./fixtures/process.ts"

describe("examples/custom-feed.ts", () => {
  it.live("is a service that scans the feed's match and alerts", () =>
    Effect.gen(function* () {
      const DATA_DIR = yield* temporaryDirectory
      const script = fileURLToPath(new URL("../examples/custom-feed.ts", import.meta.url))
      const example = yield* touchline([], { DATA_DIR, POLL_INTERVAL: "500" }, script)
      yield* example.saying(/feed +one match, a minute a second/)
      yield* example.saying(/ALERT Open first half \| Reds 0-0 Blues/)
      yield* example.kill("SIGINT")
      assert.strictEqual(yield* example.ended, 0)
    })
  )
})
