/** What a channel answers to a send, an amendment or a digest, whatever it does. */
import { Duration, Effect } from "effect"
import { type AlertChannel, ChannelError } from "./AlertChannel.ts"

/** The same answer. A channel that breaks, or does not answer within this time, is `unavailable`. */
export const answered =
  ({ name }: Pick<AlertChannel["Service"], "name">, within: Duration.Duration) =>
  <A, R>(asked: () => Effect.Effect<A, ChannelError, R>): Effect.Effect<A, ChannelError, R> =>
    Effect.suspend(asked).pipe(
      Effect.timeoutOrElse({
        duration: within,
        orElse: () =>
          new ChannelError({
            channel: name,
            reason: "unavailable",
            message: `no answer within ${Duration.format(within)}`
          })
      }),
      Effect.catchDefect(
        (cause) =>
          new ChannelError({
            channel: name,
            reason: "unavailable",
            message: `the channel broke: ${cause instanceof Error ? cause.message : String(cause)}`,
            cause
          })
      )
    )
