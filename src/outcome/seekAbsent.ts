/**
 * Looks for matches that have open triggers and that the feed does not show: their end came while nobody looked, they left the
 * feed too early, or they wait for a day on which they go on.
 *
 * Guarantees: each is asked for where the feed can tell (`MatchFeed.finished`), the oldest first, again after pauses that grow to
 * half an hour. What is not found does not stay open for ever: it becomes void when a bounded time is over since it was seen,
 * or since it waits. That a match waits, and since when, is kept in the database. What was judged at its end is asked for twice
 * more within the time of corrections, should the feed not show it any more.
 */
import { Array as Arr, Clock, Deferred, Duration, Effect, Result } from "effect"
import type { DatabaseError } from "../database/Database.ts"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { compareMatchMinutes, isOver, isWaiting, type MatchStatus, type Snapshot } from "../domain/Snapshot.ts"
import type { FeedError, MatchFeed } from "../feed/MatchFeed.ts"
import { makeOutage } from "../health/Outage.ts"
import type { MatchHistory, Timelines } from "../history/MatchHistory.ts"
import type { AbsentMatch, MatchWait, OutcomeStore } from "./OutcomeStore.ts"

/** Matches that the feed is asked about in one call. */
const matchesPerCall = 50

/** How many matches are looked at in one pass. */
const mostMatches = 5000

/** How long the feed may take over one answer. */
const lookUpTimeout = Duration.seconds(30)

/** The pauses between two questions about a match: one minute, two, and so on. */
const firstPause = Duration.minutes(1)
const longestPause = Duration.minutes(30)

/** When a match whose end was judged is asked for again, of the time within which corrections count. */
const correctionsAt = [1 / 3, 5 / 6]

export interface SeekAbsentOptions {
  readonly store: OutcomeStore["Service"]
  readonly feed: MatchFeed["Service"]
  readonly history: MatchHistory["Service"]
  readonly unseenAfter: Duration.Duration
  readonly waitsAtMost: Duration.Duration
  readonly correctedWithin: Duration.Duration
  /** The matches with final verdicts that may be revised still, and when they became final. */
  readonly correctable: (now: number) => ReadonlyMap<string, number>
  /** These matches were found. */
  readonly found: (snapshots: ReadonlyArray<Snapshot>, timelines: Timelines) => Effect.Effect<void>
  /** The open triggers of this match become void. */
  readonly giveUp: (matchId: string, reason: string) => Effect.Effect<void, DatabaseError>
}

/** A match that the feed shows, and since when its clock has not moved. */
interface Shown {
  readonly clock: Snapshot["clock"]
  readonly since: number
}

/** A match that was asked for. */
interface Asked {
  readonly pause: Duration.Duration
  readonly next: number
}

