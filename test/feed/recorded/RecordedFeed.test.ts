import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer, Path, Schema } from "effect"
import { Snapshot } from "../../../src/domain/Snapshot.ts"
import { MatchFeed } from "../../../src/feed/MatchFeed.ts"
import { RecordedFeed } from "../../../src/feed/recorded/RecordedFeed.ts"
import { type FixtureMatch, type FixtureVariant, writeFixture } from "../../fixtures/wyscout.ts"

const short: FixtureMatch = {
  id: 9,
  home: "Reds",
  away: "Blues",
  events: [{ minute: 2, team: "home", what: "goal" }],
  played: { "1H": 2, "2H": 1 }
}
const long: FixtureMatch = {
  id: 10,
  home: "Greens",
  away: "Whites",
  events: [{ minute: 46, team: "away", what: "own goal" }],
  played: { "1H": 3, "2H": 2 }
}

/** Builds the feed over directories and hands over both of its services. */
const feedOver = (...directories: ReadonlyArray<string>) =>
  Effect.map(Layer.build(RecordedFeed.layer({ directories })), (context) => ({
    ...Context.get(context, RecordedFeed),
    feed: Context.get(context, MatchFeed)
  }))

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const shown = (polled: ReadonlyArray<typeof Snapshot.Encoded>) =>
  polled.map(({ clock, match, score }) => ({
    id: match.id,
    at: `${clock.minute}${clock.status === "finished" ? " finished" : ""}`,
    score: `${score.home}-${score.away}`
  }))

layer(NodeServices.layer)("RecordedFeed", (it) => {
  it.effect("each poll shows every match one minute further, and an ended match as finished", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* writeFixture(directory, [short, long])
      const { feed } = yield* feedOver(directory)
      assert.strictEqual(feed.name, "recorded (2 matches)")
      const polls = yield* Effect.replicateEffect(feed.poll, 9)
      const of = (id: string) =>
        polls
          .map((polled) => shown(polled).find((each) => each.id === id))
          .map((each) => each && `${each.at} ${each.score}`)
      assert.deepStrictEqual(of("9"), [
        "1 0-0",
        "2 1-0",
        "46 1-0",
        "46 finished 1-0",
        "46 finished 1-0",
        "46 finished 1-0",
        undefined,
        undefined,
        undefined
      ])
      assert.deepStrictEqual(of("10"), [
        "1 0-0",
        "2 0-0",
        "3 0-0",
        "46 1-0",
        "47 1-0",
        "47 finished 1-0",
        "47 finished 1-0",
        "47 finished 1-0",
        undefined
      ])
    })
  )

  it.effect("the run has ended once a poll has shown every match as finished", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* writeFixture(directory, [short, long])
      const { feed, progress } = yield* feedOver(directory)
      assert.deepStrictEqual(yield* progress, { polls: 0, pollsInAll: 6, finished: 0, total: 2, ended: false })
      yield* Effect.replicateEffect(feed.poll, 5)
      assert.deepStrictEqual(yield* progress, { polls: 5, pollsInAll: 6, finished: 1, total: 2, ended: false })
      yield* feed.poll
      assert.deepStrictEqual(yield* progress, { polls: 6, pollsInAll: 6, finished: 2, total: 2, ended: true })
    })
  )

  it.effect("what it shows are valid snapshots, with the recorded kick-off", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* writeFixture(directory, [short])
      const { feed } = yield* feedOver(directory)
      const polled = yield* feed.poll
      yield* Effect.forEach(polled, (each) => Schema.decodeEffect(Snapshot)(each))
      assert.strictEqual(polled[0]?.match.kickOff, "2030-05-01T19:30:00.000Z")
    })
  )

  it.effect("packed, plain and nested files give the same snapshots", () =>
    Effect.gen(function* () {
      const pollAll = Effect.fnUntraced(function* (variant: FixtureVariant) {
        const directory = yield* temporary
        yield* writeFixture(directory, [short, long], { variant })
        const { feed } = yield* feedOver(directory)
        return yield* Effect.replicateEffect(feed.poll, 7)
      })
      const packed = yield* pollAll("gz")
      assert.isNotEmpty(packed.flat())
      assert.deepStrictEqual(yield* pollAll("plain"), packed)
      assert.deepStrictEqual(yield* pollAll("nested"), packed)
    })
  )

  it.effect("it compares the end of each match with the official record", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* writeFixture(directory, [short])
      const { official } = yield* feedOver(directory)
      const final = { home: 1, away: 0 }
      assert.deepStrictEqual(official, [{ matchId: "9", label: "Reds v Blues", final, official: final }])
    })
  )

  it.effect("matches are found in the directory itself, in its files, and else anywhere below", () =>
    Effect.gen(function* () {
      const path = yield* Path.Path
      const root = yield* temporary
      yield* writeFixture(path.join(root, "a"), [short])
      yield* writeFixture(path.join(root, "b", "c"), [long])
      for (const [directories, matches] of [
        [[path.join(root, "a", "files")], 1],
        [[path.join(root, "a")], 1],
        [[root], 2],
        [[path.join(root, "a"), path.join(root, "a"), path.join(root, "b")], 2]
      ] as const) {
        const found = yield* feedOver(...directories)
        assert.strictEqual(found.matches, matches)
        assert.isTrue(found.official.every(({ official }) => official !== undefined))
        assert.isEmpty(found.skipped)
      }
    })
  )

  it.effect("a damaged file is skipped with its reason and costs no other match", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* temporary
      yield* writeFixture(directory, [short, long])
      const truncated = path.join(directory, "files", "10.json.gz")
      const bytes = yield* fs.readFile(truncated)
      yield* fs.writeFile(truncated, bytes.slice(0, bytes.length / 2))
      yield* fs.writeFileString(path.join(directory, "files", "11.json"), '{"events": 3}')
      yield* fs.writeFileString(path.join(directory, "files", "notes.json"), "none of ours")
      const { feed, matches, skipped } = yield* feedOver(directory)
      assert.strictEqual(matches, 1)
      assert.strictEqual(feed.name, "recorded (1 match, 2 files skipped)")
      assert.deepStrictEqual(
        skipped.map(({ path: file }) => path.basename(file)),
        ["10.json.gz", "11.json"]
      )
      assert.match(skipped[0]?.reason ?? "", /cannot be unpacked/)
      assert.match(skipped[1]?.reason ?? "", /events/)
    })
  )

  it.effect("a damaged official record is skipped, and the matches do without it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* temporary
      yield* writeFixture(directory, [short])
      yield* fs.writeFileString(path.join(directory, "matches_Test_League.json"), "[")
      const { matches, official, skipped } = yield* feedOver(directory)
      assert.strictEqual(matches, 1)
      assert.lengthOf(skipped, 1)
      assert.isUndefined(official[0]?.official)
    })
  )

  it.effect("a match that two files hold is shown once", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* writeFixture(directory, [short])
      yield* writeFixture(directory, [short], { variant: "plain" })
      const { feed, skipped } = yield* feedOver(directory)
      assert.lengthOf(yield* feed.poll, 1)
      assert.match(skipped[0]?.reason ?? "", /match 9 was read from/)
    })
  )

  it.effect("a missing directory, one without matches and one of damaged matches are refused", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* temporary
      const missing = yield* Effect.flip(feedOver(path.join(directory, "nowhere")))
      assert.strictEqual(missing.reason, "refused")
      assert.match(missing.message, /There is no directory .*nowhere/)
      const empty = yield* Effect.flip(feedOver(directory))
      assert.strictEqual(empty.reason, "refused")
      assert.match(empty.message, /No recorded match in .*<id>\.json/)
      yield* fs.writeFileString(path.join(directory, "1.json"), "{}")
      const damaged = yield* Effect.flip(feedOver(directory))
      assert.match(damaged.message, /none of 1 file can be read/)
    })
  )
})

