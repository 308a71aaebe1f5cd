import { gunzipSync, gzipSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer } from "effect"
import { TestClock } from "effect/testing"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { checkRecordings } from "../../src/recording/checks.ts"
import { dayOf, makeLines, type Poll, placeOf, readPolls } from "../../src/recording/pollFile.ts"
import { matchesOf, recordingsIn } from "../../src/recording/readRecordings.ts"
import { recordPolls } from "../../src/recording/recordPolls.ts"
import { Logs } from "../fixtures/logs.ts"
import { shown } from "../fixtures/pipeline.ts"
import { temporaryDirectory } from "../fixtures/process.ts"

const polls: ReadonlyArray<Poll> = [
  { at: 1000, matches: [shown({ id: "1", minute: 1 }), shown({ id: "2", minute: 80 })] },
  { at: 2000, matches: [shown({ id: "1", minute: 1 }), shown({ id: "2", minute: 81 }), null, { match: 7 }] },
  { at: 3000, matches: [shown({ id: "1", minute: 2 })] },
  { at: 4000, matches: [] },
  { at: 5000, matches: [shown({ id: "1", minute: 2 }), shown({ id: "2", minute: 81 })] }
]

const written = (some: ReadonlyArray<Poll>): Uint8Array => {
  const lineOf = makeLines()
  return Buffer.concat(some.map((poll) => gzipSync(lineOf(poll))))
}

/** Polls with their matches in one order. */
const sorted = (some: ReadonlyArray<Poll>) =>
  some.map(({ at, matches }) => ({ at, matches: matches.map((each) => JSON.stringify(each)).sort() }))

describe("A file of polls", () => {
  it("gives every poll back as it was, and writes what has changed", () => {
    assert.deepStrictEqual(sorted(readPolls(written(polls)).polls), sorted(polls))
    const [, second = ""] = gunzipSync(written(polls)).toString().split("\n")
    assert.include(second, '"same":["1"]')
    assert.notInclude(second, '"id":"1"')
  })

  it("has no match that a feed should not show at all, and all others", () => {
    const self = {}
    Object.assign(self, { self })
    const match = shown({ id: "1" })
    assert.deepStrictEqual(readPolls(written([{ at: 1, matches: [self, 7n, match, undefined] }])), {
      polls: [{ at: 1, matches: [match] }],
      lost: 0
    })
  })

  it("is read up to the poll before the one at which its process was killed, wherever that was", () => {
    const bytes = written(polls)
    const before = written(polls.slice(0, 4)).length
    assert.lengthOf(readPolls(bytes.subarray(0, before + 20)).polls, 4)
    for (let length = before; length < bytes.length; length++) {
      const { lost, polls: found } = readPolls(bytes.subarray(0, length))
      const read = sorted(found)
      assert.strictEqual(lost, 0)
      assert.isAtLeast(read.length, 4)
      assert.deepStrictEqual(read, sorted(polls.slice(0, read.length)))
    }
  })

  it("loses one poll to a byte that is damaged, whichever that is, counts it, and says of no match what was not shown", () => {
    const bytes = written(polls)
    const last = bytes.length - written(polls.slice(0, -1)).length
    const shownAt = new Map(polls.map(({ at, matches }) => [at, new Set(matches.map((each) => JSON.stringify(each)))]))
    for (let at = 0; at < bytes.length; at++) {
      const bad = Uint8Array.from(bytes)
      bad[at] = (bytes[at] ?? 0) ^ (at % 2 === 0 ? 0x01 : 0xff)
      const read = readPolls(bad)
      assert.isAtLeast(read.polls.length, polls.length - 1, `byte ${at}`)
      // The last one may look as if it was being written.
      if (at < bytes.length - last) assert.strictEqual(read.polls.length + read.lost, polls.length, `byte ${at}`)
      const invented = read.polls.filter(({ at, matches }) =>
        matches.some((each) => !shownAt.get(at)?.has(JSON.stringify(each)))
      )
      assert.deepStrictEqual(invented, [], `byte ${at}`)
    }
  })

  it("is read on behind what is damaged", () => {
    const lineOf = makeLines()
    const members = polls.map((poll) => gzipSync(lineOf(poll)))
    const [first = Buffer.of(), second = Buffer.of(), ...more] = members
    const times = (...parts: ReadonlyArray<Uint8Array>) => {
      const { lost, polls } = readPolls(Buffer.concat(parts))
      return [polls.map(({ at }) => at), lost]
    }
    const zeros = Buffer.alloc(second.length)
    assert.deepStrictEqual(times(first, zeros, ...more), [[1000, 3000, 4000, 5000], 1])
    assert.deepStrictEqual(times(first, Buffer.alloc(7, 1), second, ...more), [[1000, 2000, 3000, 4000, 5000], 1])
    assert.deepStrictEqual(times(first.subarray(0, 30), second, ...more), [[2000, 3000, 4000, 5000], 1])
    assert.deepStrictEqual(times(zeros, ...more), [[3000, 4000, 5000], 1])
    assert.deepStrictEqual(times(first, gzipSync("no poll\n"), ...more), [[1000, 3000, 4000, 5000], 1])
    assert.deepStrictEqual(times(Buffer.from("none")), [[], 1])
    assert.deepStrictEqual(times(Buffer.of()), [[], 0])
  })

  it("has a day in its name", () => {
    assert.strictEqual(dayOf("2026-11-26-x1-0.polls.gz"), "2026-11-26")
    assert.deepStrictEqual(placeOf("2026-11-26-x-1-12.polls.gz"), { day: "2026-11-26", instance: "x-1", part: 12 })
    assert.isUndefined(dayOf("2057954.json.gz"))
  })
})

