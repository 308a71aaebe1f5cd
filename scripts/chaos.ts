/**
 * `npm run chaos`: three processes of the service on Redis, PostgREST and a Bot API, all of which fail in every way while an
 * evening is played whose pairs are known beforehand. Then it is healed and drained: nothing may be lost, nothing come twice
 * without a reason, and no silence last. `--seed`, `--minutes` (20), `--json`; the last line is one object. Ends with code 1
 * when something is wrong, and keeps the logs in the directory of `--keep`.
 */
import { parseArgs } from "node:util"
import { NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { chaos } from "../test/chaos/run.ts"
import { hasRedisServer } from "../test/fixtures/redisServer.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "20" },
    pairs: { type: "string" },
    json: { type: "boolean", default: false },
    keep: { type: "string" }
  }
})

if (!hasRedisServer) throw new Error("redis-server is not installed: `sudo apt-get install redis-server`.")

const minutes = Number(values.minutes)
const say = values.json ? () => undefined : (line: string) => console.log(line)
const { problems, result } = await Effect.runPromise(
  chaos({
    seed: values.seed,
    minutes,
    pairs: Number(values.pairs ?? Math.max(1000, 500 * minutes)),
    patience: 360_000,
    say,
    ...(values.keep === undefined ? {} : { keep: values.keep })
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
console.log(JSON.stringify(result))
process.exit()
