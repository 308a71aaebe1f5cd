import { spawn } from "node:child_process"
import { once } from "node:events"
import { openSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

describe("Beside a running service, as a process,", () => {
  it.live("every command that looks after its data works", () =>
    Effect.gen(function* () {
      const settings = { DATA_DIR: yield* temporaryDirectory }
      const service = yield* touchline(["start", "--matches", "3"], settings)
      yield* service.saying(/scan .*matches=3/)
      const run = (...args: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          const command = yield* touchline(args, settings)
          return { code: yield* command.ended, ...command.output() }
        })
      const [queues, failed, retry, scan] = yield* Effect.all(
        [
          run("queues"),
          run("alerts", "failed"),
          run("alerts", "retry", "nonsense"),
          run("scan", "--dry-run", "--matches", "3")
        ],
        { concurrency: 2 }
      )
      assert.deepStrictEqual([queues.code, queues.stderr], [0, ""])
      assert.match(queues.stdout, /^scan-tick .* [1-9]\d* +(-|\d+\.\d)/m)
      assert.deepStrictEqual(failed, { code: 0, stdout: "No alert has failed or expired.\n", stderr: "" })
      assert.strictEqual(retry.code, 1)
      assert.strictEqual(
        retry.stderr,
        "touchline: no failed or expired alert has the id nonsense: `alerts failed` lists those there are\n"
      )
      assert.strictEqual(scan.code, 0, scan.stderr)
      assert.match(scan.stdout, /Dry run: 3 matches, 6 strategies/)
      yield* service.kill("SIGTERM")
      assert.strictEqual(yield* service.ended, 0)
    })
  )
})

describe("A command, as a process,", () => {
  /** Runs a command that prints, and answers with its exit code and what stderr says. */
  const printing = (stdout: "pipe" | number) =>
    Effect.promise(async () => {
      const child = spawn(process.execPath, [main, "strategies", "show", "examples/strategies"], {
        stdio: ["ignore", stdout, "pipe"]
      })
      let stderr = ""
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        stderr += text
      })
      child.stdout?.destroy()
      const [code] = await once(child, "close")
      return { code, stderr }
    })

  it.live("whose results nobody reads ends quietly", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* printing("pipe"), { code: 0, stderr: "" })
    })
  )

  it.live("whose results cannot be written says so and ends with code 1", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* printing(openSync("/dev/full", "w"))
      assert.strictEqual(code, 1)
      assert.match(stderr, /^touchline: what it prints cannot be written: ENOSPC[^\n]*\n$/)
    })
  )
})