describe("Recorded matches", () => {
  it("are those of all polls in the order in which they were answered, without what cannot be read", () => {
    const [one, two, ...more] = matchesOf([...polls.slice(3), ...polls.slice(0, 3)])
    assert.lengthOf(more, 0)
    assert.deepStrictEqual(
      one?.frames.map(({ clock }) => clock.minute),
      [1, 1, 2, 2]
    )
    assert.deepStrictEqual(two?.at, [1000, 2000, 5000])
  })

  it("have one frame a poll, also where an answer showed the match twice", () => {
    const twice = [shown({ id: "1", minute: 61 }), shown({ id: "1", minute: 60 })]
    const [one] = matchesOf([{ at: 1000, matches: twice }])
    assert.deepStrictEqual(
      one?.frames.map(({ clock }) => clock.minute),
      [61]
    )
  })
})

const feedOf = (answers: Array<ReadonlyArray<ReturnType<typeof shown>>>) =>
  Layer.succeed(MatchFeed, MatchFeed.of({ name: "fake", poll: Effect.sync(() => answers.shift() ?? []) }))

const poll = Effect.flatMap(MatchFeed, (feed) => feed.poll)

describe("A recorder", () => {
  it.effect("writes a file a day, removes those of days that are not kept, and leaves others alone", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporaryDirectory
      yield* fs.writeFileString(`${directory}/notes.txt`, "mine")
      yield* Effect.gen(function* () {
        for (let day = 0; day < 4; day++) {
          yield* poll
          yield* poll
          yield* TestClock.adjust("1 day")
        }
      }).pipe(Effect.provide(recordPolls({ directory, days: 2 })(feedOf([[shown()], [shown({ minute: 61 })]]))))
      const names = (yield* fs.readDirectory(directory)).sort()
      assert.deepStrictEqual(names.map(dayOf), ["1970-01-03", "1970-01-04", undefined])
      const checked = yield* checkRecordings({ directory, days: 2 })
      assert.match(checked.message, /2 files since 1970-01-03, 0\.0 MB, 2 days are kept/)
    }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
  )

  it.effect("removes nothing for a clock that is a year ahead, nor for files that it left", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporaryDirectory
      const day = Duration.toMillis(Duration.days(1))
      const pollOn = (days: number) => Effect.andThen(TestClock.setTime(days * day), poll)
      yield* Effect.gen(function* () {
        for (const days of [700, 701, 1066, 702]) yield* pollOn(days)
      }).pipe(Effect.provide(recordPolls({ directory, days: 3 })(feedOf([[shown()]]))))
      const days = Effect.map(fs.readDirectory(directory), (names) => names.map(dayOf).sort())
      assert.deepStrictEqual(yield* days, ["1971-12-02", "1971-12-03", "1971-12-04", "1972-12-02"])
      yield* pollOn(703).pipe(Effect.provide(recordPolls({ directory, days: 3 })(feedOf([[shown()]]))))
      assert.deepStrictEqual(yield* days, ["1971-12-03", "1971-12-04", "1971-12-05", "1972-12-02"])
    }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
  )

  it.effect("fails no poll where it cannot write, says so once, and goes on when it can", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = `${yield* temporaryDirectory}/taken`
      yield* fs.writeFileString(directory, "a file")
      yield* Effect.gen(function* () {
        assert.lengthOf(yield* poll, 1)
        assert.lengthOf(yield* poll, 1)
        yield* fs.remove(directory)
        assert.lengthOf(yield* poll, 1)
      }).pipe(Effect.provide(recordPolls({ directory, days: 2 })(feedOf([[shown()], [shown()], [shown()]]))))
      const lines = (yield* (yield* Logs).lines()).map(({ message }) => message)
      assert.deepStrictEqual(lines, ["polls are not recorded", "polls are recorded again"])
      const { matches } = yield* recordingsIn([directory])
      assert.deepStrictEqual(
        matches.map(({ frames }) => frames.length),
        [1]
      )
    }).pipe(Effect.provide(Layer.merge(NodeServices.layer, Logs.layer)), Effect.scoped)
  )
})
