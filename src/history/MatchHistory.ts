/**
 * What every match looked like at each scoreboard minute: the windows of strategies ask it.
 *
 * Guarantees: a tick's timelines always hold the tick's own snapshots, whatever becomes of the storage behind. The
 * layer on the database also brings back what was recorded before a restart; while the database does not answer it
 * goes on with what this process has seen, and says so once.
 */
import { Clock, Context, Duration, Effect, Equal, Layer, Ref, Schema } from "effect"
import { Database, type DatabaseError, decodeRows } from "../database/Database.ts"
import { MatchId } from "../domain/Match.ts"
import { noPast, type Past, remember } from "../domain/Past.ts"
import { compareMatchMinutes, Figures, MatchMinute, type Snapshot } from "../domain/Snapshot.ts"
import { moment, type Timeline } from "../domain/Timeline.ts"

/** A match that no snapshot has shown for so long is forgotten. */
export const forgetAfter = Duration.hours(6)

/** The timelines of the matches of one tick, by match id. */
export type Timelines = ReadonlyMap<string, Timeline>

export class MatchHistory extends Context.Service<
  MatchHistory,
  {
    /**
     * Adds these snapshots, each match at most once, and answers with the timeline of each of their matches. A match
     * that has not kicked off has no past yet: its snapshots are not kept.
     */
    readonly record: (snapshots: ReadonlyArray<Snapshot>) => Effect.Effect<Timelines>
  }
>()("touchline/history/MatchHistory") {
  /** In memory: it knows what this process has seen. */
  static readonly layerMemory = Layer.effect(
    MatchHistory,
    Effect.suspend(() => makeMemory).pipe(
      Effect.map(({ add }) => MatchHistory.of({ record: (snapshots) => add(momentsOf(snapshots)) }))
    )
  )

  /**
   * In memory, and on the Database: it knows what any process has seen since the day before yesterday. A match's past is
   * read once; for a process that has the matches to itself.
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
}

const onDatabase = Effect.fnUntraced(function* ({ isShared }: { readonly isShared: boolean }) {
  const { call } = yield* Database
  const memory = yield* makeMemory
  const decode = decodeRows("match_history", RecordedMoment)
  const decodeReceipts = decodeRows("match_history", RecordReceipt)
  const isAvailable = yield* Ref.make(true)
  /** When the latest moment that is known of a match was recorded, by the database's clock; null when none is. */
  const cursors = yield* Ref.make<ReadonlyMap<string, string | null>>(new Map())
  const unsaved = yield* Ref.make<ReadonlyMap<string, MatchMoment>>(new Map())

  const advance = (moments: ReadonlyArray<RecordReceipt>) =>
    Ref.update(cursors, (all) => {
      const next = new Map(all)
      for (const { match_id, recorded_at } of moments) {
        if (recorded_at > (next.get(match_id) ?? "")) next.set(match_id, recorded_at)
      }
      return next
    })

  const load = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const known = yield* Ref.get(cursors)
    const asked = isShared ? ids : ids.filter((id) => !known.has(id))
    if (asked.length === 0) return
    const remembered = yield* call("moments_since", {
      cursors: asked.map((id) => ({ match_id: id, recorded_at: known.get(id) ?? null }))
    }).pipe(Effect.flatMap(decode))
    // What this process has seen while the database was away is newer than what the database has of that minute.
    const newer = yield* Ref.get(unsaved)
    yield* memory.add(
      remembered.filter((each) => !newer.has(momentKey(each))).map(({ recorded_at: _, ...each }) => each)
    )
    const held = yield* memory.ids
    yield* Ref.update(
      cursors,
      (all) =>
        new Map([...[...all].filter(([id]) => held.has(id)), ...asked.map((id) => [id, all.get(id) ?? null] as const)])
    )
    yield* advance(remembered)
  })

  const save = Effect.gen(function* () {
    const waiting = yield* Ref.get(unsaved)
    if (waiting.size === 0) return
    yield* call("record_moments", { moments: [...waiting.values()] }).pipe(
      Effect.flatMap(decodeReceipts),
      Effect.flatMap(advance)
    )
    yield* Ref.set(unsaved, new Map())
  })

  /** What is tried here the scan can do without; an outage is logged when it begins and when it ends. */
  const degradable = Effect.matchEffect({
    onSuccess: () =>
      Effect.flatMap(Ref.getAndSet(isAvailable, true), (was) =>
        was ? Effect.void : Effect.logInfo("match history is on the database again")
      ),
    onFailure: ({ message }: DatabaseError) =>
      Effect.flatMap(Ref.getAndSet(isAvailable, false), (was) =>
        was
          ? Effect.logWarning("match history goes on in memory").pipe(Effect.annotateLogs({ reason: message }))
          : Effect.void
      )
  })

  return MatchHistory.of({
    record: Effect.fn("MatchHistory.record")(function* (snapshots) {
      const moments = momentsOf(snapshots)
      const loading = yield* Effect.result(load(moments.map(({ match_id }) => match_id)))
      const fresh = moments.filter(yield* memory.isNew)
      const timelines = yield* memory.add(moments)
      yield* Ref.update(unsaved, (all) => new Map([...all, ...fresh.map((each) => [momentKey(each), each] as const)]))
      yield* degradable(Effect.andThen(Effect.fromResult(loading), save))
      return timelines
    })
  })
})

/** A moment of a match: a row of the table `match_history`. */
const MatchMoment = Schema.Struct({ match_id: MatchId, ...MatchMinute.fields, figures: Figures })
interface MatchMoment extends Schema.Schema.Type<typeof MatchMoment> {}

/** A moment with the time at which it was recorded, as the database writes it. */
const RecordedMoment = Schema.Struct({ ...MatchMoment.fields, recorded_at: Schema.String })

const RecordReceipt = Schema.Struct({ match_id: Schema.String, recorded_at: Schema.String })
interface RecordReceipt extends Schema.Schema.Type<typeof RecordReceipt> {}

const momentsOf = (snapshots: ReadonlyArray<Snapshot>): ReadonlyArray<MatchMoment> =>
  snapshots
    .filter(({ clock }) => clock.status !== "scheduled")
    .map((snapshot) => ({ match_id: snapshot.match.id, ...moment(snapshot) }))

const momentKey = ({ added, match_id, minute, period }: MatchMoment): string =>
  `${match_id} ${period} ${minute} ${added}`

/** The timelines that this process holds. */
const makeMemory = Effect.gen(function* () {
  const held = yield* Ref.make<ReadonlyMap<string, { readonly past: Past; readonly seen: number }>>(new Map())
  return {
    ids: Effect.map(Ref.get(held), (all): ReadonlySet<string> => new Set(all.keys())),
    isNew: Effect.map(Ref.get(held), (all) => ({ match_id, ...now }: MatchMoment) => {
      const same = all.get(match_id)?.past.shown.findLast((each) => compareMatchMinutes(each, now) === 0)
      return same === undefined || !Equal.equals(same.figures, now.figures)
    }),
    add: Effect.fnUntraced(function* (moments: ReadonlyArray<MatchMoment>) {
      const seen = yield* Clock.currentTimeMillis
      const oldest = seen - Duration.toMillis(forgetAfter)
      const all = yield* Ref.updateAndGet(held, (before) => {
        const after = new Map([...before].filter(([, match]) => match.seen >= oldest))
        for (const { match_id, ...now } of moments) {
          after.set(match_id, { past: remember(after.get(match_id)?.past ?? noPast, now), seen })
        }
        return after
      })
      return new Map(moments.map(({ match_id }) => [match_id, all.get(match_id)?.past.timeline ?? []]))
    })
  }
})
