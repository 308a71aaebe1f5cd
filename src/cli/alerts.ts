import { Console, Effect, Layer, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { AlertQueue, alertJob } from "../alert/AlertQueue.ts"
import { config } from "../Config.ts"
import { TriggerStore } from "../database/TriggerStore.ts"
import { matchLabel } from "../domain/Match.ts"
import { matchMinuteLabel } from "../domain/Snapshot.ts"
import { TriggerId } from "../domain/Trigger.ts"
import { layerLogging } from "../Logging.ts"
import { storing } from "../Touchline.ts"
import * as flags from "./flags.ts"
import { fired, table } from "./report.ts"

/** The command was not given what it needs. */
class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { message: Schema.String }) {}

const limit = Flag.Int("limit").pipe(Flag.withDefault(100), Flag.withDescription("How many to list, the latest first"))

/** Runs a command on the stores and the alert queue of the configuration; nothing scans or sends meanwhile. */
const onStores = <A, E>(command: Effect.Effect<A, E, TriggerStore | AlertQueue>) =>
  Effect.flatMap(config, (settings) =>
    Effect.provide(command, storing(settings).pipe(Layer.provideMerge(layerLogging(settings, process.stderr))))
  )

const failed = Command.make(
  "failed",
  { limit, json: flags.json },
  Effect.fn(function* ({ json, limit }) {
    const alerts = yield* onStores(Effect.flatMap(TriggerStore, (store) => store.failedAlerts(limit)))
    if (json) {
      const list = alerts.map(({ attempts, reason, trigger }) => ({
        id: trigger.id,
        ...fired(trigger),
        attempts,
        reason
      }))
      return yield* Console.log(JSON.stringify({ failed: list }))
    }
    if (alerts.length === 0) return yield* Console.log("No alert has failed.")
    yield* Console.log(
      table(
        ["id", "strategy", "match", "minute", "attempts", "reason"],
        alerts.map(({ attempts, reason, trigger }) => [
          trigger.id,
          trigger.strategyName,
          matchLabel(trigger.snapshot.match),
          `${matchMinuteLabel(trigger.snapshot.clock)}'`,
          `${attempts}`,
          reason
        ])
      )
    )
  })
).pipe(Command.withDescription("List the alerts that failed for good: attempts and reason"))

const retry = Command.make(
  "retry",
  {
    ids: Argument.String("ID").pipe(Argument.variadic(), Argument.withDescription("Ids as `alerts failed` lists them")),
    all: Flag.Boolean("all").pipe(Flag.withDefault(false), Flag.withDescription("Every failed alert"))
  },
  Effect.fn(function* ({ all, ids }) {
    if (all === ids.length > 0) {
      return yield* new UsageError({
        message: "name the alerts to retry (`alerts failed` lists them), or all with --all"
      })
    }
    const again = yield* onStores(
      Effect.gen(function* () {
        const pending = yield* (yield* TriggerStore).retry(all ? "all" : ids.map((id) => TriggerId.make(id)))
        yield* (yield* AlertQueue).offerAgain(pending.map(alertJob))
        return pending
      })
    )
    yield* Console.log(
      `${again.length} alerts are pending again: the running service sends them, or the next one started.`
    )
  })
).pipe(Command.withDescription("Send failed alerts again"))

/** `touchline alerts`: the alerts that failed, and another try. */
export const alerts = Command.make("alerts").pipe(
  Command.withDescription("Look after alerts that failed"),
  Command.withSubcommands([failed, retry])
)
