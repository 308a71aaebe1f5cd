/** Works the queue of amendments, and keeps it filled from the triggers' rows. */
import { Duration, Effect, Layer, Schedule } from "effect"
import { Amender } from "./Amender.ts"
import { Amendments } from "./Amendments.ts"
import { OutcomeStore } from "./OutcomeStore.ts"

/** Amendments that one process makes at the same time. */
const amendmentsAtOnce = 2

/** How often the rows are looked at for amendments that the queue does not know of. */
const sweepEvery = Duration.seconds(30)

/** Amendments that are looked at in one sweep: the oldest. */
const mostAmendments = 1000

/** Offers what is pending in the database: what a crash kept from the queue, the queue has lost, or was decided while it was sent. */
const sweep = Effect.gen(function* () {
  const store = yield* OutcomeStore
  yield* (yield* Amendments).offer(yield* store.pendingAmendments(mostAmendments))
}).pipe(
  Effect.catch(({ message }) =>
    Effect.logWarning("amendments could not be looked for").pipe(Effect.annotateLogs({ reason: message }))
  )
)

/** Amends messages, where they are amended at all. */
export const layerAmendWorker = Layer.effectDiscard(
  Effect.gen(function* () {
    const { queue } = yield* Amendments
    if (queue === undefined) return
    const { amend } = yield* Amender
    yield* queue.work(({ attempt, isLast, payload }) => amend({ triggerId: payload.triggerId, attempt, isLast }), {
      concurrency: amendmentsAtOnce
    })
    yield* sweep.pipe(Effect.repeat(Schedule.spaced(sweepEvery)), Effect.forkScoped)
  })
)
