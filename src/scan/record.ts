/**
 * The second stage of a scan: what matches look like now becomes part of their past, and those in play become views, but for
 * those whose clock stands still. Answers with the views, and with the pasts of all.
 */
import { Effect } from "effect"
import { isInPlay, type Snapshot } from "../domain/Snapshot.ts"
import { MatchFeed } from "../feed/MatchFeed.ts"
import { Health } from "../health/Health.ts"
import { MatchHistory, type Timelines } from "../history/MatchHistory.ts"
import type { View } from "../rules/evaluate.ts"
import { makeGoing } from "./going.ts"

const inPlay = (snapshots: ReadonlyArray<Snapshot>, timelines: Timelines) => ({
  timelines,
  views: snapshots
    .filter(({ clock }) => isInPlay(clock))
    .map((snapshot): View => ({ snapshot, timeline: timelines.get(snapshot.match.id) ?? [] }))
})

export const makeRecord = Effect.gen(function* () {
  const history = yield* MatchHistory
  const health = yield* Health
  const { shownAt } = yield* MatchFeed
  const going = makeGoing(shownAt)
  return Effect.fn("Scanner.record")(function* (snapshots: ReadonlyArray<Snapshot>) {
    const timelines = yield* history.record(snapshots)
    const { goes, stands } = yield* going(snapshots)
    yield* health.clocks(
      snapshots.map(({ match }) => match.id),
      stands.map(({ clock: { added, minute, period }, match }) => ({ match: match.id, period, minute, added }))
    )
    return inPlay(goes, timelines)
  })
})

/** The same for a scan that leaves no trace. */
export const makeLook = Effect.map(MatchHistory, (history) =>
  Effect.fn("Scanner.look")(function* (snapshots: ReadonlyArray<Snapshot>) {
    return inPlay(snapshots, yield* history.look(snapshots))
  })
)
