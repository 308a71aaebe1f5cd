/**
 * Looks for matches that have open triggers and that the feed does not show: their end came while nobody looked, they left the
 * feed too early, or they wait for a day on which they go on.
 *
 * Guarantees: each is asked for where the feed can tell (`MatchFeed.finished`), the oldest first, again after pauses that grow to
 * half an hour; one that was asked for gives way to those that were not, so that however many are never found, none is kept from
 * its turn. A feed that fails is asked no more in the same pass. What is not found does not stay open for ever: it becomes void
 * when a bounded time is over since it was seen, or since it waits; where the feed has answered nothing about it yet, when
 * twice that time is. That a match waits, and since when, is kept in the database. What was judged at its end is asked for twice
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

/** How many matches are looked at in one pass, but for the last of a run. */
const mostMatches = 5000
const mostAtLast = 1_000_000

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
  /** The open triggers of these matches become void, each for its reason. */
  readonly giveUp: (reasons: ReadonlyMap<string, string>) => Effect.Effect<void, DatabaseError>
  /** How many matches are looked at in one pass. Default: 5,000. */
  readonly most?: number
}

/** A match that the feed shows, and since when its clock has not moved. */
interface Shown {
  readonly clock: Snapshot["clock"]
  readonly since: number
}

/** A match that was looked at, and until when it gives way to others. */
interface Asked {
  readonly pause: Duration.Duration
  readonly next: number
  /** As it was when it was looked at. */
  readonly match: AbsentMatch
}

export const makeSeekAbsent = Effect.fnUntraced(function* (options: SeekAbsentOptions) {
  const { correctable, correctedWithin, feed, found, giveUp, history, store, unseenAfter, waitsAtMost } = options
  const { most = mostMatches } = options
  const firstObservation = yield* Deferred.make<void>()
  /** What the feed showed last, and which of it is noted as waiting. */
  let shown = new Map<string, Shown>()
  const waiting = new Map<string, MatchStatus>()
  const asked = new Map<string, Asked>()
  /** The matches about which the feed has answered, with or without them. */
  const answered = new Set<string>()
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
      Effect.catch((error: FeedError | { readonly message: string }) => Effect.as(outage.met(error.message), undefined))
    )
    return answers?.flatMap((answer) => {
      const decoded = decodeSnapshot(answer)
      return Result.isSuccess(decoded) ? [decoded.success.snapshot] : []
    })
  })

  /** Gives a match a pause, longer than the one before. */
  const later = (match: AbsentMatch, now: number): void => {
    const before = asked.get(match.matchId)
    const pause = before === undefined ? firstPause : Duration.min(Duration.times(before.pause, 2), longestPause)
    asked.set(match.matchId, { pause, next: now + Duration.toMillis(pause), match })
  }

  /** Asks for matches, and answers with those whose end was found, and how many were asked for. */
  const ask = Effect.fnUntraced(function* (ids: ReadonlyArray<string>, now: number, isLast: boolean) {
    const ended = new Set<string>()
    let count = 0
    for (const page of Arr.chunksOf(ids, matchesPerCall)) {
      count += page.length
      const snapshots = yield* lookUp(page)
      if (snapshots === undefined && !isLast) break
      if (snapshots === undefined) continue
      for (const id of page) answered.add(id)
      yield* noteWaits(
        now,
        snapshots.map(({ clock, match }) => [match.id, clock.status] as const)
      )
      yield* found(snapshots, yield* history.record(snapshots))
      for (const { clock, match } of snapshots) if (isOver(clock)) ended.add(match.id)
    }
    return { ended, count }
  })

  /** Those whose end was judged, that are not shown any more, and that are to be asked for now whether it was corrected. */
  const toAskAgain = (now: number) => {
    const ended = correctable(now)
    for (const id of askedAgain.keys()) if (!ended.has(id)) askedAgain.delete(id)
    return [...ended].flatMap(([id, finalAt]) => {
      const share = (now - finalAt) / Duration.toMillis(correctedWithin)
      const due = correctionsAt.filter((at) => at <= share).length
      return shown.has(id) || due <= (askedAgain.get(id) ?? 0) ? [] : [{ id, due }]
    })
  }

  const boundOf = ({ status }: AbsentMatch) => (status === undefined ? unseenAfter : waitsAtMost)

  /** Whether the feed may still tell what became of a match: it was not asked with success, and not for as long again. */
  const mayBeFound = (match: AbsentMatch, now: number): boolean =>
    feed.finished !== undefined &&
    !shown.has(match.matchId) &&
    !answered.has(match.matchId) &&
    now - match.since < 2 * Duration.toMillis(boundOf(match))

  const reasonToGiveUp = (match: AbsentMatch, now: number): string | undefined => {
    const bound = boundOf(match)
    if (now - match.since < Duration.toMillis(bound)) return undefined
    const hours = Duration.format(bound)
    return match.status === undefined
      ? `the end of the match was not seen within ${hours}`
      : `the match was ${match.status} and did not go on within ${hours}`
  }

  /** Those that need no look now: they were looked at, and what was left to do with them is done, or not due. */
  const resting = (now: number): ReadonlyArray<string> =>
    [...asked].flatMap(([id, { match, next }]) =>
      next > now && (givenUp.get(id) === match.since || reasonToGiveUp(match, now) === undefined) ? [id] : []
    )

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
      const rests = isLast ? [] : resting(now)
      const limit = isLast ? mostAtLast : most
      const all = yield* store.absent([...played, ...rests], limit)
      // Where all there are were looked at, what is not among them is gone.
      if (all.length < limit) {
        const known = new Set([...rests, ...all.map(({ matchId }) => matchId)])
        for (const matchId of asked.keys()) if (!known.has(matchId)) asked.delete(matchId)
        for (const matchId of answered) if (!known.has(matchId)) answered.delete(matchId)
      }
      const absent = all.filter((match) => {
        if (givenUp.get(match.matchId) !== match.since) return true
        later(match, now)
        return false
      })
      const due = absent.filter(
        ({ matchId }) => !shown.has(matchId) && (isLast || (asked.get(matchId)?.next ?? 0) <= now)
      )
      const { count, ended } = yield* ask(
        due.map(({ matchId }) => matchId),
        now,
        isLast
      )
      for (const match of due.slice(0, count)) later(match, now)
      if (isLast) return
      const again = toAskAgain(now)
      const asks = yield* ask(
        again.map(({ id }) => id),
        now,
        false
      )
      for (const { due: times, id } of again.slice(0, asks.count)) askedAgain.set(id, times)
      const lost = absent.flatMap((match) => {
        const isKept = ended.has(match.matchId) || mayBeFound(match, now)
        const reason = isKept ? undefined : reasonToGiveUp(match, now)
        return reason === undefined ? [] : [{ match, reason }]
      })
      yield* giveUp(new Map(lost.map(({ match, reason }) => [match.matchId, reason])))
      for (const { match } of lost) givenUp.set(match.matchId, match.since)
    })
  }
})
