/** A replay of recorded polls gives the verdicts that a backtest of them gives, however the matches ended. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeLines, type Poll, pollFileName } from "../../src/recording/pollFile.ts"
import { type Shown, shown } from "../fixtures/pipeline.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"

const goals = (home: number) => ({ score: { home, away: 0 } })

/** A match in which a goal falls in minute 20, shown a minute a poll up to this one, and then so. */
const until = (minutes: number, ...then: ReadonlyArray<Shown>): ReadonlyArray<Shown> => [
  ...Array.from({ length: minutes }, (_, index) => ({ minute: index + 1, ...goals(index < 19 ? 0 : 1) })),
  ...then
]

const finished = { minute: 90, status: "finished", ...goals(1) } as const

const matches: { readonly [id: string]: ReadonlyArray<Shown> } = {
  "played to its end": until(90, finished),
  "recorded in part": until(60),
  "recorded up to the break": until(45, { minute: 45, status: "break", ...goals(1) }),
  abandoned: until(60, { minute: 60, status: "abandoned", ...goals(1) }),
  interrupted: until(60, { minute: 60, status: "interrupted", ...goals(1) }),
  "corrected in time": until(90, finished, ...Array.from({ length: 29 }, () => finished), { ...finished, ...goals(3) }),
  "corrected too late": until(90, ...Array.from({ length: 32 }, () => finished), { ...finished, ...goals(3) })
}

const strategies = {
  hit: "total goals >= 1",
  missed: "total goals <= 0",
  "at the end": "total goals <= 2",
  nothing: undefined
}

const recorded = (): ReadonlyArray<Poll> => {
  const polls = Math.max(...Object.values(matches).map(({ length }) => length))
  return Array.from({ length: polls }, (_, poll) => ({
    at: poll * 60_000,
    matches: Object.entries(matches).flatMap(([id, course]) => {
      const each = course[poll]
      return each === undefined ? [] : [shown({ ...each, id })]
    })
  }))
}

interface Told {
  readonly result: string | null
  readonly decidedAt: number | null
}

describe("A replay and a backtest of the same polls", () => {
  it.live("tell the same of every trigger: what is void or expects nothing is undecided in a backtest", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const [polls, files] = [join(directory, "polls"), join(directory, "strategies")]
      mkdirSync(polls)
      mkdirSync(files)
      const lineOf = makeLines()
      const lines = recorded().map((poll) => gzipSync(lineOf(poll)))
      writeFileSync(join(polls, pollFileName("1970-01-01", "one", 0)), Buffer.concat(lines))
      for (const [name, expect] of Object.entries(strategies)) {
        writeFileSync(join(files, `${name}.yaml`), JSON.stringify({ name, when: ["minute >= 10"], expect }))
      }
      const json = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const process = yield* touchline([...args, "--strategies", files, "--json"])
        assert.strictEqual(yield* process.ended, 0, process.output().stderr)
        return JSON.parse(process.output().stdout)
      })
      const backtest = (yield* json("backtest", polls)) as {
        readonly strategies: ReadonlyArray<{
          readonly name: string
          readonly triggers: ReadonlyArray<Told & { readonly matchId: string }>
        }>
      }
      const replay = (yield* json("replay", polls, "--speed", "6000")) as {
        readonly fired: ReadonlyArray<Told & { readonly strategy: string; readonly matchId: string }>
        readonly results: object
      }
      const tested = backtest.strategies.flatMap(({ name, triggers }) =>
        triggers.map(({ decidedAt, matchId, result }) => [`${name}, ${matchId}`, result, decidedAt])
      )
      const played = replay.fired.map(({ decidedAt, matchId, result, strategy }) => [
        `${strategy}, ${matchId}`,
        result === "hit" || result === "miss" ? result : "undecided",
        decidedAt
      ])
      assert.strictEqual(tested.length, Object.keys(matches).length * Object.keys(strategies).length)
      assert.deepStrictEqual(played.sort(), tested.sort())
      assert.deepStrictEqual(replay.results, { hits: 5, misses: 4, voids: 12, open: 0 })
    })
  )
})
