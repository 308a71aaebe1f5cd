/**
 * When matches are on: the day's fixtures of the leagues that are watched, so that requests are spent while there is something
 * to see. Shared by all instances.
 *
 * Guarantees: where it cannot be had, or fixtures of it cannot be read, matches count as being on all the time, which is said once.
 */
import { Clock, DateTime, Duration, Effect, Option, Schema } from "effect"
import { makeOutage } from "../../health/Outage.ts"
import { FeedMemory } from "../FeedMemory.ts"
import type { LimitReached } from "../provider/LimitReached.ts"
import { slowly } from "../provider/spacing.ts"
import { type ApiFootballApi, feedName } from "./ApiFootballApi.ts"
import { type ReadFixture, readFixture } from "./fixture.ts"

/** A fixture of the day. */
const Entry = Schema.Struct({ id: Schema.String, at: Schema.Finite })
type Entry = typeof Entry.Type

const Day = Schema.Struct({
  date: Schema.String,
  readAt: Schema.Finite,
  entries: Schema.Array(Entry),
  /** Those of the day before that may still be on. */
  before: Schema.optionalKey(Schema.Array(Entry)),
  /** How many more there are that cannot be read, of both days. */
  unread: Schema.optionalKey(Schema.Int),
  /** The list of the day had no fixture at all, of whatever league: it may have been made before them. */
  isEmpty: Schema.optionalKey(Schema.Boolean)
})
type Day = typeof Day.Type
const decodeDay = Schema.decodeUnknownOption(Day)

/** A match is asked for from here before its kick-off to here after it, unless it is known to be over. */
const before = Duration.toMillis(Duration.minutes(1))
const after = Duration.toMillis(Duration.hours(3))
/** How long a match takes, for planning. */
const usually = Duration.toMillis(Duration.minutes(115))

/** An empty day is read again after this long; a poll that is planned for then may come a little sooner. */
const emptyFor = Duration.hours(1)
const sooner = Duration.toMillis(Duration.minutes(10))

/** The steps in which a day is planned. */
const step = Duration.toMillis(Duration.minutes(5))

/** Matches in one request by id. */
export const inOneRequest = 20

export interface Schedule {
  /** Reads the day's fixtures if they were not, or are too old, or empty and an hour old. */
  readonly keepUp: (readAgainAfter: Duration.Duration) => Effect.Effect<void, LimitReached>
  /** Whether there is one. */
  readonly isKnown: () => boolean
  /** Whether all of it could be read: then nothing is on where nothing of it is. */
  readonly isWhole: () => boolean
  /** Ids of fixtures that are on now, or should be. */
  readonly on: (now: number) => ReadonlyArray<string>
  /** When the next one starts to be on. */
  readonly nextOn: (now: number) => Option.Option<number>
  /** When an empty day is read again. None where the day has fixtures. */
  readonly readAgainAt: () => Option.Option<number>
  /** These are over, and on no more. */
  readonly over: (ids: ReadonlyArray<string>) => void
  /**
   * From now until then: the time in which matches are on, and the requests by id that asking for all of them takes,
   * summed over that time. In milliseconds.
   */
  readonly load: (now: number, until: number, open: number) => { readonly time: number; readonly batches: number }
}

const dateOf = (now: number): string => DateTime.formatIsoDate(DateTime.toUtc(DateTime.makeUnsafe(now)))

