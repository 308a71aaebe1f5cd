import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import { pack, unpack } from "../../src/backtest/packed.ts"
import { makeRecordings } from "../../src/backtest/RecordingCache.ts"
import { officialRecords } from "../../src/feed/recorded/RecordedFiles.ts"
import { writeFixture, wyscoutFile } from "../fixtures/wyscout.ts"
import { match, randomMatch, recordingFrom } from "./recordings.ts"

const goal = (minute: number) => ({ minute, team: "home", what: "goal" }) as const

describe("A packed recording", () => {
  it("is unpacked as it was, figures that did not exist included", () => {
    for (let number = 0; number < 20; number++) {
      const recording = recordingFrom(randomMatch(`packed ${number}`))
      const bytes = pack(recording, "key")
      assert.isDefined(bytes)
      assert.deepStrictEqual(bytes && unpack(bytes, "key"), recording)
    }
  })

  it("is nothing under another key, cut short, or with a byte changed", () => {
    const bytes = pack(recordingFrom(match([goal(10)])), "key") ?? new Uint8Array()
    assert.isUndefined(unpack(bytes, "other"))
    for (const length of [0, 4, 8, 100, bytes.length - 1]) assert.isUndefined(unpack(bytes.subarray(0, length), "key"))
    for (let at = 0; at < bytes.length; at += 997) {
      const damaged = bytes.slice()
      damaged[at] = (damaged[at] ?? 0) ^ 1
      assert.isUndefined(unpack(damaged, "key"), `byte ${at}`)
    }
  })

  it("is not made of a match with odds, which have no place in it", () => {
    const { snapshots, ...recording } = recordingFrom(match([]))
    const withOdds = snapshots.map((each) => ({ ...each, odds: { draw: 3.4 } }))
    assert.isUndefined(pack({ ...recording, snapshots: withOdds }, "key"))
  })
})

/** A match file, and a way to read it through the cache of its directory. */
const setUp = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "touchline-cache-" })
  yield* writeFixture(directory, [match([goal(10)])], { variant: "plain" })
  const file = path.join(directory, "files", "1.json")
  const cache = path.join(directory, "cache")
  const goals = Effect.gen(function* () {
    const { records } = yield* officialRecords([file])
    const { snapshots } = yield* makeRecordings({ records, cache })(file)
    return [snapshots.at(-1)?.score.home, snapshots[0]?.match.competition.name] as const
  })
  const entries = Effect.map(fs.readDirectory(cache), (names) => names.map((name) => path.join(cache, name)))
  return { fs, directory, file, cache, goals, entries }
})

layer(NodeServices.layer)("The cache of recordings", (it) => {
  it.effect("answers a second time without the match file's contents", () =>
    Effect.gen(function* () {
      const { entries, file, fs, goals } = yield* setUp
      const changed = new Date("2030-05-01T19:30:00Z")
      yield* fs.utimes(file, changed, changed)
      assert.deepStrictEqual(yield* goals, [1, "Test League"])
      assert.lengthOf(yield* entries, 1)
      // Of the same size and time: nobody but this test can tell.
      const { size } = yield* fs.stat(file)
      yield* fs.writeFileString(file, " ".repeat(Number(size)))
      yield* fs.utimes(file, changed, changed)
      assert.deepStrictEqual(yield* goals, [1, "Test League"])
    })
  )

  it.effect("reads a match file that was changed anew, in place of the old entry", () =>
    Effect.gen(function* () {
      const { entries, file, fs, goals } = yield* setUp
      yield* goals
      yield* fs.writeFileString(file, wyscoutFile(match([goal(10), goal(20)])))
      assert.deepStrictEqual(yield* goals, [2, "Test League"])
      assert.lengthOf(yield* entries, 1)
    })
  )

  it.effect("reads a match anew when the official record changes", () =>
    Effect.gen(function* () {
      const { directory, fs, goals } = yield* setUp
      yield* goals
      yield* fs.rename(`${directory}/matches_Test_League.json`, `${directory}/matches_Other_League.json`)
      assert.deepStrictEqual(yield* goals, [1, "Other League"])
    })
  )

  it.effect("makes a damaged entry anew", () =>
    Effect.gen(function* () {
      const { entries, fs, goals } = yield* setUp
      yield* goals
      const [entry = ""] = yield* entries
      const whole = yield* fs.readFile(entry)
      yield* fs.writeFile(entry, whole.subarray(0, 1000))
      assert.deepStrictEqual(yield* goals, [1, "Test League"])
      assert.deepStrictEqual(yield* fs.readFile(entry), whole)
    })
  )

  it.effect("does without a directory that cannot be written", () =>
    Effect.gen(function* () {
      const { cache, fs, goals } = yield* setUp
      yield* fs.writeFileString(cache, "a file, not a directory")
      assert.deepStrictEqual(yield* goals, [1, "Test League"])
    })
  )
})
