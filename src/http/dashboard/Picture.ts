/**
 * What this process knows of the matches now, for whoever looks: one picture, made new with each scan and shared by all pages
 * and all who watch them.
 *
 * Guarantees: a scan does no more for it than to leave what it saw. How close strategies are to firing is looked at when
 * somebody asks, once a scan, whoever watches; a match that no poll has shown for a while is forgotten.
 */
import { Clock, Context, Duration, Effect, Layer, PubSub } from "effect"
import { isInPlay, type Snapshot } from "../../domain/Snapshot.ts"
import type { Timeline } from "../../domain/Timeline.ts"
import type { View } from "../../rules/evaluate.ts"
import { Onlooker, type Sight } from "../../scan/Onlooker.ts"
import { mostWeighed, type Near, nearestOf } from "./nearness.ts"

/** A match as it was seen last. */
export interface Look {
  readonly snapshot: Snapshot
  readonly timeline: Timeline
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** As it was judged; absent where it is not in play. */
  readonly view: View | undefined
}

/** A match in play, and what is close to firing there. */
export interface Live extends Look {
  readonly near: Near
}

/** How long a match is kept that no poll shows. */
const keptFor = Duration.toMillis(Duration.minutes(10))

/** A match that no poll has shown for so long is not among those in play. */
const goneAfter = Duration.toMillis(Duration.minutes(2))

const isTold = ({ snapshot, view }: Look): boolean => view !== undefined && isInPlay(snapshot.clock)

export class Picture extends Context.Service<
  Picture,
  {
    /** When a scan has left something last, in milliseconds since 1970; undefined before the first. */
    readonly at: () => number | undefined
    readonly find: (matchId: string) => Look | undefined
    /** All that is known, in the order in which matches were first seen. */
    readonly all: () => ReadonlyArray<Look>
    /** Those in play, the one that is closest to firing first. */
    readonly live: Effect.Effect<ReadonlyArray<Live>>
    /** Tells of each scan. One that is not listened to in time is not told of. */
    readonly scans: PubSub.PubSub<void>
  }
>()("touchline/http/dashboard/Picture") {
  /** The picture, and the Onlooker that a Scanner tells. */
  static readonly layer = Layer.effectContext(
    Effect.gen(function* () {
      const looks = new Map<string, Look>()
      const near = new Map<string, Near>()
      /** The matches whose strategies were weighed, the one longest ago first; and those since whose last scan they were. */
      const weighed = new Set<string>()
      const fresh = new Set<string>()
      const scans = yield* PubSub.sliding<void>(1)
      let at: number | undefined
      let sight: Sight | undefined
      let order: ReadonlyArray<Live> | undefined
      /** The order before the last scan. */
      let previous: ReadonlyArray<Live> | undefined

      const leave = (snapshot: Snapshot, now: number, timeline?: Timeline, view?: View): void => {
        const { id } = snapshot.match
        looks.set(id, { snapshot, timeline: timeline ?? looks.get(id)?.timeline ?? [], at: now, view })
        fresh.delete(id)
      }

      const forget = (oldest: number): void => {
        for (const [id, look] of looks) {
          if (look.at >= oldest) continue
          looks.delete(id)
          near.delete(id)
          weighed.delete(id)
          fresh.delete(id)
        }
      }

      /** Whose strategies are weighed now: the matches that are shown first, then those that were weighed longest ago. */
      const turnOf = (views: ReadonlyArray<View>): ReadonlySet<string> => {
        const there: ReadonlySet<string> = new Set(views.map(({ snapshot }) => snapshot.match.id))
        const first = (previous ?? []).slice(0, mostWeighed / 4).map(({ snapshot }) => snapshot.match.id)
        const never = [...there].filter((id) => !near.has(id))
        return new Set([...first, ...never, ...weighed].filter((id) => there.has(id)).slice(0, mostWeighed))
      }

      const closest = (now: number): ReadonlyArray<Live> => {
        const told = [...looks.values()].filter((look) => isTold(look) && now - look.at < goneAfter)
        const unknown = told.flatMap(({ snapshot, view }) =>
          view !== undefined && !fresh.has(snapshot.match.id) ? [view] : []
        )
        if (sight !== undefined && unknown.length > 0) {
          const due = turnOf(unknown)
          const earlier = ({ snapshot: { match } }: View) => (due.has(match.id) ? undefined : near.get(match.id))
          nearestOf(sight, unknown, earlier).forEach((each, index) => {
            const view = unknown[index]
            if (view === undefined) return
            const { id } = view.snapshot.match
            if (earlier(view) === undefined) {
              weighed.delete(id)
              weighed.add(id)
            }
            near.set(id, each)
            fresh.add(id)
          })
        }
        return told
          .flatMap((look) => {
            const each = near.get(look.snapshot.match.id)
            return each === undefined ? [] : [{ ...look, near: each }]
          })
          .sort((a, b) => a.near.remoteness - b.near.remoteness || b.near.count - a.near.count)
      }

      const onlooker = Onlooker.defaultValue()
      return Context.make(Picture, {
        at: () => at,
        find: (id) => looks.get(id),
        all: () => [...looks.values()],
        live: Effect.map(Clock.currentTimeMillis, (now) => {
          order ??= closest(now)
          previous = order
          return order
        }),
        scans
      }).pipe(
        Context.add(Onlooker, {
          ...onlooker,
          observed: (snapshots) =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              for (const snapshot of snapshots) {
                if (!isInPlay(snapshot.clock) || !looks.has(snapshot.match.id)) leave(snapshot, now)
              }
            }),
          judged: (seen) =>
            Effect.gen(function* () {
              const now = yield* Clock.currentTimeMillis
              const views = new Map(seen.views.map((view) => [view.snapshot.match.id, view]))
              for (const snapshot of seen.snapshots) {
                const { id } = snapshot.match
                leave(snapshot, now, seen.timelines.get(id), views.get(id))
              }
              forget(now - keptFor)
              sight = seen
              order = undefined
              at = now
              yield* PubSub.publish(scans, undefined)
            })
        })
      )
    })
  )
}
