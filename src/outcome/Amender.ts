/**
 * Amends the message of one trigger with what became of it.
 *
 * Guarantees: what a message tells is recorded with its receipt, so it is not told again, however often the job runs. Amendments
 * go behind alerts: none is made while alerts wait to be sent. A message that cannot be amended any more (it was deleted, it
 * is too old, its chat is gone) ends the amendment without a word to anybody, and so does one whose chat takes nothing any more from
 * the owner: what they call their strategy by then would come with it.
 */
import { Context, Duration, Effect, Layer, Option } from "effect"
import { AlertChannel } from "../alert/AlertChannel.ts"
import { Alerter } from "../alert/Alerter.ts"
import { AlertQueue } from "../alert/AlertQueue.ts"
import { AlertTimes } from "../alert/AlertTimes.ts"
import { answered } from "../alert/answered.ts"
import type { Amendment } from "../domain/Alert.ts"
import type { TriggerId } from "../domain/Trigger.ts"
import { JobFailure } from "../queue/JobFailure.ts"
import type { ResultMode } from "../ServiceConfig.ts"
import { OutcomeStore } from "./OutcomeStore.ts"

/** How long an amendment is put off when alerts wait. */
const behindAlerts = Duration.seconds(1)

/** One attempt at an amendment. */
export interface AmendAttempt {
  readonly triggerId: TriggerId
  /** Counted from 1. */
  readonly attempt: number
  readonly isLast: boolean
}

const retry = ({ message }: { readonly message: string }) => new JobFailure({ reason: "retry", message })

export class Amender extends Context.Service<
  Amender,
  {
    /** Makes one attempt. Its failure says whether and when to make another. */
    readonly amend: (attempt: AmendAttempt) => Effect.Effect<void, JobFailure>
  }
>()("touchline/outcome/Amender") {
  /** Through the AlertChannel in use, if it can amend what it has sent. */
  static readonly layer = ({ as }: { readonly as: ResultMode }) =>
    Layer.effect(
      Amender,
      Effect.gen(function* () {
        const channel = yield* AlertChannel
        const { breaker } = yield* Alerter
        const times = yield* AlertTimes
        const alerts = yield* AlertQueue
        const store = yield* OutcomeStore

        const asked = answered(channel, times.send)
        const edit = (amendment: Amendment) =>
          asked(() => channel.edit?.(amendment) ?? Effect.succeed(amendment.receipt))

        return Amender.of({
          amend: Effect.fn("Amender.amend")(function* ({ attempt, isLast, triggerId }) {
            // Before the row is read: an alert that is being sent is in it afterwards, with what it tells.
            const { active, waiting } = yield* Effect.mapError(alerts.counts, retry)
            if (active + waiting > 0) {
              return yield* new JobFailure({ reason: "postpone", message: "alerts go first", delay: behindAlerts })
            }
            const found = yield* Effect.mapError(store.told(triggerId), retry)
            if (Option.isNone(found)) return
            const { isStopped, receipt, trigger } = found.value
            const revision = trigger.outcome?.revision ?? 0
            const told = { ...receipt, revision }
            const isTold = (receipt.revision ?? 0) === revision
            if (isTold || isStopped || channel.edit === undefined || as === "off" || receipt.channel !== channel.name) {
              return yield* Effect.mapError(store.amended(triggerId, "done", told), retry)
            }
            yield* breaker.send({ triggerId, isLast }, edit({ trigger, receipt, attempt, as })).pipe(
              Effect.matchEffect({
                onSuccess: () => Effect.mapError(store.amended(triggerId, "done", told), retry),
                onFailure: (failure) =>
                  failure.reason === "give-up"
                    ? Effect.mapError(store.amended(triggerId, "failed", told), retry).pipe(
                        Effect.andThen(Effect.logDebug("a message could not be amended")),
                        Effect.annotateLogs({ trigger: triggerId, channel: channel.name, reason: failure.message })
                      )
                    : Effect.fail(failure)
              })
            )
          })
        })
      })
    )
}
