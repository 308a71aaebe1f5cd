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
import { compareMatchMinutes, Figures, MatchMinute, type Snapshot } from "../domain/Snapshot.ts"
import { moment, record, type Timeline } from "../domain/Timeline.ts"

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

  /** In memory, and on the Database: it knows what any process has seen since the day before yesterday. */
  static readonly layer = Layer.effect(
    MatchHistory,
    Effect.gen(function* () {
      const { call } = yield* Database
      const memory = yield* makeMemory
      const decode = decodeRows("match_history", MatchMoment)
      const isAvailable = yield* Ref.make(true)
      const loaded = yield* Ref.make<ReadonlySet<string>>(new Set())
      const unsaved = yield* Ref.make<ReadonlyMap<string, MatchMoment>>(new Map())

      const load = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
        const known = yield* Ref.get(loaded)
        const unknown = ids.filter((id) => !known.has(id))
        if (unknown.length === 0) return
        const remembered = yield* call("moments_of", { match_ids: unknown }).pipe(Effect.flatMap(decode))
        // What this process has seen while the database was away is newer than what the database has of that minute.
        const newer = yield* Ref.get(unsaved)
        yield* memory.add(remembered.filter((each) => !newer.has(momentKey(each))))
        const held = yield* memory.ids
        yield* Ref.set(loaded, new Set([...[...known].filter((id) => held.has(id)), ...unknown]))
      })

      const save = Effect.gen(function* () {
        const waiting = yield* Ref.get(unsaved)
        if (waiting.size === 0) return
        yield* call("record_moments", { moments: [...waiting.values()] })
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
          yield* Ref.update(
            unsaved,
            (all) => new Map([...all, ...fresh.map((each) => [momentKey(each), each] as const)])
          )
          yield* degradable(Effect.andThen(Effect.fromResult(loading), save))
          return timelines
        })
      })
    })
  )
}

/** A moment of a match: a row of the table `match_history`. */
const MatchMoment = Schema.Struct({ match_id: MatchId, ...MatchMinute.fields, figures: Figures })
interface MatchMoment extends Schema.Schema.Type<typeof MatchMoment> {}

const momentsOf = (snapshots: ReadonlyArray<Snapshot>): ReadonlyArray<MatchMoment> =>
  snapshots
    .filter(({ clock }) => clock.status !== "scheduled")
    .map((snapshot) => ({ match_id: snapshot.match.id, ...moment(snapshot) }))

const momentKey = ({ added, match_id, minute, period }: MatchMoment): string =>
  `${match_id} ${period} ${minute} ${added}`

/** The timelines that this process holds. */
const makeMemory = Effect.gen(function* () {
  const held = yield* Ref.make<ReadonlyMap<string, { readonly timeline: Timeline; readonly seen: number }>>(new Map())
  return {
    ids: Effect.map(Ref.get(held), (all): ReadonlySet<string> => new Set(all.keys())),
    isNew: Effect.map(Ref.get(held), (all) => ({ match_id, ...now }: MatchMoment) => {
      const same = all.get(match_id)?.timeline.findLast((each) => compareMatchMinutes(each, now) === 0)
      return same === undefined || !Equal.equals(same.figures, now.figures)
    }),
    add: Effect.fnUntraced(function* (moments: ReadonlyArray<MatchMoment>) {
      const seen = yield* Clock.currentTimeMillis
      const oldest = seen - Duration.toMillis(forgetAfter)
      const all = yield* Ref.updateAndGet(held, (before) => {
        const after = new Map([...before].filter(([, match]) => match.seen >= oldest))
        for (const { match_id, ...now } of moments) {
          after.set(match_id, { timeline: record(after.get(match_id)?.timeline ?? [], now), seen })
        }
        return after
      })
      return new Map(moments.map(({ match_id }) => [match_id, all.get(match_id)?.timeline ?? []]))
    })
  }
})
