import { type Duration, Schema } from "effect"
import { Trigger } from "./Trigger.ts"

/** A trigger's message to one destination. */
export interface Alert {
  readonly trigger: Trigger
  /** The same at every attempt, for channels that take an idempotency key: with it they show no alert twice. */
  readonly idempotencyKey: string
  /** The attempt under way, counted from 1. */
  readonly attempt: number
  /** How long ago the strategy fired, where that is long enough to be told. */
  readonly late?: Duration.Duration
}

/** What a channel answered: where the message stands, so that it can be amended with the outcome later. */
export const Receipt = Schema.Struct({
  /** The channel that took the alert, such as `console`. */
  channel: Schema.NonEmptyString,
  /** The channel's id of the message, where it gives one. */
  messageId: Schema.optionalKey(Schema.String),
  /** The chat or other address that the channel sent it to, where it has one. */
  chatId: Schema.optionalKey(Schema.String),
  /** The message as sent. */
  text: Schema.String,
  /** For an alert that was taken to be told in a digest, which goes out later: `waiting`. */
  digest: Schema.optionalKey(Schema.String),
  /** What the message tells of the trigger's outcome: its revision. Absent: nothing. */
  revision: Schema.optionalKey(Schema.Int)
})
export interface Receipt extends Schema.Schema.Type<typeof Receipt> {}

/** Alerts that came beyond what a chat gets in an hour, told together. */
export const Digest = Schema.Struct({
  chat: Schema.String,
  /** The ids of the triggers. */
  ids: Schema.Array(Trigger.fields.id),
  /** What the first of them are about. */
  alerts: Schema.Array(
    Schema.Struct({ strategyName: Trigger.fields.strategyName, snapshot: Trigger.fields.snapshot }).pipe(
      Schema.encodeKeys({ strategyName: "strategy_name" })
    )
  )
})
export interface Digest extends Schema.Schema.Type<typeof Digest> {}

/** A message that was sent and is to tell what became of its trigger, whose `outcome` says so. */
export interface Amendment {
  readonly trigger: Trigger
  /** What the channel answered when it took the alert. */
  readonly receipt: Receipt
  /** The attempt under way, counted from 1. */
  readonly attempt: number
  /** Whether the message is changed or answered. */
  readonly as: "edit" | "reply"
}
