/**
 * The fast check whether a pair has been triggered already, before the database is asked.
 *
 * Guarantees nothing and needs to guarantee nothing: a pair it forgot (its time to live passed, the process restarted)
 * goes to the database, whose unique index is the authority. It must never claim to know a pair that was not
 * remembered, for that would lose a trigger: remember pairs only after the database has them.
 */
import { Clock, Context, Duration, Effect, Layer } from "effect"
import { dedupKey, type Pair } from "../domain/Trigger.ts"

export class Dedup extends Context.Service<
  Dedup,
  {
    /** What the banner calls it, such as `in memory`. */
    readonly name: string
    /** How long a pair is remembered. A scan looks at the database again for what it knows itself as often as that. */
    readonly ttl: Duration.Duration
    /** Those of the pairs that are not remembered, in their order. One round trip for the batch. */
    readonly unknown: (pairs: ReadonlyArray<Pair>) => Effect.Effect<ReadonlyArray<Pair>>
    /** Remembers pairs for the time to live, counted anew from now. */
    readonly remember: (pairs: ReadonlyArray<Pair>) => Effect.Effect<void>
  }
>()("touchline/dedup/Dedup") {
  /**
   * For a process that shares its matches with no other: it remembers nothing, because a scan knows by itself what this process
   * has seen, for the time to live.
   */
  static readonly layerProcess = ({ ttl }: { readonly ttl: Duration.Duration }) =>
    Layer.succeed(
      Dedup,
      Dedup.of({
        name: `in memory, for ${Duration.format(ttl)}`,
        ttl,
        unknown: (pairs) => Effect.succeed(pairs),
        remember: () => Effect.void
      })
    )

  /** In memory, for tests and for several scanners in one process: each pair for `ttl` from when it was last remembered. */
  static readonly layerMemory = ({ ttl }: { readonly ttl: Duration.Duration }) =>
    Layer.sync(Dedup, () => {
      /** When each key expires, in milliseconds since the epoch; the soonest first, since all live equally long. */
      const expiries = new Map<string, number>()
      return Dedup.of({
        name: `in memory, for ${Duration.format(ttl)}`,
        ttl,
        unknown: Effect.fn("Dedup.unknown")(function* (pairs) {
          const now = yield* Clock.currentTimeMillis
          return pairs.filter((pair) => (expiries.get(dedupKey(pair)) ?? 0) <= now)
        }),
        remember: Effect.fn("Dedup.remember")(function* (pairs) {
          const now = yield* Clock.currentTimeMillis
          for (const [key, expiry] of expiries) {
            if (expiry > now) break
            expiries.delete(key)
          }
          for (const pair of pairs) {
            expiries.delete(dedupKey(pair))
            expiries.set(dedupKey(pair), now + Duration.toMillis(ttl))
          }
        })
      })
    })
}
