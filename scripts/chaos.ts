/**
 * `npm run chaos`: three processes of the service on Redis, PostgREST and a Bot API, all of which fail in every way while an
 * evening is played whose pairs are known beforehand. Then it is healed and drained: nothing may be lost, nothing come twice
 * without a reason, and no silence last. `--seed`, `--minutes` (20), `--json`; the last line is one object. Ends with code 1
 * when something is wrong, and keeps the logs in the directory of `--keep`.
 *
 * Instead of that `--check` shows that the judge finds what is broken, `--compare` plays an evening with one process and with
 * three, `--stops` stops processes 20 times under load, and `--crash` tries every point of a run of three pairs,
 * embedded, or with `--redis` on Redis.
 */
import { parseArgs } from "node:util"
import { NodeServices } from "@effect/platform-node"
import { Effect, type Scope } from "effect"
import { crashes } from "../test/chaos/crash.ts"
import { chaos } from "../test/chaos/run.ts"
import { sabotaged, withoutReceipts, withoutSweep } from "../test/chaos/sabotage.ts"
import { compare, stops } from "../test/chaos/trials.ts"
import { hasRedisServer } from "../test/fixtures/redisServer.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "20" },
    pairs: { type: "string" },
    json: { type: "boolean", default: false },
    keep: { type: "string" },
    check: { type: "boolean", default: false },
    compare: { type: "boolean", default: false },
    stops: { type: "boolean", default: false },
    crash: { type: "boolean", default: false },
    redis: { type: "boolean", default: false }
  }
})

if (!hasRedisServer) throw new Error("redis-server is not installed: `sudo apt-get install redis-server`.")

const { seed } = values
const minutes = Number(values.minutes)
const say = values.json ? () => undefined : (line: string) => console.log(line)
const pairs = Number(values.pairs ?? Math.max(1000, 500 * minutes))

/** How long a drain may stand still, in milliseconds: the outbox is swept every half minute, on a machine that may be busy. */
const patience = 180_000

/** What the judge says of a run of the source with this in it. */
const judgedWith = Effect.fnUntraced(function* (sabotage: typeof withoutSweep) {
  say(sabotage.what)
  const root = yield* sabotaged(sabotage)
  return (yield* chaos({ seed, minutes: 0.3, pairs: 200, patience, say, root })).result
}, Effect.scoped)

const checked = Effect.gen(function* () {
  const { lost } = yield* judgedWith(withoutSweep)
  const { duplicates, explained } = yield* judgedWith(withoutReceipts)
  return {
    result: { lostWithoutSweep: lost, unexplainedWithoutReceipts: duplicates - explained },
    problems: [
      ...(lost > 0 ? [] : ["nothing was lost without a sweep"]),
      ...(duplicates > explained ? [] : ["every second message had its reason without receipts"])
    ]
  }
})

/** What a run comes to, and what is wrong. */
interface Outcome {
  readonly result: object
  readonly problems: ReadonlyArray<string>
}

const trial = (): Effect.Effect<Outcome, never, Scope.Scope | NodeServices.NodeServices> => {
  if (values.check) return checked
  if (values.compare) return compare({ seed, pairs: Number(values.pairs ?? 1000), say })
  if (values.crash) return crashes(values.redis, say)
  if (values.stops) return stops(20, { seed, pairs: Number(values.pairs ?? 1000), say })
  return chaos({ seed, minutes, pairs, patience, say, ...(values.keep === undefined ? {} : { keep: values.keep }) })
}

const { problems, result } = await Effect.runPromise(trial().pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
for (const problem of problems) console.error(problem)
console.log(JSON.stringify(result))
process.exit(problems.length > 0 ? 1 : 0)