export const makeSchedule = Effect.fnUntraced(function* (
  api: ApiFootballApi,
  isWatched: (fixture: ReadFixture) => boolean
) {
  const memory = yield* FeedMemory
  let today: Day | undefined
  let yesterday: ReadonlyArray<Entry> = []
  let askedAt = Number.NEGATIVE_INFINITY
  const over = new Set<string>()
  const outage = makeOutage({
    part: "feed",
    begins: "the day's fixtures cannot be had: polls go on as if matches were on all the time",
    ends: "the day's fixtures can be had again",
    fields: { feed: feedName }
  })
  const unreadable = makeOutage({
    begins: "fixtures of the day cannot be read: polls go on as if matches were on all the time",
    ends: "all fixtures of the day can be read again",
    fields: { feed: feedName }
  })
  const notOver = (all: ReadonlyArray<Entry>) => all.filter(({ id }) => !over.has(id))
  const take = (day: Day) => {
    if (today?.date !== day.date) {
      yesterday = today === undefined ? (day.before ?? []) : notOver(today.entries)
      over.clear()
    }
    today = day
  }
  const entries = () => notOver([...yesterday, ...(today?.entries ?? [])])

  const entriesOf = (date: string) =>
    Effect.map(api.list("fixtures", { date }), (fixtures) => {
      const all = fixtures.map((each) => readFixture(each)).filter(isWatched)
      const entries = all
        // Those that are over, or called off, when it is read are not asked for.
        .filter(({ read }) => read.clock === undefined || !isDone(read.clock.status))
        .flatMap(({ id, kickOff }) => (kickOff === undefined ? [] : [{ id, at: kickOff }]))
      const unread = all.filter(({ kickOff }) => kickOff === undefined).length
      return { entries, unread, isEmpty: fixtures.length === 0 }
    })
  const none: Effect.Success<ReturnType<typeof entriesOf>> = { entries: [], unread: 0, isEmpty: true }
  /** What may still be on of the day before, where nobody has read it before midnight. */
  const entriesBefore = Effect.fnUntraced(function* (now: number, kept: Day | undefined) {
    const date = dateOf(now - after)
    if (date === dateOf(now) || today !== undefined) return none
    if (kept?.date === date) return { ...none, entries: kept.entries }
    return yield* entriesOf(date).pipe(Effect.catchTag("FeedError", () => Effect.succeed(none)))
  })

  const read = Effect.fnUntraced(function* (date: string, now: number, kept: Day | undefined) {
    const { entries, isEmpty, unread } = yield* entriesOf(date)
    const earlier = yield* entriesBefore(now, kept)
    const bad = unread + earlier.unread
    if (bad > 0) yield* unreadable.met(`fixtures: ${bad} of ${bad + entries.length + earlier.entries.length}`)
    else yield* unreadable.over
    const day: Day = { date, readAt: now, entries, before: earlier.entries, unread: bad, isEmpty }
    yield* memory.keep(feedName, { schedule: day }, Duration.days(1))
    return day
  })

  return {
    keepUp: Effect.fnUntraced(function* (readAgainAfter) {
      const now = yield* Clock.currentTimeMillis
      const date = dateOf(now)
      const isFresh = (day: Day | undefined) =>
        day !== undefined &&
        day.date === date &&
        day.readAt <= now &&
        now - day.readAt <
          (day.isEmpty === true ? Duration.toMillis(emptyFor) - sooner : Duration.toMillis(readAgainAfter))
      if (isFresh(today) || (askedAt <= now && now - askedAt < slowly * 10)) return
      askedAt = now
      const kept = Option.getOrUndefined(decodeDay((yield* memory.recall(feedName, ["schedule"])).schedule))
      if (kept !== undefined && isFresh(kept)) return take(kept)
      yield* read(date, now, kept).pipe(
        Effect.tap(() => outage.over),
        Effect.map(take),
        Effect.catchTag("FeedError", ({ message }) => outage.met(message))
      )
    }),
    isKnown: () => today !== undefined,
    isWhole: () => today !== undefined && (today.unread ?? 0) === 0,
    on: (now) =>
      entries()
        .filter(({ at }) => now >= at - before && now <= at + after)
        .map(({ id }) => id),
    nextOn: (now) => {
      const later = entries().flatMap(({ at }) => (at - before > now ? [at - before] : []))
      return later.length === 0 ? Option.none() : Option.some(Math.min(...later))
    },
    readAgainAt: () =>
      today?.isEmpty === true ? Option.some(today.readAt + Duration.toMillis(emptyFor)) : Option.none(),
    over: (ids) => {
      for (const id of ids) over.add(id)
    },
    load: (now, until, open) => {
      if (today === undefined) {
        return { time: until - now, batches: (until - now) * Math.max(1, Math.ceil(open / inOneRequest)) }
      }
      const all = entries()
      let [time, batches] = [0, 0]
      for (let at = now; at < until; at += step) {
        const matches = all.filter((each) => at >= each.at - before && at <= each.at + usually).length
        const span = Math.min(step, until - at)
        const least = Math.max(at === now ? open : 0, (today.unread ?? 0) > 0 ? 1 : 0)
        const count = Math.max(matches, least)
        time += count > 0 ? span : 0
        batches += Math.ceil(count / inOneRequest) * span
      }
      return { time, batches }
    }
  } satisfies Schedule as Schedule
})

const isDone = (status: string): boolean =>
  !["scheduled", "live", "break", "interrupted", "suspended", "delayed"].includes(status)
