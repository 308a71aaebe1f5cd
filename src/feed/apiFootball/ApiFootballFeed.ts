/**
 * Live matches of API-Football, as often as the plan allows.
 *
 * On a large plan a poll is the list of live matches with their events; statistics, in one request for twenty matches, and
 * prices, in one for all, are taken from the poll before while they are fresh. On a small one (below `smallPlan` requests a
 * day) a poll asks for the day's fixtures that are on by their ids, which brings statistics and the end of a match too, and
 * no prices. Where the plan does not have that, as the free one, a poll is the list of live matches, and one match that is gone,
 * or whose statistics are the oldest, is asked for beside it. No request is spent while no match is on.
 *
 * Guarantees: a match that was in play and is gone from the list is asked for by its id, so that its end is seen. Requests last
 * the day: polls are spread over the time in which matches are on. The key is in no error, log line or span.
 */

import { Array as Arr, Clock, Duration, Effect, Layer, Option, Result } from "effect"
import { counted } from "../../domain/counted.ts"
import { isOver, type SnapshotInput } from "../../domain/Snapshot.ts"
import type { FeedMemory } from "../FeedMemory.ts"
import { type FeedError, MatchFeed } from "../MatchFeed.ts"
import type { LimitReached } from "../provider/LimitReached.ts"
import { makePacer, type Plan, timeText, waitFor } from "../provider/Pacer.ts"
import { makePrematch } from "../provider/Prematch.ts"
import { isToBeAsked, makeSeen, type SeenMatch } from "../provider/Seen.ts"
import { asShown } from "../provider/shown.ts"
import { farApart, spacing } from "../provider/spacing.ts"
import { makeUnreadable } from "../provider/unreadable.ts"
import { dayAgain, feedName, makeApiFootballApi, nextDay } from "./ApiFootballApi.ts"
import { type ReadFixture, readFixture } from "./fixture.ts"
import { type More, moreAfter, moreOf, offered, statisticsSince, wantsPrices, wantsStatistics } from "./More.ts"
import { livePrices } from "./odds.ts"
import { smallPlan } from "./plans.ts"
import { makePrematchSource, minuteShare as prematchShareOfMinute } from "./prematch.ts"
import { makePrematchBudget } from "./prematchBudget.ts"
import { makeRefusals } from "./Refusals.ts"
import { inOneRequest, makeSchedule } from "./Schedule.ts"
import type { ApiFootballSettings } from "./settings.ts"

/** The day's fixtures are read again after this long, for what was moved or added. */
const scheduleFor = (isSmall: boolean) => Duration.hours(isSmall ? 12 : 3)

/** While no match is on somebody looks all the same, where the plan is not small. */
const idlePoll = Duration.toMillis(Duration.minutes(10))

/** Requests under way at the same time. */
const atOnce = 3

/** How long a poll may wait for what is asked for beside the list, from its beginning on: a scan waits for ten seconds. */
const patience = Duration.toMillis(Duration.seconds(9))

/** Fixtures that a poll asks for one by one, where the plan does not have several in one request. */
const oneByOne = 1

/** Requests of a minute that are not for fixtures by id. */
const othersPerMinute = 1

