/**
 * Calls of the database for one item each, made in one call with the others that are asked for at the same moment.
 *
 * Guarantees: an item is asked for at once when no call is under way; what comes during a call goes together in the next
 * one. An item that the database refuses fails alone: a call that is refused is made again in halves, down to that item.
 * A call without an answer fails for all of its items, as each of their own would have.
 */
import { Effect, Exit, Latch, Request, RequestResolver } from "effect"
import type { DatabaseError } from "./Database.ts"

/** Items of one call at most. */
const most = 100

interface Ask<A, B> extends Request.Request<B, DatabaseError> {
  readonly item: A
}

/**
 * Makes a call for many items a call for one. `call` answers with one value an item, in the order of the items; the same
 * item may be in there twice.
 */
export const inBulk = <A, B>(
  call: (items: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, DatabaseError>
): ((item: A) => Effect.Effect<B, DatabaseError>) => {
  const ask = Request.of<Ask<A, B>>()
  const idle = Latch.makeUnsafe(true)

  const settle = (entries: ReadonlyArray<Request.Entry<Ask<A, B>>>): Effect.Effect<void> =>
    Effect.matchEffect(call(entries.map(({ request }) => request.item)), {
      onSuccess: (answers) =>
        Effect.sync(() => {
          answers.forEach((answer, index) => {
            entries[index]?.completeUnsafe(Exit.succeed(answer))
          })
        }),
      onFailure: (error) => {
        if (error.reason === "refused" && entries.length > 1) {
          const half = Math.ceil(entries.length / 2)
          return Effect.andThen(settle(entries.slice(0, half)), settle(entries.slice(half)))
        }
        return Effect.sync(() => {
          for (const entry of entries) entry.completeUnsafe(Exit.fail(error))
        })
      }
    })

  const resolver = RequestResolver.makeWith<Ask<A, B>>({
    batchKey: () => call,
    delay: Effect.andThen(Effect.yieldNow, idle.await),
    collectWhile: ({ size }) => size < most,
    runAll: (entries) =>
      Effect.acquireUseRelease(
        idle.close,
        () => settle(entries),
        () => idle.open
      )
  })
  return (item) => Effect.request(ask({ item }), resolver)
}
