/** Recordings of a machine whose clock is set while it records, and those that are damaged. */
import { gzipSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Ref, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { makeLines, pollFileName } from "../../src/recording/pollFile.ts"
import { recordingsIn } from "../../src/recording/readRecordings.ts"
import { makeRecorder } from "../../src/recording/recordPolls.ts"
import { Logs } from "../fixtures/logs.ts"
import { shown } from "../fixtures/pipeline.ts"
import { temporaryDirectory } from "../fixtures/process.ts"

const hour = 3_600_000
const day = 24 * hour
const noon = 400 * day + 12 * hour

/** What is recorded of the one match: minutes in the order of the recording, and the times between them in seconds. */
const recorded = Effect.fnUntraced(function* (directory: string) {
  const { matches, skipped } = yield* recordingsIn([directory])
  assert.deepStrictEqual(skipped, [])
  const [match] = matches
  const at = match?.at ?? []
  return {
    minutes: match?.frames.map(({ clock }) => clock.minute) ?? [],
    apart: at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000)
  }
})

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** A recorder of a match that is a minute further at every poll, a minute after the one before it. */
const recorder = (directory: string) =>
  Effect.gen(function* () {
    const write = yield* makeRecorder({ directory, days: 30 })
    const minute = yield* Ref.make(0)
    return {
      /** A poll of this minute, with the machine's clock so far ahead of the right one. */
      poll: Effect.fnUntraced(function* (now: number, ahead = 0) {
        yield* TestClock.adjust("1 minute")
        yield* write({ at: now + ahead, matches: [shown({ minute: yield* Ref.updateAndGet(minute, (it) => it + 1) })] })
      }),
      skip: (count: number) => Ref.update(minute, (it) => it + count)
    }
  })

const minuteOf = (index: number) => index * 60_000

const layers = Layer.mergeAll(NodeServices.layer, Logs.layer)
const isolated = <A, E>(effect: Effect.Effect<A, E, Layer.Success<typeof layers> | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(layers))

describe("A recording, while the machine's clock is set,", () => {
  it.effect.each([
    ["back by half an hour", (index: number) => (index < 20 ? hour / 2 : 0)],
    ["back by half an hour in error", (index: number) => (index < 20 ? 0 : -hour / 2)],
    ["back to the day before, and on again", (index: number) => (index >= 20 && index < 25 ? -day : 0)],
    ["a year ahead, and back again", (index: number) => (index >= 20 && index < 25 ? 365 * day : 0)],
    ["back every five polls", (index: number) => -Math.floor(index / 5) * hour]
  ] as const)("%s, stays in order, and no file is lost", ([, ahead]) =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const { poll } = yield* recorder(directory)
      for (let index = 0; index < 40; index++) yield* poll(noon + minuteOf(index), ahead(index))
      const { apart, minutes } = yield* recorded(directory)
      assert.deepStrictEqual(minutes, upTo(40))
      assert.isTrue(apart.every((seconds) => seconds >= 0))
      // Where it was set back, the time between two polls is as long as it was.
      assert.isAtLeast(apart.filter((seconds) => seconds === 60).length, 36)
    }).pipe(isolated)
  )

  it.effect("to the day before and on again over midnight, stays in order in as many files as that takes", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporaryDirectory
      const { poll } = yield* recorder(directory)
      const night = 400 * day - 10 * 60_000
      // Ten minutes of the day before, ten of the new day, ten of the day before again, ten of the new one.
      for (let index = 0; index < 40; index++) yield* poll(night + minuteOf(index), index < 20 ? 0 : -20 * 60_000)
      assert.lengthOf(yield* fs.readDirectory(directory), 4)
      assert.deepStrictEqual((yield* recorded(directory)).minutes, upTo(40))
    }).pipe(isolated)
  )

  it.effect("back to the right time, is merged in order with that of an instance whose clock was right", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const [wrong, right] = [yield* recorder(directory), yield* recorder(directory)]
      for (let index = 0; index < 40; index++) {
        const [one, other] = index % 3 === 0 ? [right, wrong] : [wrong, right]
        yield* one.poll(noon + minuteOf(index), one === wrong && index < 30 ? hour : 0)
        yield* other.skip(1)
      }
      assert.deepStrictEqual((yield* recorded(directory)).minutes, upTo(40))
    }).pipe(isolated)
  )

  it.effect("by an older version, which told no time between polls and had one file a day, is in its order", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporaryDirectory
      const lineOf = makeLines()
      const times = [noon, noon + hour, noon + 2 * hour, noon + hour / 2, noon + hour]
      const lines = times.map((at, index) => gzipSync(lineOf({ at, matches: [shown({ minute: index + 1 })] })))
      yield* fs.writeFile(`${directory}/${pollFileName("1971-02-05", "old", 0)}`, Buffer.concat(lines))
      const nextDay = gzipSync(makeLines()({ at: noon + day, matches: [shown({ minute: 6 })] }))
      yield* fs.writeFile(`${directory}/${pollFileName("1971-02-06", "old", 0)}`, nextDay)
      assert.deepStrictEqual((yield* recorded(directory)).minutes, upTo(6))
    }).pipe(isolated)
  )
})

describe("A recording that is damaged", () => {
  it.effect("costs what is damaged of it, which is told once a file, with how much that is", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporaryDirectory
      const members = upTo(10).map((minute) =>
        gzipSync(makeLines()({ at: minuteOf(minute), matches: [shown({ minute })] }))
      )
      const damaged = members.map((member, index) =>
        index === 3 || index === 6 ? Buffer.alloc(member.length) : member
      )
      const name = `${directory}/${pollFileName("1970-01-01", "one", 0)}`
      yield* fs.writeFile(name, Buffer.concat(damaged))
      assert.deepStrictEqual((yield* recorded(directory)).minutes, [1, 2, 3, 5, 6, 8, 9, 10])
      const told = yield* (yield* Logs).lines()
      assert.deepStrictEqual(
        told.map(({ fields, message }) => [message, fields.path, fields.lost, fields.read]),
        [["a part of a recording cannot be read and is left out; the rest of it is read", name, 2, 8]]
      )
      const junk = `${directory}/${pollFileName("1970-01-01", "two", 0)}`
      yield* fs.writeFileString(junk, "no recording")
      const { matches, skipped } = yield* recordingsIn([directory])
      assert.lengthOf(matches[0]?.frames ?? [], 8)
      assert.deepStrictEqual(
        skipped.map(({ path }) => path),
        [junk]
      )
    }).pipe(isolated)
  )
})
