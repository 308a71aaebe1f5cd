import { Console, DateTime, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { drainAlerts } from "../alert/drain.ts"
import { config } from "../Config.ts"
import { TriggerStore } from "../database/TriggerStore.ts"
import type { Candidate } from "../domain/Trigger.ts"
import { layerLogging } from "../Logging.ts"
import { Scanner } from "../scan/Scanner.ts"
import { alerting, configuredFeed, pipeline } from "../Touchline.ts"
import * as flags from "./flags.ts"
import { fired, firedTable } from "./report.ts"

/** More triggers than one scan creates. */
const mostTriggers = 1_000_000

const firedWithEvidence = (candidates: ReadonlyArray<Candidate>) =>
  candidates.map((candidate) => ({ ...fired(candidate), evidence: candidate.evidence }))

const preview = Effect.fnUntraced(function* (json: boolean) {
  const { candidates, dropped, leftOut, snapshots, strategies, triggered } = yield* (yield* Scanner).preview
  if (json) {
    const counts = { matches: snapshots, dropped, strategies, leftOut, alreadyTriggered: triggered }
    return yield* Console.log(JSON.stringify({ dryRun: true, ...counts, fired: firedWithEvidence(candidates) }))
  }
  if (candidates.length > 0) yield* Console.log(`${firedTable(candidates)}\n`)
  yield* Console.log(
    `Dry run: ${snapshots} matches, ${strategies} strategies: ${candidates.length} would fire, ${triggered} fired before. Nothing was created or sent.`
  )
})

const once = Effect.fnUntraced(function* (json: boolean) {
  const store = yield* TriggerStore
  const before = yield* DateTime.now
  const report = yield* (yield* Scanner).scan
  yield* drainAlerts.pipe(Effect.provide(alerting))
  const created = yield* store.since(before, mostTriggers)
  const triggers = created.filter(({ triggeredAt }) => DateTime.isGreaterThanOrEqualTo(triggeredAt, before))
  const alertsSent = triggers.filter(({ alertState }) => alertState === "sent").length
  const alertsFailed = triggers.filter(({ alertState }) => alertState === "failed").length
  if (json) {
    const { dropped, duplicates, snapshots } = report
    const counts = { matches: snapshots, dropped, triggers: report.triggers, duplicates, alertsSent, alertsFailed }
    return yield* Console.log(JSON.stringify({ dryRun: false, ...counts, fired: firedWithEvidence(triggers) }))
  }
  if (triggers.length > 0) yield* Console.log(`${firedTable(triggers)}\n`)
  yield* Console.log(
    `${report.snapshots} matches: ${report.triggers} triggers, ${alertsSent} alerts sent, ${alertsFailed} failed.`
  )
})

/** `touchline scan`: one cycle, its alerts included, then the end. */
export const scan = Command.make(
  "scan",
  {
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Create and send nothing; print what would fire, and why")
    ),
    json: flags.json,
    matches: flags.matches,
    seed: flags.seed,
    speed: flags.speed(20),
    strategies: flags.strategies
  },
  Effect.fn(function* ({ dryRun, json, strategies, ...simulation }) {
    const settings = yield* config
    const parts = {
      config: settings,
      feed: configuredFeed(settings, simulation),
      ...(Option.isSome(strategies) ? { strategies: strategies.value } : {})
    }
    yield* (dryRun ? preview(json) : once(json)).pipe(
      Effect.provide(pipeline(parts).pipe(Layer.provideMerge(layerLogging(settings, process.stderr))))
    )
  })
).pipe(
  Command.withDescription("Run exactly one scan, send its alerts, and exit"),
  Command.withExamples([{ command: "touchline scan --dry-run", description: "Show what would fire now, and why" }])
)
