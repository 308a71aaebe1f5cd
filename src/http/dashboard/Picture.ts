/**
 * What is known of the matches now, for whoever looks: one picture, made new with each scan and shared by all pages and all who
 * watch them. It holds what this process saw, and what `others` took from processes that it shares the matches with.
 *
 * Guarantees: a scan does no more for it than to leave what it saw. How close strategies are to firing is looked at when
 * somebody asks, once a scan, whoever watches, on some matches at a time; a match that no poll has shown for a while is
 * forgotten.
 */
import { Clock, Context, Duration, Effect, Layer, PubSub } from "effect"
import { isInPlay, type Snapshot } from "../../domain/Snapshot.ts"
import type { Timeline } from "../../domain/Timeline.ts"
import type { View } from "../../rules/evaluate.ts"
import { Onlooker, type Sight } from "../../scan/Onlooker.ts"
import { mostLookedAt, type Near, nearestOf, notYet } from "./nearness.ts"

/** A match as it was seen last. */
export interface Look {
  readonly snapshot: Snapshot
  readonly timeline: Timeline
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** As it was judged; absent where it is not in play, or its clock stands. */
  readonly view: View | undefined
  /** Whether its clock should go and stands still: nothing fires on it. */
  readonly stands: boolean
}

/** A match in play, and what is close to firing there. */
export interface Live {
  readonly look: Look
  readonly near: Near
}

type Nearbys = Pick<Sight, "nearby">

/** How long a match is kept that no poll shows. */
const keptFor = Duration.toMillis(Duration.minutes(10))

/** A match that no poll has shown for so long is not among those in play. */
const goneAfter = Duration.toMillis(Duration.minutes(2))

/** Matches that the first page shows: they are looked at whenever anything is. */
const shownFirst = 40

const isInPlayAt = ({ at, snapshot, view }: Look, now: number): boolean =>
  view !== undefined && isInPlay(snapshot.clock) && now - at < goneAfter

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
    /** How many are in play: that costs next to nothing. */
    readonly inPlay: Effect.Effect<number>
    /** What a scan saw that another process made at that time; of matches that are known as of later it tells nothing new. */
    readonly take: (seen: Omit<Sight, "created">, at: number) => Effect.Effect<void>
    /** Tells of each scan. One that is not listened to in time is not told of. */
    readonly scans: PubSub.PubSub<void>
  }
>()("touchline/http/dashboard/Picture") {
  /** The picture, and the Onlooker that a Scanner tells. */
  static readonly layer = Layer.effectContext(
    Effect.gen(function* () {
      const looks = new Map<string, Look>()
      const near = new Map<string, Near>()
      /** What scanned the match last. */
      const sights = new Map<string, Nearbys>()
      /** The matches whose strategies were weighed, the one longest ago first; and those since whose last scan they were. */
      const weighed = new Set<string>()
      const fresh = new Set<string>()
      const scans = yield* PubSub.sliding<void>(1)
      let at: number | undefined
      let order: ReadonlyArray<Live> | undefined
      /** The order before the last scan. */
      let previous: ReadonlyArray<Live> | undefined

      const leave = (
        snapshot: Snapshot,
        now: number,
        {
          stands = false,
          timeline,
          view
        }: {
          readonly timeline?: Timeline | undefined
          readonly view?: View | undefined
          readonly stands?: boolean
        } = {}
      ): void => {
        const { id } = snapshot.match
        looks.set(id, { snapshot, timeline: timeline ?? looks.get(id)?.timeline ?? [], at: now, view, stands })
        fresh.delete(id)
      }

      const forget = (oldest: number): void => {
        for (const [id, look] of looks) {
          if (look.at >= oldest) continue
          looks.delete(id)
          near.delete(id)
          sights.delete(id)
          weighed.delete(id)
          fresh.delete(id)
        }
      }

      /**
       * Whose strategies are weighed now: of the matches in play those that are shown first, then those that never were, and then
       * those that were weighed longest ago.
       */
      const turnOf = (told: ReadonlyArray<Look>, now: number): ReadonlyArray<View> => {
        const due = function* () {
          for (const { look } of (previous ?? []).slice(0, shownFirst)) yield look.snapshot.match.id
          for (const { snapshot } of told) if (!near.has(snapshot.match.id)) yield snapshot.match.id
          yield* weighed
        }
        const turn = new Map<string, View>()
        for (const id of due()) {
          const look = looks.get(id)
          if (look?.view !== undefined && isInPlayAt(look, now) && !fresh.has(id)) turn.set(id, look.view)
          if (turn.size === mostLookedAt) break
        }
        return [...turn.values()]
      }

      const weigh = (views: ReadonlyArray<View>): void => {
        const bySight = Map.groupBy(views, ({ snapshot }) => sights.get(snapshot.match.id))
        for (const [sight, some] of bySight) {
          if (sight === undefined) continue
          const found = nearestOf(sight, some)
          some.forEach(({ snapshot: { match } }, index) => {
            near.set(match.id, found[index] ?? notYet)
            weighed.delete(match.id)
            weighed.add(match.id)
            fresh.add(match.id)
          })
        }
      }

      const inPlay = (now: number): ReadonlyArray<Look> => [...looks.values()].filter((look) => isInPlayAt(look, now))

      const closest = (now: number): ReadonlyArray<Live> => {
        const told = inPlay(now)
        weigh(turnOf(told, now))
        return told
          .map((look): Live => ({ look, near: near.get(look.snapshot.match.id) ?? notYet }))
          .sort((a, b) => a.near.remoteness - b.near.remoteness || b.near.count - a.near.count)
      }

      /** Takes note of what was seen at that time, but for what is known as of later. */
      const note = ({ nearby, snapshots, timelines, views: judged }: Omit<Sight, "created">, seenAt: number) => {
        const views = new Map(judged.map((view) => [view.snapshot.match.id, view]))
        const sight = { nearby }
        for (const snapshot of snapshots) {
          const { id } = snapshot.match
          if (seenAt < (looks.get(id)?.at ?? 0)) continue
          const view = views.get(id)
          leave(snapshot, seenAt, {
            timeline: timelines.get(id),
            view,
            stands: view === undefined && isInPlay(snapshot.clock)
          })
          sights.set(id, sight)
        }
        order = undefined
        at = Math.max(at ?? 0, seenAt)
        return PubSub.publish(scans, undefined)
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
        inPlay: Effect.map(Clock.currentTimeMillis, (now) => inPlay(now).length),
        take: (seen, seenAt) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            forget(now - keptFor)
            return note(seen, seenAt)
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
              forget(now - keptFor)
              yield* note(seen, now)
            })
        })
      )
    })
  )
}
