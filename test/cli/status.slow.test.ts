import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { standingText } from "../../src/cli/status.ts"
import { Standing } from "../../src/health/Overview.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"

const decode = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({ standing: Schema.NullOr(Standing), alerts: Schema.Record(Schema.String, Schema.Int) })
  )
)

describe("touchline status", () => {
  it.live("tells how the service beside it does, and without one that there is none", () =>
    Effect.gen(function* () {
      const settings = { DATA_DIR: yield* temporaryDirectory, HTTP: "on", PORT: "0" }
      const service = yield* touchline(["start", "--matches", "2"], settings)
      const [, PORT = ""] = /:(\d+)$/.exec(yield* service.saying(/pages are served at=\S+/)) ?? []
      yield* service.saying(/scan .*matches=2/)

      const text = yield* touchline(["status"], { ...settings, PORT })
      assert.strictEqual(yield* text.ended, 0, text.output().stderr)
      assert.match(text.output().stdout, /^✓ the service is well\n {2}✓ process \S+, .*, since /)
      assert.match(text.output().stdout, /\nscan +on +matches +held +triggers +ms\n/)
      assert.match(text.output().stdout, /\nAlerts: 0 sent, 0 pending, 0 failed, 0 expired\.\n/)

      const json = yield* touchline(["status", "--json"], { ...settings, PORT })
      assert.strictEqual(yield* json.ended, 0)
      expect(decode(json.output().stdout)).toMatchObject({
        standing: { service: "ok", pid: service.pid },
        alerts: { failed: 0 }
      })

      const watching = yield* touchline(["status", "--watch"], { ...settings, PORT })
      yield* watching.saying(/the service is well[\s\S]*the service is well/)
      yield* service.kill("SIGTERM")
      yield* service.ended
      // It goes on where there is none any more, and ends when it is told to.
      yield* watching.saying(/No running service is found/)
      assert.notInclude(watching.output().stdout, "\x1b")
      yield* watching.kill("SIGINT")
      assert.include([0, 130], yield* watching.ended)
      const alone = yield* touchline(["status"], { ...settings, PORT })
      assert.strictEqual(yield* alone.ended, 0)
      assert.match(alone.output().stdout, /^No running service is found: nothing that is a Touchline answers at /)
    })
  )

  it("shows what is broken, where, why and since when, and no line of anybody's own", () => {
    const text = standingText({
      status: "down",
      service: "down",
      pid: 1,
      version: "1.0.0",
      parts: [
        {
          name: "alerts",
          state: "down",
          since: "2026-11-26T20:00:00.000Z",
          what: "barred",
          reason: "401\n✓ well",
          on: "box:2"
        },
        { name: "feed", state: "ok", since: "2026-11-26T20:00:00.000Z" }
      ],
      instances: [{ name: "box:1", version: "1.0.0", state: "stopping", since: "2026-11-26T19:00:00.000Z" }],
      scans: []
    })
    expect(text.split("\n")).toEqual([
      "✗ the service is down",
      expect.stringMatching(/^ {2}✗ alerts: barred \(401.*✓ well\), since 2026-11-26 20:00:00Z on box:2$/),
      "  – process box:1, 1.0.0, since 2026-11-26 19:00:00Z",
      "",
      "No scan is known yet."
    ])
  })
})
