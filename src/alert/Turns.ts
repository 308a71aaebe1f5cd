/**
 * The order in which alerts wait: owners in turn, and each owner's oldest first.
 *
 * Guarantees: an owner has one turn in each `turnEvery`, which is about as many messages as a chat takes. However many
 * alerts an owner fires at a time, those of others that come meanwhile go before all but the first few of them. A turn is a
 * moment: alerts that fired earlier go first, and nobody waits for a turn that nobody else wants.
 */
import { idPart } from "../domain/Trigger.ts"

/** The time between two turns of an owner, in milliseconds. */
export const turnEvery = 1100

/** Owners that are remembered before those are forgotten whose turns are over. */
const manyOwners = 10_000

/** BullMQ's priorities go to 2^21, and those that are lower go first. Turns a second apart differ for 24 days. */
const priorities = 2 ** 21 - 1

/** The priority of a job by its turn, in milliseconds since 1970. */
export const priorityOf = (turn: number): number => 1 + (Math.floor(turn / 1000) % priorities)

/** Whose turn it is: the operator's strategies, which have no owner, are those of one. */
const ownerKey = (owner: string | null | undefined): string => (owner == null ? "" : `:${idPart(owner)}`)

/** Hands out turns, beginning with this moment. */
export const makeTurns = () => {
  /** The last turn of each owner. */
  const last = new Map<string, number>()
  return (owner: string | null | undefined, now: number): number => {
    const key = ownerKey(owner)
    if (last.size >= manyOwners) for (const [each, turn] of last) if (turn + turnEvery < now) last.delete(each)
    const turn = Math.max(now, (last.get(key) ?? Number.NEGATIVE_INFINITY) + turnEvery)
    last.set(key, turn)
    return turn
  }
}
