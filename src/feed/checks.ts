/** The check of the feed: one poll, and whether a scan could read what it shows. */

import { Effect, Result } from "effect"
import { check, type Finding, failed, measured, ok, warning } from "../doctor/Check.ts"
import { counted } from "../domain/counted.ts"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import type { SnapshotInput } from "../domain/Snapshot.ts"
import type { MatchFeed } from "./MatchFeed.ts"

const shownBy = (feed: string, matches: ReadonlyArray<SnapshotInput>, latencyMs: number): Finding => {
  const unreadable = matches.map(decodeSnapshot).filter(Result.isFailure)
  const [first] = unreadable
  if (first === undefined) return ok(`${feed}: ${counted(matches.length, "match", "matches")}`, latencyMs)
  const said = `${feed}: ${unreadable.length} of ${counted(matches.length, "match", "matches")} cannot be read`
  const todo = `Mend the feed. Of the first one: ${first.failure.message.slice(0, 500)}`
  return unreadable.length === matches.length ? { ...failed(said), todo } : warning(said, todo)
}

/** Asks the feed once, as a scan does. `note` is told after its name. */
export const checkFeed = <E extends { readonly message: string }, R>(
  feed: Effect.Effect<MatchFeed["Service"], E, R>,
  note = ""
) =>
  check(
    "feed",
    Effect.flatMap(feed, ({ name, poll }) =>
      Effect.map(measured(poll), ([matches, latencyMs]) => shownBy(`${name}${note}`, matches, latencyMs)).pipe(
        Effect.catchIf(
          ({ reason }) => reason === "paused",
          ({ message }) => Effect.succeed(warning(`${name}${note}: ${message}`, "Wait, or take a larger plan."))
        )
      )
    ),
    { todo: "Check FEED, and that this machine may connect to it." }
  )
