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

/** How long a match is kept that no poll shows. */
const keptFor = Duration.toMillis(Duration.minutes(10))

/** A match that no poll has shown for so long is not among those in play. */
const goneAfter = Duration.toMillis(Duration.minutes(2))

/** Matches that the first page shows: they are looked at whenever anything is. */
const shownFirst = 40

/** Matches that were not shown for long are looked for as seldom as this. */
const forgetsEvery = Duration.toMillis(Duration.minutes(1))

const isInPlayAt = ({ at, view }: Look, now: number): boolean => view !== undefined && now - at < goneAfter

/** A match, and what is known of it. */
interface Seen extends Live {
  look: Look
  near: Near
  /** Tells what is near to firing, as of the match's last scan; absent where none has judged it. */
  nearby: Sight["nearby"] | undefined
  /** Whether `near` is as of that scan. */
  isFresh: boolean
}

const closestFirst = (a: Live, b: Live): number => a.near.remoteness - b.near.remoteness || b.near.count - a.near.count

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
    /** Those that are not in play, at most so many. */
    readonly others: (most: number) => Effect.Effect<ReadonlyArray<Look>>
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
      const matches = new Map<string, Seen>()
      /** The matches whose strategies were weighed, the one longest ago first. */
      const weighed = new Set<Seen>()
      const scans = yield* PubSub.sliding<void>(1)
      let at: number | undefined
      let forgotAt = Number.NEGATIVE_INFINITY
      /** Those in play, in order as of when somebody asked last, and whether no scan was made since. */
      let order: ReadonlyArray<Seen> = []
      let isOrdered = false

      const leave = (known: Seen | undefined, look: Look): Seen => {
        if (known !== undefined) {
          known.look = look
          known.isFresh = false
          return known
        }
        const seen = { look, near: notYet, nearby: undefined, isFresh: false }
        matches.set(look.snapshot.match.id, seen)
        return seen
      }

      const forget = (now: number): void => {
        if (now - forgotAt < forgetsEvery) return
        forgotAt = now
        for (const [id, seen] of matches) {
          if (now - seen.look.at <= keptFor) continue
          matches.delete(id)
          weighed.delete(seen)
        }
      }

      /**
       * Whose strategies are weighed now: of the matches in play those that are shown first, then those that never were, and then
       * those that were weighed longest ago.
       */
      const turnOf = (told: ReadonlyArray<Seen>, now: number): ReadonlySet<Seen> => {
        const due = function* () {
          yield* order.slice(0, shownFirst)
          for (const seen of told) if (seen.near === notYet) yield seen
          yield* weighed
        }
        const turn = new Set<Seen>()
        for (const seen of due()) {
          if (isInPlayAt(seen.look, now) && !seen.isFresh) turn.add(seen)
          if (turn.size === mostLookedAt) break
        }
        return turn
      }

      const weigh = (turn: ReadonlySet<Seen>): void => {
        for (const [nearby, some] of Map.groupBy(turn, (seen) => seen.nearby)) {
          if (nearby === undefined) continue
          const found = nearestOf(
            { nearby },
            some.flatMap(({ look: { view } }) => view ?? [])
          )
          some.forEach((seen, index) => {
            seen.near = found[index] ?? notYet
            seen.isFresh = true
            weighed.delete(seen)
            weighed.add(seen)
          })
        }
      }

      const inPlay = (now: number): Array<Seen> => {
        const told: Array<Seen> = []
        for (const seen of matches.values()) if (isInPlayAt(seen.look, now)) told.push(seen)
        return told
      }

      /** Takes note of what was seen at that time, but for what is known as of later. */
      const note = ({ nearby, snapshots, timelines, views: judged }: Omit<Sight, "created">, seenAt: number) => {
        const views = new Map(judged.map((view) => [view.snapshot.match.id, view]))
        for (const snapshot of snapshots) {
          const { id } = snapshot.match
          const known = matches.get(id)
          if (known !== undefined && seenAt < known.look.at) continue
          const timeline = timelines.get(id) ?? known?.look.timeline ?? []
          const view = views.get(id)
          const stands = view === undefined && isInPlay(snapshot.clock)
          leave(known, { snapshot, timeline, at: seenAt, view, stands }).nearby = nearby
        }
        isOrdered = false
        at = Math.max(at ?? 0, seenAt)
        return PubSub.publish(scans, undefined)
      }

      const onlooker = Onlooker.defaultValue()
      return Context.make(Picture, {
        at: () => at,
        find: (id) => matches.get(id)?.look,
        all: () => Array.from(matches.values(), ({ look }) => look),
        live: Effect.map(Clock.currentTimeMillis, (now) => {
          // Matches leave without a scan too: no poll shows them any more, or it shows them as ended.
          if (isOrdered) return order.filter(({ look }) => isInPlayAt(look, now))
          const told = inPlay(now)
          weigh(turnOf(told, now))
          order = told.sort(closestFirst)
          isOrdered = true
          return order
        }),
        others: (most) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            const found: Array<Look> = []
            for (const { look } of matches.values()) {
              if (found.length === most) break
              if (!isInPlayAt(look, now)) found.push(look)
            }
            return found
          }),
        inPlay: Effect.map(Clock.currentTimeMillis, (now) => inPlay(now).length),
        take: (seen, seenAt) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            forget(now)
            return note(seen, seenAt)
          }),
        scans
      }).pipe(
        Context.add(Onlooker, {
          ...onlooker,
          observed: (snapshots) =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              for (const snapshot of snapshots) {
                const known = matches.get(snapshot.match.id)
                if (known !== undefined && isInPlay(snapshot.clock)) continue
                const timeline = known?.look.timeline ?? []
                leave(known, { snapshot, timeline, at: now, view: undefined, stands: false })
              }
            }),
          judged: (seen) =>
            Effect.gen(function* () {
              const now = yield* Clock.currentTimeMillis
              forget(now)
              yield* note(seen, now)
            })
        })
      )
    })
  )
}
