/** Days as readers count them: from midnight to midnight in their time zone, or from when the first hour that it has begins. */
import { DateTime, Option } from "effect"

/** A time zone that there is. */
export const zoneOf = (text: string | undefined): string | undefined =>
  text !== undefined && Option.isSome(DateTime.zoneMakeNamed(text)) ? text : undefined

/**
 * When a day such as `2026-11-27` begins, and the next one does. None of what is no day, and of a year that databases and
 * browsers write in another way.
 */
export const dayOf = (day: string, zone = "UTC") => {
  if (!/^[12]\d{3}-\d\d-\d\d$/.test(day)) return undefined
  const beginOf = (date: string) => DateTime.makeZoned(date, { timeZone: zone, adjustForTimeZone: true })
  // Not a day after it begins: where clocks go on at midnight, the day begins at one o'clock and the next one does not.
  const date = Option.filter(DateTime.make(day), (made) => DateTime.formatIsoDateUtc(made) === day)
  const next = Option.map(date, (made) => DateTime.formatIsoDateUtc(DateTime.add(made, { days: 1 })))
  return Option.getOrUndefined(
    Option.all({
      since: Option.map(beginOf(day), DateTime.toUtc),
      until: Option.map(Option.flatMap(next, beginOf), DateTime.toUtc)
    })
  )
}
