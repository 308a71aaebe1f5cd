import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, openSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Snapshot } from "../../src/domain/Snapshot.ts"
import { recordingsIn } from "../../src/recording/readRecordings.ts"
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
      assert.match(scan.stdout, /Dry run: matches 3, strategies 6/)
      yield* service.kill("SIGTERM")
      assert.strictEqual(yield* service.ended, 0)
    })
  )
})

describe("Beside a running service with a feed, as a process,", () => {
  const Answer = Schema.fromJsonString(
    Schema.Struct({
      feed: Schema.String,
      matches: Schema.Array(Snapshot),
      dropped: Schema.Int,
      requests: Schema.Int
    })
  )
  const run = (args: ReadonlyArray<string>, settings: { readonly [name: string]: string }) =>
    Effect.gen(function* () {
      const command = yield* touchline(args, settings)
      return { code: yield* command.ended, ...command.output() }
    })
  const answerOf = ({ stdout }: { readonly stdout: string }) =>
    Schema.decodeEffect(Answer)(stdout.trim().split("\n").at(-1) ?? "")

  it.live(
    "matches and record take what it was shown last, and ask no feed; without one they ask, and touch no data",
    () =>
      Effect.gen(function* () {
        const place = yield* temporaryDirectory
        const settings = { DATA_DIR: join(place, "data"), POLL_INTERVAL: "1000" }
        const alone = yield* run(["matches", "--json"], settings)
        assert.deepStrictEqual([alone.code, alone.stderr], [0, ""])
        assert.strictEqual((yield* answerOf(alone)).matches.length, 12)
        assert.isFalse(existsSync(settings.DATA_DIR))

        const service = yield* touchline(["start", "--matches", "3"], settings)
        yield* service.saying(/scan .*matches=3/)
        const json = yield* run(["matches", "--json"], settings)
        assert.deepStrictEqual([json.code, json.stderr], [0, ""])
        const { feed, matches, requests } = yield* answerOf(json)
        assert.deepStrictEqual([feed, matches.length, requests], ["simulated (3 matches, seed 1, speed 20)", 3, 0])
        const lines = yield* run(["matches"], settings)
        assert.match(
          lines.stdout,
          /\n3 matches of simulated [^\n]*, \d+ s old, the last poll of the running service\n$/
        )

        const recorder = yield* touchline(["record", join(place, "evening")], settings)
        yield* recorder.saying(/recording .*the running service: simulated \(3 matches/)
        yield* recorder.saying(/(recorded .*matches=3[\s\S]*){2}/)
        yield* service.kill("SIGKILL")
        yield* recorder.kill("SIGINT")
        assert.strictEqual(yield* recorder.ended, 0)
        const { stderr, stdout } = recorder.output()
        assert.match(stdout, /\nstopped: \d+ polls recorded to [^\n]*evening\n$/)
        assert.strictEqual(stderr, "")
        const recorded = yield* recordingsIn([join(place, "evening")])
        assert.strictEqual(recorded.matches.length, 3)
      }).pipe(Effect.provide(NodeServices.layer))
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
