/** What the doctor says of leagues that are to be watched and that a provider does not have. */
import { Effect } from "effect"
import { type Finding, warning } from "../../doctor/Check.ts"
import { type FeedError, isFeedError } from "../MatchFeed.ts"

/** Where leagues are named, and who is to have them. */
export interface Leagues {
  readonly setting: string
  readonly provider: string
}

/** `otherwise`, unless there are leagues that the provider does not have; that they could not be looked up is told too. */
export const unlessLeaguesLack = <E, R>(
  { provider, setting }: Leagues,
  unknown: Effect.Effect<ReadonlyArray<number>, FeedError | E, R>,
  otherwise: Finding
) =>
  Effect.map(
    Effect.catchIf(
      unknown,
      (error): error is FeedError => isFeedError(error),
      ({ message }) => Effect.succeed(message)
    ),
    (found): Finding => {
      if (typeof found === "string") {
        return warning(
          `${otherwise.message}; the leagues of ${setting} could not be looked up: ${found}`,
          `Check ${setting}, and try again.`
        )
      }
      if (found.length === 0) return otherwise
      return warning(
        `${otherwise.message}; ${provider} shows nothing of ${found.join(", ")} (${setting}): the account has no such league`,
        `Mend ${setting}, or take a plan that has what it names.`
      )
    }
  )
