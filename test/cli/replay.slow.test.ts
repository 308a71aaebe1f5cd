import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"
import { type FixtureMatch, fixtureCompetition, writeFixture } from "../fixtures/wyscout.ts"

const matches: ReadonlyArray<FixtureMatch> = [
  {
    id: 1,
    home: "Reds",
    away: "Blues",
    events: [
      { minute: 10, team: "home", what: "goal" },
      { minute: 45, added: 2, team: "away", what: "goal" },
      { minute: 70, team: "away", what: "corner" }
    ],
    played: { "1H": 48, "2H": 49 }
  },
  {
    id: 2,
    home: "Greens",
    away: "Whites",
    events: [{ minute: 60, team: "home", what: "goal" }],
    played: { "1H": 45, "2H": 46 }
  }
]

const strategies = {
  "draw.yaml": `
name: Level with goals
competitions: [${fixtureCompetition}]
when:
  - { left: { metric: goals, scope: both }, comparator: ">=", right: 1 }
`,
  "home.yaml": `
name: Home leads
when:
  - { left: { metric: goals, scope: home }, comparator: ">", right: { metric: goals, scope: away } }
expect: HOME_WIN
`
}

const setUp = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  yield* writeFixture(join(directory, "matches"), matches)
  for (const [name, text] of Object.entries(strategies)) writeFileSync(join(directory, name), text)
  return directory
}).pipe(Effect.provide(NodeServices.layer))

const command = (directory: string) => [
  "replay",
  join(directory, "matches"),
  "--strategies",
  directory,
  "--speed",
  // The fastest that may be asked for: a replay must come to its end with it too.
  "60000"
]

describe("touchline replay, as a process", () => {
  it.live("with --json prints one object: each pair fired once, at its first minute, every alert sent", () =>
    Effect.gen(function* () {
      const directory = yield* setUp
      const replay = yield* touchline([...command(directory), "--json"])
      assert.strictEqual(yield* replay.ended, 0)
      const { stdout } = replay.output()
      assert.strictEqual(stdout.split("\n").length, 2)
      const { elapsedMs, fired, ...counts } = JSON.parse(stdout)
      assert.isAtLeast(elapsedMs, 1)
      // A minute lasts ten milliseconds here: on a machine that is busy elsewhere a scan may miss one.
      assert.isAtLeast(counts.scans, 90)
      assert.include([190, 191, 192, 193, 194], counts.snapshots)
      assert.deepStrictEqual(counts, {
        matches: 2,
        scans: counts.scans,
        snapshots: counts.snapshots,
        triggers: 3,
        duplicates: 0,
        alertsSent: 3,
        alertsFailed: 0,
        alertsExpired: 0,
        results: { hits: 1, misses: 1, voids: 0, open: 0 },
        officialScores: { known: 2, equal: 2 }
      })
      assert.deepStrictEqual(fired, [
        {
          strategy: "Home leads",
          matchId: "1",
          period: "1H",
          minute: 10,
          added: 0,
          score: [1, 0],
          result: "miss",
          decidedAt: 90
        },
        {
          strategy: "Level with goals",
          matchId: "1",
          period: "1H",
          minute: 45,
          added: 2,
          score: [1, 1],
          result: null,
          decidedAt: null
        },
        {
          strategy: "Home leads",
          matchId: "2",
          period: "2H",
          minute: 60,
          added: 0,
          score: [1, 0],
          result: "hit",
          decidedAt: 90
        }
      ])
    })
  )

  it.live("without it shows progress on stderr and a table on stdout", () =>
    Effect.gen(function* () {
      const directory = yield* setUp
      const replay = yield* touchline(command(directory))
      assert.strictEqual(yield* replay.ended, 0)
      const { stderr, stdout } = replay.output()
      assert.match(stderr, /minute \d+ of 98, \d of 2 matches finished, \d triggers?/)
      assert.match(stdout, /45\+2' +1-1 +Reds v Blues +Level with goals +both goals >= 1 \(1\)/)
      assert.match(stdout, /10' +1-0 +Reds v Blues +Home leads +miss at 90\+\d', final score 1-1 /)
      assert.match(stdout, /60' +1-0 +Greens v Whites +Home leads +hit at 90\+\d', final score 1-0 /)
      assert.include(stdout, "3 triggers, 3 alerts sent, 0 failed, 0 duplicates")
      assert.include(stdout, "1 hit, 1 miss, 0 void, 0 open")
    })
  )

  it.live("on a data directory it has run on before alerts no pair a second time", () =>
    Effect.gen(function* () {
      const directory = yield* setUp
      const args = [...command(directory), "--data-dir", join(directory, "data"), "--json"]
      const first = yield* touchline(args)
      assert.strictEqual(yield* first.ended, 0)
      const second = yield* touchline(args)
      assert.strictEqual(yield* second.ended, 0)
      const { alertsSent, fired, triggers } = JSON.parse(second.output().stdout)
      assert.deepStrictEqual({ alertsSent, fired, triggers }, { alertsSent: 0, fired: [], triggers: 0 })
    })
  )

  it.live("stopped before it is done, says so and ends as shells expect of a command that a signal stopped", () =>
    Effect.gen(function* () {
      const directory = yield* setUp
      const settings = { DATA_DIR: join(directory, "data"), LOG_LEVEL: "debug" }
      const replay = yield* touchline(["replay", join(directory, "matches"), "--speed", "1"], settings)
      yield* replay.saying(/scan .*matches=2/)
      yield* replay.kill("SIGINT")
      assert.strictEqual(yield* replay.ended, 130)
      assert.match(replay.output().stderr, /touchline: stopped before it was done\n$/)
    })
  )

  it.live("says what is wrong with a directory that is not there", () =>
    Effect.gen(function* () {
      const replay = yield* touchline(["replay", "no-such-directory"])
      assert.strictEqual(yield* replay.ended, 1)
      assert.match(replay.output().stderr, /^touchline: .*no-such-directory/)
    })
  )
})

describe("touchline scan, as a process", () => {
  it.live(
    "runs one cycle, sends its alerts and ends; a dry run before it creates nothing, one after it finds nothing new",
    () =>
      Effect.gen(function* () {
        const directory = yield* setUp
        writeFileSync(
          join(directory, "any.yaml"),
          'name: Any match in play\nwhen:\n  - { left: minute, comparator: ">=", right: 1 }\n'
        )
        const settings = { DATA_DIR: join(directory, "data") }
        // So slow that the matches are in the same minute however long the machine takes from one run to the next.
        const scan = (...flags: ReadonlyArray<string>) =>
          Effect.gen(function* () {
            const process = yield* touchline(
              ["scan", "--strategies", directory, "--matches", "4", "--speed", "0.01", "--json", ...flags],
              settings
            )
            assert.strictEqual(yield* process.ended, 0)
            return JSON.parse(process.output().stdout)
          })
        const before = yield* scan("--dry-run")
        assert.isAtLeast(before.fired.length, 1)
        assert.deepInclude(before, { dryRun: true, matches: 4, strategies: 3, alreadyTriggered: 0 })
        assert.strictEqual(before.fired[0].evidence[0].condition, "minute >= 1")

        const once = yield* scan()
        assert.strictEqual(once.triggers, before.fired.length)
        assert.strictEqual(once.alertsSent, once.triggers)

        const after = yield* scan("--dry-run")
        assert.strictEqual(after.alreadyTriggered, once.triggers)
        assert.deepStrictEqual(after.fired, [])
      })
  )
})
