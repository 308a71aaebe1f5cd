import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"
import { type FixtureMatch, writeFixture } from "../fixtures/wyscout.ts"

const matches: ReadonlyArray<FixtureMatch> = [
  {
    id: 1,
    home: "Reds",
    away: 'Blues "B"',
    events: [
      { minute: 10, team: "home", what: "goal" },
      { minute: 90, added: 2, team: "away", what: "goal" }
    ]
  },
  { id: 2, home: "Greens", away: "Whites", events: [{ minute: 60, team: "home", what: "goal" }] }
]

const strategies = {
  "another.yaml": "name: Another goal\nwhen:\n  - total goals >= 1\nexpect: total goals since trigger >= 1\n",
  "never.yaml": "name: Never\nwhen:\n  - total goals >= 9\n"
}

/** Two matches and a damaged file, two strategies and one that does not read. */
const setUp = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  yield* writeFixture(join(directory, "matches"), matches)
  writeFileSync(join(directory, "matches", "files", "3.json"), "{ torn")
  for (const [name, text] of Object.entries(strategies)) writeFileSync(join(directory, name), text)
  writeFileSync(join(directory, "wrong.yaml"), "name: Wrong\nwhen:\n  - total cornrs >= 1\n")
  const settings = { DATA_DIR: join(directory, "data") }
  const backtest = (...flags: ReadonlyArray<string>) =>
    touchline(["backtest", join(directory, "matches"), "--strategies", directory, ...flags], settings)
  return { directory, backtest }
}).pipe(Effect.provide(NodeServices.layer))