export const makeSeekAbsent = Effect.fnUntraced(function* (options: SeekAbsentOptions) {
  const { correctable, correctedWithin, feed, found, giveUp, history, store, unseenAfter, waitsAtMost } = options
  const firstObservation = yield* Deferred.make<void>()
  /** What the feed showed last, and which of it is noted as waiting. */
  let shown = new Map<string, Shown>()
  const waiting = new Map<string, MatchStatus>()
  const asked = new Map<string, Asked>()
  /**
   * What is known of a match since when, at the time at which its triggers became void. Those of them that cannot be read stay
   * open, and are no reason to look for it for ever.
   */
  const givenUp = new Map<string, number>()
  /** How often a match was asked for after its end was judged. */
  const askedAgain = new Map<string, number>()
  let isFirst = true
  const outage = makeOutage({
    part: "results",
    begins: "matches that left the feed cannot be looked up; they are tried again",
    ends: "matches that left the feed are looked up again",
    fields: { feed: feed.name }
  })

  /** Notes what waits now, and what does not any more. */
  const noteWaits = Effect.fnUntraced(function* (now: number, statuses: Iterable<readonly [string, MatchStatus]>) {
    const waits: Array<MatchWait> = []
    for (const [matchId, status] of statuses) {
      if (isWaiting({ status })) {
        if (waiting.get(matchId) !== status) waits.push({ matchId, status, since: now })
      } else if (waiting.has(matchId) || isFirst) waits.push({ matchId, since: now })
    }
    yield* store.noteWaits(waits)
    for (const { matchId, status } of waits) {
      if (status === undefined) waiting.delete(matchId)
      else waiting.set(matchId, status)
    }
  })

  const lookUp = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    if (feed.finished === undefined) return []
    const answers = yield* feed.finished(ids).pipe(
      Effect.timeoutOrElse({
        duration: lookUpTimeout,
        orElse: () => Effect.fail({ message: `no answer within ${Duration.format(lookUpTimeout)}` })
      }),
      Effect.catchDefect((defect) => Effect.fail({ message: `the feed broke: ${String(defect)}` })),
      Effect.tap(() => outage.over),
      Effect.catch((error: FeedError | { readonly message: string }) => Effect.as(outage.met(error.message), []))
    )
    return answers.flatMap((answer) => {
      const decoded = decodeSnapshot(answer)
      return Result.isSuccess(decoded) ? [decoded.success.snapshot] : []
    })
  })

  const later = (matchId: string, now: number): void => {
    const before = asked.get(matchId)
    const pause = before === undefined ? firstPause : Duration.min(Duration.times(before.pause, 2), longestPause)
    asked.set(matchId, { pause, next: now + Duration.toMillis(pause) })
  }

  /** Asks for matches, and answers with those whose end was found. */
  const ask = Effect.fnUntraced(function* (ids: ReadonlyArray<string>, now: number) {
    const ended = new Set<string>()
    for (const page of Arr.chunksOf(ids, matchesPerCall)) {
      for (const id of page) later(id, now)
      const snapshots = yield* lookUp(page)
      yield* noteWaits(
        now,
        snapshots.map(({ clock, match }) => [match.id, clock.status] as const)
      )
      yield* found(snapshots, yield* history.record(snapshots))
      for (const { clock, match } of snapshots) if (isOver(clock)) ended.add(match.id)
    }
    return ended
  })

  /** Those whose end was judged, that are not shown any more, and that are to be asked for now whether it was corrected. */
  const toAskAgain = (now: number): ReadonlyArray<string> => {
    const ended = correctable(now)
    for (const id of askedAgain.keys()) if (!ended.has(id)) askedAgain.delete(id)
    return [...ended].flatMap(([id, finalAt]) => {
      const share = (now - finalAt) / Duration.toMillis(correctedWithin)
      const due = correctionsAt.filter((at) => at <= share).length
      if (shown.has(id) || due <= (askedAgain.get(id) ?? 0)) return []
      askedAgain.set(id, due)
      return [id]
    })
  }

  const boundOf = ({ since, status }: AbsentMatch, now: number): string | undefined => {
    const bound = status === undefined ? unseenAfter : waitsAtMost
    if (now - since < Duration.toMillis(bound)) return undefined
    const hours = Duration.format(bound)
    return status === undefined
      ? `the end of the match was not seen within ${hours}`
      : `the match was ${status} and did not go on within ${hours}`
  }

  return {
    /** Done when the feed has shown what it has. */
    firstObservation: Deferred.await(firstObservation),
    observed: (snapshots: ReadonlyArray<Snapshot>) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        shown = new Map(
          snapshots.map(({ clock, match }) => {
            const before = shown.get(match.id)
            const stands = before?.clock.status === clock.status && compareMatchMinutes(before.clock, clock) === 0
            return [match.id, { clock, since: stands ? before.since : now }]
          })
        )
        return Effect.asVoid(Deferred.succeed(firstObservation, undefined))
      }),
    /** One pass. At the end of a run (`isLast`) all are asked for, whatever was asked before, and none is given up. */
    seek: Effect.fn("Outcomes.seekAbsent")(function* (isLast: boolean) {
      const now = yield* Clock.currentTimeMillis
      yield* noteWaits(
        now,
        [...shown].map(([id, { clock }]) => [id, clock.status] as const)
      )
      isFirst = false
      // One whose clock stands for hours has been forgotten by the feed: it is as good as not shown.
      const played = [...shown].flatMap(([id, { clock, since }]) =>
        isWaiting(clock) || now - since >= Duration.toMillis(unseenAfter) ? [] : [id]
      )
      const unreadable = yield* store.readAgain
      for (const matchId of givenUp.keys()) if (!unreadable.has(matchId)) givenUp.delete(matchId)
      const all = yield* store.absent(played, mostMatches)
      const absent = all.filter(({ matchId, since }) => givenUp.get(matchId) !== since)
      const due = absent.filter(
        ({ matchId }) => !shown.has(matchId) && (isLast || (asked.get(matchId)?.next ?? 0) <= now)
      )
      const ended = yield* ask(
        due.map(({ matchId }) => matchId),
        now
      )
      const gone = new Set(absent.map(({ matchId }) => matchId))
      for (const matchId of asked.keys()) if (!gone.has(matchId)) asked.delete(matchId)
      if (isLast) return
      yield* ask(toAskAgain(now), now)
      for (const each of absent) {
        const reason = ended.has(each.matchId) ? undefined : boundOf(each, now)
        if (reason === undefined) continue
        yield* giveUp(each.matchId, reason)
        givenUp.set(each.matchId, each.since)
      }
    })
  }
})
