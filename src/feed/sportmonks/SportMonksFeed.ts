/**
 * Live matches of SportMonks: one request a poll for all leagues of the plan.
 *
 * Guarantees: a match that was in play and is gone from the list is asked for by its id, so that its end is seen. The limit of
 * requests an hour slows polls down before it is reached, and is waited for when it is; neither fails a tick. The token is in
 * no error, log line or span.
 */

import { Array as Arr, Clock, Duration, Effect, Layer, Option, Result } from "effect"
import { counted } from "../../domain/counted.ts"
import type { MatchClock, SnapshotInput } from "../../domain/Snapshot.ts"
import type { FeedMemory } from "../FeedMemory.ts"
import { MatchFeed } from "../MatchFeed.ts"
import type { LimitReached } from "../provider/LimitReached.ts"
import { makePacer, type Plan, timeText, waitFor } from "../provider/Pacer.ts"
import { makePrematch } from "../provider/Prematch.ts"
import { isToBeAsked, makeSeen, type SeenMatch } from "../provider/Seen.ts"
import { asShown } from "../provider/shown.ts"
import { farApart, spacing } from "../provider/spacing.ts"
import { makeUnreadable } from "../provider/unreadable.ts"
import { type ReadFixture, readFixture } from "./fixture.ts"
import { askPrematch } from "./prematch.ts"
import { feedName, isUsedUp, makeSportMonksApi, usedUp } from "./SportMonksApi.ts"
import type { SportMonksSettings } from "./settings.ts"

/** Requests an hour that are not planned for polls: they are there for matches that vanish. */
const reserve = 20

/** How long a poll may wait for matches that vanished, from its beginning on: a scan waits for ten seconds. */
const patience = Duration.toMillis(Duration.seconds(9))

/** Fixtures in one request by id. */
const inOneRequest = 50

export interface LiveFeedOptions {
  /** POLL_INTERVAL. */
  readonly interval: Duration.Duration
}

