import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { touchline } from "../fixtures/process.ts"

describe("An invocation that cannot be understood", () => {
  it.live("for want of a subcommand is answered with help, on stderr too", () =>
    Effect.gen(function* () {
      const process = yield* touchline(["strategies"])
      assert.strictEqual(yield* process.ended, 1)
      assert.strictEqual(process.output().stdout, "")
      assert.include(process.output().stderr, "check")
    })
  )

  it.live("is told on stderr, with the nearest name and where help is; stdout stays empty", () =>
    Effect.gen(function* () {
      const process = yield* touchline(["explain", "--jsn", "--match", "x"])
      assert.strictEqual(yield* process.ended, 1)
      const { stderr, stdout } = process.output()
      assert.strictEqual(stdout, "")
      assert.match(stderr, /--jsn.*\n[\s\S]*--json\n\ntouchline explain --help\n$/)
    })
  )
})
