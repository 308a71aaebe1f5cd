/** How long a provider asks to be left alone, by the `Retry-After` of an answer: seconds, or a date. */
import { DateTime, Option } from "effect"
import type { Answer } from "./ProviderClient.ts"

/** Limits are renewed within an hour, or looked at again then, whatever is said. */
const longest = 3_600_000

/** A wait that was told in seconds, in milliseconds. */
export const waitOf = (seconds: number): number => 1000 * Math.min(longest / 1000, Math.max(0, seconds))

/** That wait from now on, in milliseconds. None where the answer does not say, or says what nobody can read. */
export const waitIn = ({ headers }: Pick<Answer, "headers">, now: number): number | undefined => {
  const told = headers["retry-after"]?.trim() ?? ""
  if (/^\d+$/.test(told)) return waitOf(Number(told))
  // A number of another form is no date, though it can be read as one.
  if (!/[a-z]/i.test(told)) return undefined
  const until = Option.map(DateTime.make(told), DateTime.toEpochMillis)
  return Option.isSome(until) ? waitOf((until.value - now) / 1000) : undefined
}