describe("touchline backtest, as a process", () => {
  it.live(
    "with --json prints one object, the same on threads and from the cache; what is skipped is told on stderr",
    () =>
      Effect.gen(function* () {
        const { backtest } = yield* setUp
        for (const flags of [["--threads", "2"], [], ["--no-cache"]]) {
          const process = yield* backtest("--json", ...flags)
          assert.strictEqual(yield* process.ended, 0)
          const { stderr, stdout } = process.output()
          assert.match(stderr, /a strategy is left out.*wrong\.yaml.*cornrs/)
          assert.match(stderr, /skipped.*3\.json/)
          assert.strictEqual(stdout.split("\n").length, 2)
          const { elapsedMs, ...report } = JSON.parse(stdout)
          assert.isAtLeast(elapsedMs, 1)
          const evidence = [{ condition: "total goals >= 1", left: 1, right: 1 }]
          assert.deepStrictEqual(report, {
            matches: 2,
            snapshots: 188,
            strategies: [
              {
                name: "Another goal",
                triggers: [
                  {
                    matchId: "1",
                    period: "1H",
                    minute: 10,
                    added: 0,
                    score: [1, 0],
                    result: "hit",
                    decidedAt: 90,
                    evidence
                  },
                  {
                    matchId: "2",
                    period: "2H",
                    minute: 60,
                    added: 0,
                    score: [1, 0],
                    result: "miss",
                    decidedAt: 90,
                    evidence
                  }
                ],
                hits: 1,
                misses: 1,
                undecided: 0,
                hitRate: 0.5,
                wilson: [0.09453120573423074, 0.9054687942657693],
                baseRate: (92 + 60) / 188
              },
              {
                name: "Never",
                triggers: [],
                hits: 0,
                misses: 0,
                undecided: 0,
                hitRate: null,
                wilson: null,
                baseRate: null
              }
            ]
          })
        }
      })
  )

  it.live("without it prints a table, and with --csv a row for each trigger", () =>
    Effect.gen(function* () {
      const { backtest, directory } = yield* setUp
      const csv = join(directory, "triggers.csv")
      const process = yield* backtest("--csv", csv)
      assert.strictEqual(yield* process.ended, 0)
      const { stdout } = process.output()
      assert.match(stdout, /Another goal +2 +1 +1 +0 +50\.0 % \(9 to 91\) +80\.9 % +35'/)
      assert.match(stdout, /2 matches, 188 minutes in .* on 1 thread, 1 file skipped, 1 strategy left out/)
      assert.deepStrictEqual(readFileSync(csv, "utf8").split("\r\n"), [
        "strategy,match_id,match,period,minute,added,score_home,score_away,result,decided_at,evidence",
        'Another goal,1,"Reds v Blues ""B""",1H,10,0,1,0,hit,90+2,total goals >= 1 (1)',
        "Another goal,2,Greens v Whites,2H,60,0,1,0,miss,90+3,total goals >= 1 (1)",
        ""
      ])
    })
  )

  it.live("says what is wrong with a file in place of a directory", () =>
    Effect.gen(function* () {
      const process = yield* touchline(["backtest", "package.json"])
      assert.strictEqual(yield* process.ended, 1)
      assert.match(process.output().stderr, /^touchline: .*package\.json is no directory\. Name the one that holds/)
    })
  )

  it.live("says what is wrong with a directory that is not there", () =>
    Effect.gen(function* () {
      const process = yield* touchline(["backtest", "no-such-directory"])
      assert.strictEqual(yield* process.ended, 1)
      assert.match(process.output().stderr, /^touchline: .*no-such-directory/)
    })
  )
})

describe("touchline explain, as a process", () => {
  it.live("shows why a strategy does not hold at a minute, and when it does", () =>
    Effect.gen(function* () {
      const { directory } = yield* setUp
      writeFileSync(
        join(directory, "lead.yaml"),
        "name: Lead\nwhen:\n  - leading goals >= 1\n  - any:\n      - minute >= 58\n      - favourite goals >= 1\nexpect: total goals since trigger >= 1\n"
      )
      const args = [
        "explain",
        "--strategy",
        join(directory, "lead.yaml"),
        "--match",
        join(directory, "matches", "files", "2.json.gz")
      ]
      const text = yield* touchline([...args, "--minute", "50"])
      assert.strictEqual(yield* text.ended, 0)
      assert.strictEqual(
        text.output().stdout,
        [
          "Lead: does not hold",
          "Greens v Whites, 50', 0-0",
          "",
          "condition               left  right  holds  fails",
          "----------------------  ----  -----  -----  ----------------------------------",
          "leading goals >= 1      none  1      no     level: nobody leads",
          "any of:                              no",
          "  minute >= 58          50    58     no     by 8",
          "  favourite goals >= 1  none  1      no     no pre-match odds, so no favourite",
          "",
          "All conditions held at 60' to 90+3'.",
          "It fires at 60'. What it expects, total goals since trigger >= 1: miss, settled at 90+3'.",
          ""
        ].join("\n")
      )
      const json = yield* touchline([...args, "--json"])
      assert.strictEqual(yield* json.ended, 0)
      const { conditions, held, ...rest } = JSON.parse(json.output().stdout)
      assert.deepStrictEqual(rest, {
        strategy: "Lead",
        matchId: "2",
        match: "Greens v Whites",
        period: "2H",
        minute: 60,
        added: 0,
        score: [1, 0],
        holds: true,
        excluded: null,
        closest: [],
        outcome: { result: "miss", decidedAt: { period: "2H", minute: 90, added: 3 } }
      })
      assert.lengthOf(held, 34)
      assert.deepInclude(conditions[0], { condition: "leading goals >= 1", left: 1, right: 1, holds: true })
      assert.lengthOf(conditions[1].alternatives, 2)
    })
  )
})

describe("touchline strategies, as a process", () => {
  it.live("check finds every fault, shows its line, and ends with code 1", () =>
    Effect.gen(function* () {
      const { directory } = yield* setUp
      const bad = yield* touchline(["strategies", "check", directory])
      assert.strictEqual(yield* bad.ended, 1)
      assert.match(bad.output().stderr, /wrong\.yaml:3:11: .*cornrs.*did you mean corners.*\n +3 \| .*\n +\| +\^{6}/)
      assert.match(bad.output().stderr, /touchline: 1 file of 3 cannot be used/)
      const good = yield* touchline(["strategies", "check", "examples/strategies"])
      assert.strictEqual(yield* good.ended, 0)
      assert.match(good.output().stdout, /^\d+ strategies, nothing wrong\n$/)
    })
  )

  it.live("show prints the normal form of a file", () =>
    Effect.gen(function* () {
      const { directory } = yield* setUp
      const file = join(directory, "structured.yaml")
      writeFileSync(file, 'when:\n  - { left: { metric: goals }, comparator: ">=", right: 1 }\nname: Structured\n')
      const show = yield* touchline(["strategies", "show", file])
      assert.strictEqual(yield* show.ended, 0)
      assert.strictEqual(show.output().stdout, "name: Structured\nwhen:\n  - total goals >= 1\n")
    })
  )
})