export const layerSportMonks = (
  settings: SportMonksSettings,
  { interval }: LiveFeedOptions
): Layer.Layer<MatchFeed, never, FeedMemory> =>
  Layer.effect(
    MatchFeed,
    Effect.gen(function* () {
      const { bookmaker, leagues } = settings
      const api = yield* makeSportMonksApi(settings)
      const pacer = yield* makePacer({ feed: feedName, interval })
      const seen = yield* makeSeen(feedName, interval)
      const unreadable = makeUnreadable(feedName)
      const prematch = yield* makePrematch({
        feed: feedName,
        atOnce: inOneRequest,
        ask: (matches: ReadonlyArray<ReturnType<typeof wantedOf>>) => askPrematch(api, bookmaker, matches),
        // Polls go before.
        hasBudget: Effect.map(Clock.currentTimeMillis, (now) => {
          const { remaining, resetsAt } = api.allowance("Fixture") ?? { remaining: 0, resetsAt: now }
          return remaining - Math.max(0, resetsAt - now) / Duration.toMillis(interval) > reserve
        })
      })
      const watched = new Set(leagues)
      const isWatched = ({ leagueId }: ReadFixture) =>
        watched.size === 0 || leagueId === undefined || watched.has(leagueId)

      /** Reads fixtures as they were sent; those that shall not be shown are left out. */
      const readAll = (fixtures: ReadonlyArray<unknown>, clocks: (id: string) => MatchClock | undefined) =>
        fixtures.flatMap((fixture) => {
          const read = readFixture(fixture, { bookmaker, clockBefore: clocks })
          return read === undefined || !isWatched(read) ? [] : [read]
        })

      const lookUp = (ids: ReadonlyArray<string>) =>
        Effect.forEach(pagesOf(ids), api.fixtures).pipe(Effect.map((pages) => pages.flat()))

      const withPrematch = Effect.fnUntraced(function* (fixtures: ReadonlyArray<ReadFixture>) {
        const figures = yield* prematch.figuresOf(fixtures.filter(({ id }) => Number.isInteger(id)).map(wantedOf))
        return fixtures.map(({ id, read }): SnapshotInput => {
          const known = figures.get(String(id))
          return asShown(known === undefined ? read : { ...read, prematch: { ...read.prematch, ...known } })
        })
      })

      /** A limit that asking for matches that vanished has met. */
      let limit: Option.Option<LimitReached> = Option.none()

      const ask = Effect.gen(function* () {
        limit = Option.none()
        const begun = yield* Clock.currentTimeMillis
        const before = yield* seen.recall
        const clockOf = (id: string) => before.get(id)?.clock
        const listed = readAll(yield* api.inPlay, clockOf)
        const ids = new Set(listed.map(({ id }) => String(id)))
        const gone = [...before].filter(([id, match]) => !ids.has(id) && isToBeAsked(match)).map(([id]) => id)
        // The list is what the poll is for: where the others do not come in time it goes on without them.
        const left = Duration.millis(Math.max(0, begun + patience - (yield* Clock.currentTimeMillis)))
        const beside = yield* lookUp(gone).pipe(
          Effect.timeoutOption(left),
          Effect.catchTag("FeedError", ({ message }) =>
            Effect.as(
              Effect.logDebug("the poll goes on without").pipe(Effect.annotateLogs({ reason: message })),
              Option.none()
            )
          ),
          Effect.result
        )
        limit = Result.getFailure(beside)
        const found = readAll(
          Option.getOrElse(Option.flatten(Result.getSuccess(beside)), () => []),
          clockOf
        )
        const shown = [...listed, ...found]
        yield* unreadable.tell(shown)
        yield* seen.update(
          new Map(
            shown.flatMap(({ id, read: { clock } }): ReadonlyArray<readonly [string, SeenMatch]> => {
              const kept = clock ?? clockOf(String(id))
              return kept === undefined ? [] : [[String(id), { clock: kept, misses: 0 }]]
            })
          )
        )
        return yield* withPrematch(shown)
      })

      const next = Effect.map(Clock.currentTimeMillis, (now): Option.Option<Plan> => {
        if (Option.isSome(limit)) return Option.some(waitFor(limit.value))
        const left = api.allowance("Fixture")
        if (left === undefined || left.resetsAt <= now) return Option.none()
        if (isUsedUp(left, now)) return Option.some(waitFor(usedUp(left)))
        const { remaining, resetsAt } = left
        const apart = spacing({
          interval: Duration.toMillis(interval),
          available: remaining - Math.min(reserve, Math.floor(remaining / 10)),
          each: resetsAt - now
        })
        const until = Math.min(now + apart, resetsAt)
        return Option.some({
          kind: "spread",
          until,
          reason: `a poll every ${farApart(until - now)}: ${counted(remaining, "request")} ${remaining === 1 ? "is" : "are"} left until ${timeText(resetsAt)}`
        })
      })

      return MatchFeed.of({
        name: `SportMonks at ${api.host} (${leagues.length === 0 ? "all leagues of the plan" : `leagues ${leagues.join(", ")}`})`,
        poll: pacer.poll(ask, next).pipe(Effect.withSpan("SportMonksFeed.poll")),
        requests: Effect.sync(api.requests),
        finished: (ids) =>
          pacer.ask(Effect.map(lookUp(ids), (found) => readAll(found, () => undefined))).pipe(
            Effect.map((found) => found.map(({ read }) => asShown(read))),
            Effect.withSpan("SportMonksFeed.finished")
          )
      })
    })
  )

/** Each id once. One that is none would have all of a request refused. */
const pagesOf = (ids: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const each = [...new Set(ids.filter((id) => /^\d+$/.test(id)))]
  return Arr.isArrayNonEmpty(each) ? Arr.chunksOf(each, inOneRequest) : []
}

const wantedOf = ({ id, seasonId, teams }: ReadFixture) => ({ id: String(id), season: seasonId, teams })
