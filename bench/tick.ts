/**
 * How long the whole tick of the service takes: `npm run bench:tick`, with `-- --json` for one object on the last line of
 * stdout, and `-- --only redis,1000x1000` for the cases whose names hold all of these words.
 *
 * A tick is `Scanner.scan` in the service's own graph: feed, decoding, history, rules, dedup, database and queue. On
 * Redis means the real redis-server, and PostgREST in front of PostgreSQL, or of PGlite where that is not installed. Each
 * case is a process of its own with the flags of `npm start`. Matches go on by a minute from tick to tick and have a past;
 * strategies come from the distribution of `bench:rules`, steered to the share of pairs that are to hold. Strategies, the
 * past, and the pairs of all ticks but the first are in the database when the process starts (for the largest sizes those
 * of the first as well, which makes that tick the one after a restart), so steady ticks meet known pairs only. Calls are
 * counted in front of PostgREST and at Redis. No alert is sent while ticks are measured, and a tick begins when what the last one
 * left to be done beside (its matches are saved, verdicts looked for) is done: in the service they are seconds apart.
 */
import { loadavg } from "node:os"
import { NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { hasRedisServer } from "../test/fixtures/redisServer.ts"
import { decodeMatches, loadMatches } from "./rules/views.ts"
import { cases, goals, nameOf } from "./tick/cases.ts"
import { startPostgres } from "./tick/postgres.ts"
import { linesOf, type Result, summary } from "./tick/report.ts"
import { run } from "./tick/stage.ts"
import { makeWorld } from "./tick/World.ts"

const json = process.argv.includes("--json")
const only = process.argv[process.argv.indexOf("--only") + 1] ?? ""
const words = process.argv.includes("--only") ? only.split(/[ ,]+/) : []
const chosen = cases.filter((each) => words.every((word) => nameOf(each).split(" ").includes(word)))

const main = Effect.gen(function* () {
  const server = yield* startPostgres
  const recorded = loadMatches()
  const matches = decodeMatches(recorded).map((snapshots, index) => ({
    snapshots,
    frames: recorded.matches[index] ?? []
  }))
  console.log(`The whole tick, on moments of ${recorded.source}; PostgREST in front of ${server.name}`)
  const results: Array<Result> = []
  for (const each of chosen) {
    const started = performance.now()
    const { goalMs: _, size, ...staged } = each
    const world = makeWorld(matches, size)
    const measured = yield* run({ ...staged, world, expected: world.held[0] ?? 0 }, server)
    const seconds = Math.round((performance.now() - started) / 1000)
    const result = { ...measured, of: each, world, load: loadavg()[0] ?? 0, seconds }
    results.push(result)
    console.log(linesOf(result).join("\n"))
  }
  const all = summary(results)
  const { held, strategies } = all.ratios
  console.log(`100,000 x 1,000: 1 % holding takes ${held} x of 0.01 % (goal ${goals.heldRatio})`)
  console.log(`x 1,000: 10,000 strategies take ${strategies} x of 1,000 (goal ${goals.strategiesRatio})`)
  if (json) console.log(JSON.stringify(all))
}).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

if (!hasRedisServer) {
  console.error("This bench needs a redis-server on the PATH: sudo apt-get install redis-server")
  process.exit(1)
}
await Effect.runPromise(main)
