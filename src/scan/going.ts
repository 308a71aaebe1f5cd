/**
 * Which matches go on: those whose clock stands still, as that of a feed that froze, are told once and left out until they
 * move.
 */
import { Duration, Effect } from "effect"
import { matchLabel } from "../domain/Match.ts"
import { isInPlay, matchMinuteLabel, type Snapshot } from "../domain/Snapshot.ts"
import { isFrozen, type Standing, stand } from "../domain/Standing.ts"
import { steadyMillis } from "../health/steady.ts"

/** The clock of a match that no poll has shown for so long is forgotten. */
const forgetAfter = Duration.toMillis(Duration.hours(6))

/**
 * Watches the clocks of matches, and answers with the matches that go on and those in play whose clock stands. `shownAt` says when
 * a match was shown so, where that is not now.
 */
export const makeGoing = (shownAt: (matchId: string) => number | undefined = () => undefined) => {
  const clocks = new Map<string, { readonly standing: Standing; readonly seen: number }>()

  const told = (snapshot: Snapshot, line: string, { millis }: Standing) =>
    Effect.logWarning(line).pipe(
      Effect.annotateLogs({
        match: matchLabel(snapshot.match),
        minute: matchMinuteLabel(snapshot.clock),
        minutes: Math.round(millis / 60_000)
      })
    )

  return Effect.fnUntraced(function* (snapshots: ReadonlyArray<Snapshot>) {
    const now = yield* steadyMillis
    const goes: Array<Snapshot> = []
    const stands: Array<Snapshot> = []
    for (const snapshot of snapshots) {
      const { id } = snapshot.match
      const before = clocks.get(id)?.standing
      const standing = stand(before, snapshot.clock, shownAt(id) ?? now)
      clocks.set(id, { standing, seen: now })
      const wasFrozen = before !== undefined && isFrozen(before)
      if (!isFrozen(standing)) goes.push(snapshot)
      else if (isInPlay(snapshot.clock)) stands.push(snapshot)
      if (isFrozen(standing) && !wasFrozen)
        yield* told(snapshot, "the clock of a match stands still; nothing fires on it until it moves", standing)
      if (wasFrozen && !isFrozen(standing)) yield* told(snapshot, "the clock of a match moves again", before)
    }
    for (const [id, { seen }] of clocks) if (seen < now - forgetAfter) clocks.delete(id)
    return { goes, stands }
  })
}
