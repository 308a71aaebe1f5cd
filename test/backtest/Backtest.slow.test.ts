import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import { backtest } from "../../src/backtest/Backtest.ts"
import { writeFixture } from "../fixtures/wyscout.ts"
import { randomMatch, strategy } from "./recordings.ts"

const matches = Array.from({ length: 12 }, (_, index) => ({ ...randomMatch(`file ${index}`), id: index + 1 }))

const strategies = [
  strategy("a goal", "total goals >= 1", "total goals since trigger >= 1"),
  strategy("corners", "total corners last 15 minutes >= 2", "total corners >= 8"),
  strategy("late", "minute >= 80")
]

/** A directory of these matches, for as long as the test runs. */
const directoryOf = Effect.fnUntraced(function* (all: typeof matches = matches) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "touchline-backtest-" })
  yield* writeFixture(directory, all)
  return directory
})

layer(NodeServices.layer)("A backtest", (it) => {
  it.effect("comes to the same on one thread and on several, with a cold cache, a warm one and none", () =>
    Effect.gen(function* () {
      const directory = yield* directoryOf()
      const cache = (yield* Path.Path).join(directory, "cache")
      const run = (options: { readonly threads: number; readonly cache?: string }) =>
        Effect.map(
          backtest({ directories: [directory], strategies, ...options }),
          ({ elapsedMs: _, threads: __, ...report }) => report
        )
      const expected = yield* run({ threads: 1 })
      assert.strictEqual(expected.matches, 12)
      assert.isAbove(expected.strategies.flatMap(({ triggers }) => triggers).length, 20)
      for (const options of [{ threads: 2 }, { threads: 2, cache }, { threads: 2, cache }, { threads: 1, cache }]) {
        assert.deepStrictEqual(yield* run(options), expected)
      }
    })
  )

  it.effect("reports and skips a damaged file and a match it has already, and counts the rest", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* directoryOf()
      const again = yield* directoryOf(matches.slice(0, 1))
      yield* fs.writeFileString(path.join(directory, "files", "100.json"), "{ torn")
      for (const threads of [1, 2]) {
        const report = yield* backtest({ directories: [directory, again], strategies, threads })
        assert.strictEqual(report.matches, 12)
        assert.deepStrictEqual(
          report.skipped.map(({ path: file }) => path.relative(directory, file)),
          ["files/100.json", path.relative(directory, path.join(again, "files", "1.json.gz"))]
        )
        assert.match(report.skipped[1]?.reason ?? "", /match 1 was read from .*1\.json\.gz/)
      }
    })
  )

  it.effect("tells after each file how far it is", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      yield* backtest({
        directories: [yield* directoryOf(matches.slice(0, 3))],
        strategies,
        onProgress: (done, total) => Effect.sync(() => heard.push(`${done} of ${total}`))
      })
      assert.deepStrictEqual(heard, ["1 of 3", "2 of 3", "3 of 3"])
    })
  )

  it.effect("fails when there is no match to walk", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const empty = yield* fs.makeTempDirectoryScoped()
      const nothing = yield* Effect.flip(backtest({ directories: [empty], strategies }))
      assert.match(nothing.message, /No recorded match/)
      const missing = yield* Effect.flip(backtest({ directories: ["no-such-directory"], strategies }))
      assert.match(missing.message, /There is no directory .*no-such-directory/)
    })
  )
})
