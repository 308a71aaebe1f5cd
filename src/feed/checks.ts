/** The check of the feed: one poll. */
import { Effect } from "effect"
import { check, measured, ok, warning } from "../doctor/Check.ts"
import type { MatchFeed } from "./MatchFeed.ts"

/** Asks the feed once, as a scan does. `note` is told after its name. */
export const checkFeed = <E extends { readonly message: string }, R>(
  feed: Effect.Effect<MatchFeed["Service"], E, R>,
  note = ""
) =>
  check(
    "feed",
    Effect.flatMap(feed, ({ name, poll }) =>
      Effect.map(measured(poll), ([matches, latencyMs]) =>
        ok(`${name}${note}: ${matches.length} matches`, latencyMs)
      ).pipe(
        Effect.catchIf(
          ({ reason }) => reason === "paused",
          ({ message }) => Effect.succeed(warning(`${name}${note}: ${message}`, "Wait, or take a larger plan."))
        )
      )
    ),
    { todo: "Check FEED, and that this machine may connect to it." }
  )
