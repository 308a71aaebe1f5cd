/**
 * The queue of amendments, `amend-alert`: messages that were sent and are to tell what became of their trigger.
 *
 * Guarantees: the trigger's row says that its message is to be amended, and what is forgotten here is offered again from there.
 * A job names the trigger alone and tells what holds when it is worked, so a revision takes the place of an amendment that waits.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { alertRetryPolicy } from "../alert/AlertQueue.ts"
import { idPart, TriggerId } from "../domain/Trigger.ts"
import { type JobQueue, makeJobQueue } from "../queue/JobQueue.ts"

/** A job of the queue: whose message to amend. */
export const AmendJob = Schema.Struct({ triggerId: TriggerId })
export interface AmendJob extends Schema.Schema.Type<typeof AmendJob> {}

/** The job that amends a trigger's message. Its id comes from the trigger's, so that offering it twice is harmless. */
export const amendJob = (triggerId: TriggerId) => ({ id: `amend-${idPart(triggerId)}`, payload: { triggerId } })

/** Failed jobs that the queue keeps; the triggers' rows know of all. */
const keptFailed = 1000

export class Amendments extends Context.Service<
  Amendments,
  {
    /** Undefined where messages are not amended. */
    readonly queue: JobQueue<AmendJob> | undefined
    /** Has these messages amended. What the queue does not take is offered again from the triggers' rows. */
    readonly offer: (ids: ReadonlyArray<TriggerId>) => Effect.Effect<void>
  }
>()("touchline/outcome/Amendments") {
  /** On the QueueBackend. */
  static readonly layer = Layer.effect(
    Amendments,
    Effect.gen(function* () {
      const queue = yield* makeJobQueue({
        name: "amend-alert",
        payload: AmendJob,
        retry: alertRetryPolicy,
        keepFailed: keptFailed
      })
      return Amendments.of({
        queue,
        offer: (ids) =>
          queue
            .offerAgain(ids.map(amendJob))
            .pipe(
              Effect.catch(({ message }) =>
                Effect.logWarning("amendments wait until the queue takes them").pipe(
                  Effect.annotateLogs({ amendments: ids.length, reason: message })
                )
              )
            )
      })
    })
  )

  /** No message is amended. */
  static readonly layerNone = Layer.succeed(Amendments, Amendments.of({ queue: undefined, offer: () => Effect.void }))
}
