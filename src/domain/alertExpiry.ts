/** How long an alert is of use. */
import { DateTime, Duration, Option } from "effect"
import type { Trigger } from "./Trigger.ts"

/** How long after kick-off an alert is of use: as long as a match may take with all that comes after it. */
const afterKickOff = Duration.hours(3)

/** How long after its trigger an alert is of use at least. */
const afterTrigger = Duration.minutes(30)

/**
 * When the alert of a trigger is too late to be of use: so long after the trigger or, without that, 3 h after kick-off or
 * 30 min after the trigger, whichever is later. As `alert_expiry` in the database.
 */
export const alertExpiry = (
  { expiresAt, snapshot, triggeredAt }: Pick<Trigger, "expiresAt" | "snapshot" | "triggeredAt">,
  expires: Option.Option<Duration.Duration>
): DateTime.Utc => {
  if (expiresAt !== undefined) return expiresAt
  if (Option.isSome(expires)) return DateTime.addDuration(triggeredAt, expires.value)
  return DateTime.max(
    DateTime.addDuration(snapshot.match.kickOff, afterKickOff),
    DateTime.addDuration(triggeredAt, afterTrigger)
  )
}

/** Until when an alert that somebody asks for again now is of use. */
export const askedUntil = (now: DateTime.Utc, expires: Option.Option<Duration.Duration>): DateTime.Utc =>
  DateTime.addDuration(
    now,
    Option.getOrElse(expires, () => afterTrigger)
  )
