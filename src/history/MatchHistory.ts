/**
 * What every match looked like at each scoreboard minute: the windows of strategies ask it.
 *
 * Guarantees: a tick's timelines always hold the tick's own snapshots, whatever becomes of the storage behind. The
 * layer on the database also brings back what was recorded before a restart; while the database does not answer it
 * goes on with what this process has seen, and says so once. It saves beside the tick: what a process that is killed
 * had not saved yet, at most a tick's moments, is not brought back.
 */
import { Array as Arr, Context, Duration, Effect, Layer, Random, Schema, Semaphore } from "effect"
import { Database, DatabaseError, decodeRows } from "../database/Database.ts"
import { compareMatchMinutes, isPlayed, type Snapshot } from "../domain/Snapshot.ts"
import { moment, type Timeline } from "../domain/Timeline.ts"
import { makeOutage, type OutageLines } from "../health/Outage.ts"
import { type Doubt, type MatchMoment, makePasts, type PlayMoment } from "./pasts.ts"
import { RecordedDoubt, RecordedMoment, readMoment } from "./recordedMoment.ts"

/** The timelines of the matches of one tick, by match id. */
export type Timelines = ReadonlyMap<string, Timeline>

export class MatchHistory extends Context.Service<
  MatchHistory,
  {
    /**
     * Adds these snapshots, each match at most once, and answers with the timeline of each of their matches. A match
     * that has not kicked off has no past yet: its snapshots are not kept, nor are those of one that is not played.
     */
    readonly record: (snapshots: ReadonlyArray<Snapshot>) => Effect.Effect<Timelines>
    /** The same timelines for a look that shall leave no trace: nothing is saved. */
    readonly look: (snapshots: ReadonlyArray<Snapshot>) => Effect.Effect<Timelines>
  }
>()("touchline/history/MatchHistory") {
  /** In memory: it knows what this process has seen. */
  static readonly layerMemory = Layer.effect(
    MatchHistory,
    Effect.sync(() => {
      const pasts = makePasts(Duration.hours(6))
      const record = (snapshots: ReadonlyArray<Snapshot>) =>
        Effect.map(pasts.show(momentsOf(snapshots)), ({ timelines }) => timelines)
      return MatchHistory.of({ record, look: record })
    })
  )

  /**
   * In memory, and on the Database: it knows what any process has seen since the day before yesterday. A match's past is
   * read once, and again where it comes back after it had left; for a process that has the matches to itself.
   */
  static readonly layer = Layer.effect(
    MatchHistory,
    Effect.suspend(() => onDatabase({ isShared: false }))
  )

  /** The same for processes that share the matches: every tick also reads what the others have seen since. */
  static readonly layerShared = Layer.effect(
    MatchHistory,
    Effect.suspend(() => onDatabase({ isShared: true }))
  )

  /** For pages, of matches that other processes judge: `look` alone is asked, and its trouble is that of pages. */
  static readonly layerLooking = Layer.effect(
    MatchHistory,
    Effect.suspend(() =>
      onDatabase({
        isShared: true,
        trouble: {
          part: "pages",
          begins: "pages do not show the past of matches that other processes judge",
          ends: "pages show the past of all matches again"
        }
      })
    )
  )
}

/**
 * A match that others are shown without for so long is let go of: it has ended, and its past is on the database. One that
 * comes back is read again.
 */
const forgetAfter = Duration.minutes(2)

/** Matches whose past is asked for in one call: a match over is some sixty moments of a kilobyte each. */
const matchesPerCall = 100

/** Of these calls so many are under way at once: while one answer is read the database makes the next. */
const callsAtOnce = 2

/**
 * Moments that are saved in one call. A database of this process alone is on the thread that serves pages, which wait for no more:
 * between two calls the event loop has so many turns as it takes to answer a request.
 */
const momentsPerCall = { here: 10, elsewhere: 1000 } as const
const turnsBetween = 4

/** How long the end of the process may wait for moments to be saved. */
const flushWithin = Duration.seconds(2)