/** The public data set lies beside the repository, or where TOUCHLINE_DATA says. It is never part of the repository. */
const data = process.env.TOUCHLINE_DATA ?? fileURLToPath(new URL("../../../../shared/data", import.meta.url))
const competition = (name: string): string => `${data}/wyscout/${name}`

/** Labels of the matches whose events end in another score than the official one. */
const differing = (results: RecordedFeed["Service"]["official"]) =>
  results
    .filter(({ final, official }) => final.home !== official?.home || final.away !== official.away)
    .map(({ label }) => label)

layer(NodeServices.layer)("RecordedFeed over the public data set, skipped where it is absent", (it) => {
  it.effect.skipIf(!existsSync(competition("World_Cup")))("all 64 World Cup matches end as officially recorded", () =>
    Effect.gen(function* () {
      const { feed, matches, official, progress, skipped } = yield* feedOver(competition("World_Cup"))
      assert.strictEqual(matches, 64)
      assert.isEmpty(skipped)
      assert.deepStrictEqual(differing(official), [])
      const { pollsInAll } = yield* progress
      const polls = yield* Effect.replicateEffect(feed.poll, pollsInAll)
      assert.isTrue((yield* progress).ended)
      yield* Effect.forEach(polls.flat(), (each) => Schema.decodeEffect(Snapshot)(each))
    })
  )

  it.effect.skipIf(!existsSync(competition("England")))(
    "all 190 Premier League matches end as officially recorded, but for one whose events lack the goal",
    () =>
      Effect.gen(function* () {
        const { matches, official, skipped } = yield* feedOver(competition("England"))
        assert.strictEqual(matches, 190)
        assert.isEmpty(skipped)
        assert.deepStrictEqual(differing(official), ["Chelsea v Manchester City"])
      })
  )
})
