/**
 * Where alerts go. A channel sends one alert to one destination and answers with a receipt; it knows no queue and keeps
 * no state. Retries, order and pace belong to the queue: a channel says only why it failed.
 */
import { Context, type Duration, type Effect, Schema } from "effect"
import type { Alert, Amendment, Digest, Receipt } from "../domain/Alert.ts"

/**
 * A channel that did not take an alert. The reason decides what happens next: `unavailable` is tried again as the retry
 * policy says, `refused` (this message) never, `blocked` (whoever holds the destination wants nothing from us) neither. Without using up an attempt, `congested` (this destination takes no more for
 * now) is tried again after `retryAfter`, `rate-limited` (the channel takes no more from us for now) as well, with all other
 * alerts, and `barred` (the channel takes nothing from us until a setting is put right) is tried every now and then.
 */
export class ChannelError extends Schema.TaggedError<ChannelError>()("ChannelError", {
  channel: Schema.String,
  reason: Schema.Literals(["unavailable", "congested", "rate-limited", "barred", "refused", "blocked"]),
  /** What the channel answered. It never holds a secret. */
  message: Schema.String,
  /** How long to wait, for `congested` and `rate-limited`. */
  retryAfter: Schema.optionalKey(Schema.Duration),
  /** For `congested` and `blocked`: what takes no more, such as a chat. For `congested`, how often it takes an alert. Default: the owner's, each second. */
  destination: Schema.optionalKey(Schema.String),
  every: Schema.optionalKey(Schema.Duration),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** The error of a destination that takes no more, put off for so long. */
export const congestedFor = ({ channel, destination, every, message }: ChannelError, retryAfter: Duration.Duration) =>
  new ChannelError({
    channel,
    reason: "congested",
    message,
    retryAfter,
    ...(destination === undefined ? {} : { destination }),
    ...(every === undefined ? {} : { every })
  })

export class AlertChannel extends Context.Service<
  AlertChannel,
  {
    /** What the banner and receipts call it, such as `console`. */
    readonly name: string
    /** Whether what it takes stands in the log anyway, so that no other line need tell of it. */
    readonly isInLog?: boolean
    readonly send: (alert: Alert) => Effect.Effect<Receipt, ChannelError>
    /**
     * Tells what became of an alert that this channel took, in its message or as an answer to it, and answers with the alert's
     * receipt. A message that tells so already is as good as amended; `refused` is one that cannot be amended. Absent: the
     * channel cannot change what it has sent.
     */
    readonly edit?: (amendment: Amendment) => Effect.Effect<Receipt, ChannelError>
    /**
     * Tells of alerts that it took with a receipt that says `digest`, in one message, and answers with that message's receipt.
     * Absent: the channel gathers none.
     */
    readonly digest?: (digest: Digest) => Effect.Effect<Receipt, ChannelError>
  }
>()("touchline/alert/AlertChannel") {}