const onDatabase = Effect.fnUntraced(function* ({
  isShared,
  trouble = {
    part: "history",
    begins: "match history goes on in memory",
    ends: "match history is on the database again"
  }
}: {
  readonly isShared: boolean
  readonly trouble?: OutageLines
}) {
  const { call, changes } = yield* Database
  // Who shares the matches waits for what the others saved: all of a tick goes in one call.
  const perCall = isShared || changes === undefined ? momentsPerCall.elsewhere : momentsPerCall.here
  const scope = yield* Effect.scope
  const unsaved = new Map<string, PlayMoment>()
  const unsavedDoubts = new Map<string, Doubt>()
  const pasts = makePasts(
    forgetAfter,
    () => new Set([...unsaved.values(), ...unsavedDoubts.values()].map(({ match_id }) => match_id))
  )
  const decode = decodeRows("match_history", RecordedMoment, readMoment)
  const decodeDoubts = decodeRows("match_doubts", RecordedDoubt)
  const decodeAnswer = (rows: ReadonlyArray<unknown>) =>
    Schema.decodeUnknownEffect(MomentsAnswer)(rows[0]).pipe(
      Effect.mapError(
        () =>
          new DatabaseError({
            operation: "play_moments_of",
            reason: "refused",
            message: "play_moments_of answers otherwise than this version reads it. Apply supabase/migrations."
          })
      )
    )
  const outage = makeOutage(trouble)
  /** By which the database tells the moments of this process from those of others. */
  const self = (yield* Effect.all(Array.from({ length: 4 }, () => Random.nextIntBetween(0, 2 ** 31)))).join("-")
  /** When the database was asked last, by its own clock. */
  let askedAt: string | null = null
  const saving = yield* Semaphore.make(1)

  /** Reads the past of these matches and, where a time is given, what others have seen since; answers with when it was asked. */
  const read = Effect.fnUntraced(function* (page: ReadonlyArray<string>, since: string | null) {
    const { asked_at, doubts, moments } = yield* decodeAnswer(
      yield* call("play_moments_of", { match_ids: page, since, reader: self })
    )
    const remembered = yield* decode(moments)
    const doubted = yield* decodeDoubts(doubts)
    const asked = new Set(page)
    // Of a match that was never asked for, the latest moments alone would pass for its whole past.
    const isWhole = ({ match_id }: { readonly match_id: string }) => asked.has(match_id) || pasts.isLoaded(match_id)
    // What this process has seen and not saved yet is newer than what the database has of that minute in that play.
    yield* pasts.add(
      remembered
        .filter((each) => isWhole(each) && each.play > (unsaved.get(momentKey(each))?.play ?? -1))
        // In the order of play each is added at the end of its past.
        .sort((one, other) => one.play - other.play || compareMatchMinutes(one, other)),
      doubted.filter((each) => isWhole(each) && each.play > (unsavedDoubts.get(each.match_id)?.play ?? -1))
    )
    yield* pasts.loaded(page)
    return asked_at
  })

  /** Reads the past of matches that are new to this process and, where they are shared, what others have seen since. */
  const load = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const fresh = ids.filter((id) => !pasts.isLoaded(id))
    if (fresh.length === 0 && !isShared) return
    const [first = [], ...others] = Arr.chunksOf(fresh, matchesPerCall)
    // The first call tells what others have seen since the last time; what they see after it, the next time.
    askedAt = yield* read(first, isShared ? askedAt : null)
    yield* Effect.forEach(others, (page) => read(page, null), { concurrency: callsAtOnce, discard: true })
  })

  /** Saves what is not saved yet, also what comes meanwhile. */
  const save = Effect.gen(function* () {
    while (unsaved.size + unsavedDoubts.size > 0) {
      const moments = [...unsaved.values()].slice(0, perCall)
      const doubts = [...unsavedDoubts.values()].slice(0, perCall)
      yield* call("save_play_moments", { moments, doubts, writer: self })
      for (const each of moments) if (unsaved.get(momentKey(each)) === each) unsaved.delete(momentKey(each))
      for (const each of doubts) if (unsavedDoubts.get(each.match_id) === each) unsavedDoubts.delete(each.match_id)
      if (unsaved.size + unsavedDoubts.size > 0) yield* Effect.repeat(Effect.yieldNow, { times: turnsBetween })
    }
    yield* outage.over
  }).pipe(
    Effect.catch(({ message }) => outage.met(message)),
    saving.withPermitsIfAvailable(1)
  )

  yield* Effect.addFinalizer(() =>
    unsaved.size + unsavedDoubts.size === 0 ? Effect.void : Effect.timeoutOption(save, flushWithin)
  )

  const look = Effect.fnUntraced(function* (moments: ReadonlyArray<MatchMoment>) {
    const isLoaded = yield* Effect.matchEffect(load(moments.map(({ match_id }) => match_id)), {
      onSuccess: () => Effect.succeed(true),
      onFailure: ({ message }) => Effect.as(outage.met(message), false)
    })
    return { ...(yield* pasts.show(moments)), isLoaded }
  })

  return MatchHistory.of({
    look: (snapshots) => Effect.map(look(momentsOf(snapshots)), ({ timelines }) => timelines),
    record: Effect.fn("MatchHistory.record")(function* (snapshots) {
      const { doubts, fresh, isLoaded, timelines } = yield* look(momentsOf(snapshots))
      for (const each of fresh) unsaved.set(momentKey(each), each)
      for (const each of doubts) unsavedDoubts.set(each.match_id, each)
      // Not at once: writing a thousand moments takes time of the tick. A database that did not answer a moment ago is not asked
      // twice a tick.
      if (isLoaded) yield* Effect.forkIn(save, scope)
      return timelines
    })
  })
})

const MomentsAnswer = Schema.Struct({
  asked_at: Schema.String,
  moments: Schema.fromJsonString(Schema.Array(Schema.Unknown)),
  doubts: Schema.fromJsonString(Schema.Array(Schema.Unknown))
})

const momentsOf = (snapshots: ReadonlyArray<Snapshot>): ReadonlyArray<MatchMoment> =>
  snapshots
    .filter(({ clock }) => isPlayed(clock))
    .map((snapshot) => ({ match_id: snapshot.match.id, ...moment(snapshot) }))

const momentKey = ({ added, match_id, minute, period }: MatchMoment): string =>
  `${match_id} ${period} ${minute} ${added}`
