/**
 * The last stage of a scan: alerts of what was created go to the queue, and the pairs are remembered. An alert that the queue
 * does not take stays pending in the database, from where it is offered again.
 */
import { Clock, Effect } from "effect"
import { AlertQueue, alertJob } from "../alert/AlertQueue.ts"
import { makeTurns } from "../alert/Turns.ts"
import type { NewTrigger } from "../database/TriggerStore.ts"
import type { Dedup } from "../dedup/Dedup.ts"
import { matchLabel } from "../domain/Match.ts"
import { matchMinuteLabel } from "../domain/Snapshot.ts"
import type { OwnerId, StrategyId } from "../domain/Strategy.ts"
import { pairOf, type TriggerId } from "../domain/Trigger.ts"
import { steadyMillis } from "../health/steady.ts"
import { parentNow } from "../telemetry/TraceParent.ts"
import type { Batch } from "./create.ts"
import type { KnownPairs } from "./KnownPairs.ts"

const logTrigger = ({ id, snapshot, strategyName }: NewTrigger) =>
  Effect.logInfo("trigger created").pipe(
    Effect.annotateLogs({
      trigger: id,
      strategy: strategyName,
      match: matchLabel(snapshot.match),
      minute: matchMinuteLabel(snapshot.clock),
      score: `${snapshot.score.home}-${snapshot.score.away}`
    })
  )

export const makeOffer = (known: KnownPairs, dedup: Dedup["Service"]) =>
  Effect.map(AlertQueue, (queue) => {
    const turns = makeTurns()
    const offer = (ids: ReadonlyArray<readonly [id: TriggerId, turn: number]>) =>
      Effect.flatMap(parentNow, (traced) => queue.offer(ids.map(([id, turn]) => alertJob(id, turn, traced)))).pipe(
        Effect.catch(({ message }) =>
          Effect.logWarning("alerts wait in the outbox until the queue takes them").pipe(
            Effect.annotateLogs({ alerts: ids.length, reason: message })
          )
        )
      )

    return Effect.fn("Scanner.offer")(function* ({
      held,
      known: before,
      owners,
      pending,
      refused,
      triggers
    }: Batch & { readonly owners: ReadonlyMap<StrategyId, OwnerId | undefined> }) {
      const now = yield* Clock.currentTimeMillis
      const created = triggers.map(pairOf)
      const steady = yield* steadyMillis
      for (const pair of [...created, ...before, ...held, ...refused]) known.add(pair, steady)
      yield* Effect.forEach(triggers, logTrigger, { discard: true })
      yield* Effect.all(
        [
          offer([
            ...triggers.map(({ id, strategyId }) => [id, turns(owners.get(strategyId), now)] as const),
            ...pending.map((id) => [id, now] as const)
          ]),
          dedup.remember([...created, ...before])
        ],
        {
          concurrency: 2,
          discard: true
        }
      )
      return { triggers: triggers.length, duplicates: before.length }
    })
  })