const batchesOf = (ids: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  Arr.isReadonlyArrayNonEmpty(ids) ? Arr.chunksOf(ids, inOneRequest) : []

export const layerApiFootball = (
  settings: ApiFootballSettings,
  { interval }: { readonly interval: Duration.Duration }
): Layer.Layer<MatchFeed, never, FeedMemory> =>
  Layer.effect(
    MatchFeed,
    Effect.gen(function* () {
      const { leagues } = settings
      const api = makeApiFootballApi(settings)
      const watched = new Set(leagues)
      const isWatched = ({ leagueId }: ReadFixture) =>
        watched.size === 0 || leagueId === undefined || watched.has(leagueId)
      const pacer = yield* makePacer({ feed: feedName, interval })
      const seen = yield* makeSeen(feedName, interval)
      const schedule = yield* makeSchedule(api, isWatched)
      const refusals = yield* makeRefusals
      const unreadable = makeUnreadable(feedName)
      const budget = yield* makePrematchBudget(api)
      let plan = ""
      const prematch = yield* makePrematch({
        feed: feedName,
        atOnce: 1,
        ask: makePrematchSource(api, refusals, budget.spend),
        hasBudget: budget.hasLeft,
        onLimit: pacer.met
      })

      /** Requests by id that a minute has room for. */
      const mostBatches = () => Math.max(1, Math.floor(api.perMinute() * (1 - prematchShareOfMinute)) - othersPerMinute)
      let turn = 0
      /** Those that the minute has room for: all, or some in turn. */
      const fitting = (ids: ReadonlyArray<string>) => {
        const most = mostBatches() * inOneRequest
        if (ids.length <= most) return ids
        const start = (turn++ * most) % ids.length
        return [...ids.slice(start), ...ids.slice(0, start)].slice(0, most)
      }
      /** Fixtures by id, with events and statistics. None where the plan does not have several in one request. */
      const inBatches = (ids: ReadonlyArray<string>) =>
        refusals.unlessRefused(
          several,
          Effect.map(
            Effect.forEach(
              batchesOf(fitting(eachId(ids))),
              (batch) => api.listOfPlan("fixtures", { ids: batch.join("-") }),
              { concurrency: atOnce }
            ),
            (pages) => pages.flat()
          )
        )
      /** A few of them, as long as there is anything left. */
      const inTurn = (ids: ReadonlyArray<string>) =>
        Effect.suspend(() => {
          const few = (api.allowance()?.remaining ?? 0) > 0 ? eachId(ids).slice(0, oneByOne) : []
          return Effect.map(
            Effect.forEach(few, (id) => api.list("fixtures", { id })),
            (pages) => pages.flat()
          )
        })
      /** Whether what is left may be needed for the list of live matches, and for how they end. */
      const isScarce = () => {
        const { limit, remaining } = api.allowance() ?? { limit: 1, remaining: 0 }
        return remaining <= limit / 10
      }
      /** Fixtures by id, as many as the plan has. */
      const byId = (ids: ReadonlyArray<string>) =>
        Effect.flatMap(
          inBatches(ids),
          Option.match({ onNone: () => inTurn(ids), onSome: (found) => Effect.succeed(found) })
        )

      /** What may fail, or take too long, without costing the poll: only a limit counts. */
      const beside = <A>(asked: Effect.Effect<A, FeedError | LimitReached>, begun: number) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.timeoutOption(asked, Duration.millis(Math.max(0, begun + patience - now)))
        ).pipe(
          Effect.catchTag("FeedError", ({ message }) =>
            Effect.as(
              Effect.logDebug("the poll goes on without").pipe(Effect.annotateLogs({ reason: message })),
              Option.none<A>()
            )
          ),
          Effect.result
        )

      const isSmall = () => (api.allowance()?.limit ?? smallPlan) < smallPlan
      /** A limit that what was asked for beside the list has met. */
      let limit: Option.Option<LimitReached> = Option.none()
      /** Whether all matches of the last poll could be read: one that cannot may well be on. */
      let isAllRead = true

      const ask = Effect.gen(function* () {
        limit = Option.none()
        const begun = yield* Clock.currentTimeMillis
        if (api.allowance() === undefined) {
          // The headers of the first answer tell as much, but after it.
          const account = yield* beside(api.account, begun)
          plan = Option.match(Option.flatten(Result.getSuccess(account)), {
            onNone: () => "",
            onSome: ({ plan }) => plan
          })
        }
        yield* schedule.keepUp(scheduleFor(isSmall()))
        const now = yield* Clock.currentTimeMillis
        const before = yield* seen.recall
        const clockBefore = (id: string) => before.get(id)?.clock
        const read = (fixtures: ReadonlyArray<unknown>) =>
          fixtures.map((each) => readFixture(each, clockBefore)).filter(isWatched)
        const open = [...before].filter(([, match]) => isToBeAsked(match)).map(([id]) => id)
        const isPlanned = isSmall() && schedule.isKnown()
        const on = [...new Set([...schedule.on(now), ...open])]
        const byIds = isPlanned && (on.length > 0 || schedule.isWhole()) ? yield* inBatches(on) : Option.none()
        const isByIds = Option.isSome(byIds)
        const live =
          isPlanned && schedule.isWhole() && on.length === 0
            ? Effect.succeed([])
            : api.list("fixtures", { live: leagues.length === 0 ? "all" : leagues.join("-") })

        const listed = read(isByIds ? byIds.value : yield* live)
        const ids = new Set(listed.map(({ id }) => id))
        const more = (id: string) => moreOf(before.get(id))
        const isOneByOne = yield* refusals.has(several)
        const stale =
          isByIds || (isOneByOne && isScarce())
            ? []
            : listed
                .filter(({ id }) => wantsStatistics(more(id), now))
                .map(({ id }) => id)
                .sort((one, other) => statisticsSince(more(one)) - statisticsSince(more(other)))
        const gone = isByIds ? [] : open.filter((id) => !ids.has(id))
        const most = isOneByOne ? oneByOne : Number.POSITIVE_INFINITY
        const beyond = [...gone, ...stale].slice(0, most)
        const isForPrices = !isSmall() && listed.some(({ id }) => wantsPrices(more(id), now))
        const [details, prices] = yield* Effect.all(
          [
            beside(byId(beyond), begun),
            isForPrices
              ? beside(api.list("odds/live", leagues.length === 1 ? { league: String(leagues[0]) } : {}), begun)
              : Effect.succeed(Result.succeed(Option.none<ReadonlyArray<unknown>>()))
          ],
          { concurrency: "unbounded" }
        )
        limit = Option.orElse(Result.getFailure(details), () => Result.getFailure(prices))
        const found = read(Option.getOrElse(Option.flatten(Result.getSuccess(details)), () => []))
        const odds = Option.map(Option.flatten(Result.getSuccess(prices)), livePrices)
        const detailOf = new Map(found.map((each) => [each.id, each]))

        const shown = [...listed, ...found.filter(({ id }) => !ids.has(id))]
        yield* unreadable.tell(shown)
        isAllRead = shown.every(({ kickOff }) => kickOff !== undefined)
        const askedFor = new Set(beyond)
        const mores = new Map(
          shown.map(({ id, statistics }) => {
            const brought = {
              statistics: statistics ?? detailOf.get(id)?.statistics,
              odds: Option.getOrUndefined(Option.map(odds, (all) => all.get(id) ?? {}))
            }
            return [id, moreAfter(more(id), now, brought, { odds: isForPrices, statistics: askedFor.has(id) })] as const
          })
        )
        yield* seen.update(
          new Map(
            shown.flatMap(({ id, read: { clock } }): ReadonlyArray<readonly [string, SeenMatch]> => {
              const kept = clock ?? clockBefore(id)
              return kept === undefined ? [] : [[id, { clock: kept, misses: 0, more: mores.get(id) ?? {} }]]
            })
          )
        )
        schedule.over(shown.flatMap(({ id, read: { clock } }) => (clock !== undefined && isOver(clock) ? [id] : [])))
        return yield* shownWith(shown, mores)
      })

      const shownWith = Effect.fnUntraced(function* (
        shown: ReadonlyArray<ReadFixture>,
        mores: ReadonlyMap<string, More>
      ) {
        const figures = yield* prematch.figuresOf(shown.filter(({ teams }) => teams !== undefined).map(wantedOf))
        const now = yield* Clock.currentTimeMillis
        return shown.map(({ id, read }): SnapshotInput => {
          const more = mores.get(id) ?? {}
          return asShown({
            ...read,
            // Events are told sooner than statistics.
            statistics: { ...more.statistics, ...read.statistics },
            prematch: figures.get(id) ?? {},
            odds: read.clock === undefined || isOver(read.clock) ? {} : offered(more, now)
          })
        })
      })

      const next = Effect.gen(function* (): Effect.fn.Return<Option.Option<Plan>> {
        const now = yield* Clock.currentTimeMillis
        if (Option.isSome(limit)) return Option.some(waitFor(limit.value))
        const open = [...(yield* seen.recall).values()].filter(
          ({ clock }) => clock.status === "live" || clock.status === "break"
        )
        const end = nextDay(now)
        if (schedule.isWhole() && isAllRead && open.length === 0 && schedule.on(now).length === 0) {
          const again = schedule.readAgainAt()
          const until = Math.min(
            Option.getOrElse(schedule.nextOn(now), () => end),
            Option.getOrElse(again, () => end),
            end,
            isSmall() ? end : now + idlePoll
          )
          const reason = Option.isSome(again)
            ? `the list of the day's fixtures is empty; it is looked at again at ${timeText(until)}`
            : `no match is on until ${timeText(until)}`
          return Option.some({ kind: "idle", until, reason })
        }
        const left = api.allowance()
        if (left === undefined) return Option.none()
        const usedUp = api.usedUp(now)
        if (Option.isSome(usedUp)) return Option.some(waitFor(usedUp.value))
        const isRefused = yield* refusals.has(several)
        const { batches, time } = schedule.load(now, end, open.length)
        const available =
          left.remaining - (yield* budget.left) - Math.min(Math.ceil(left.limit / 100), Math.floor(left.remaining / 10))
        const apart = spacing({
          interval: Duration.toMillis(interval),
          available,
          ...(isSmall() && schedule.isKnown()
            ? { each: isRefused ? time * (1 + oneByOne) : Math.min(batches, time * mostBatches()) }
            : { each: time, slow: batches + time })
        })
        const until = Math.min(now + apart, left.remaining === 0 ? dayAgain(now) : end)
        const of = plan === "" ? `${left.limit} a day` : `plan ${plan}, ${left.limit} a day`
        return Option.some({
          kind: "spread",
          until,
          reason: `a poll every ${farApart(until - now)}: ${counted(left.remaining, "request")} ${left.remaining === 1 ? "is" : "are"} left until ${timeText(end)} (${of})`
        })
      })

      const which = leagues.length === 0 ? "all leagues" : `leagues ${leagues.join(", ")}`
      return MatchFeed.of({
        name: `API-Football at ${api.host} (${which})`,
        poll: pacer.poll(ask, next).pipe(Effect.withSpan("ApiFootballFeed.poll")),
        requests: Effect.sync(api.requests),
        finished: (ids) =>
          pacer.ask(byId(ids)).pipe(
            Effect.map((fixtures) =>
              fixtures.map((each) => {
                const { read, statistics = {} } = readFixture(each)
                return asShown({ ...read, statistics: { ...statistics, ...read.statistics } })
              })
            ),
            Effect.withSpan("ApiFootballFeed.finished")
          )
      })
    })
  )

/** What the free plan does not have: 'ids' of several fixtures. */
const several = "fixtures by ids"

/** Each id once. One that is none, of a row that cannot be read, would have all of a request refused. */
const eachId = (ids: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(ids.filter((id) => /^\d+$/.test(id)))]

const wantedOf = ({ id, leagueId, season, teams }: ReadFixture) => ({ id, league: leagueId, season, teams })
