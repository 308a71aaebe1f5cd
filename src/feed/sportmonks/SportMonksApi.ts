/**
 * SportMonks over HTTP: what its answers and refusals mean.
 *
 * Guarantees: an answer without data is an empty list only where SportMonks says that nothing was found; anything else without
 * data is a failure. An include that the plan does not have costs that include, told once, and not the poll. What each kind of
 * request has left this hour is known from the answers.
 */
import { Clock, Data, Effect, Metric, Option, Redacted, Schema } from "effect"
import { isPlain } from "../../domain/decodeSnapshot.ts"
import * as metrics from "../../health/metrics.ts"
import { FeedError } from "../MatchFeed.ts"
import { LimitReached } from "../provider/LimitReached.ts"
import { AnyNumber, finiteIn } from "../provider/lenient.ts"
import { type Answer, makeProviderClient, type Params } from "../provider/ProviderClient.ts"
import { waitIn, waitOf } from "../provider/waitIn.ts"
import { IncludeRefused, makeIncludes } from "./includes.ts"
import type { SportMonksSettings } from "./settings.ts"

export const feedName = "sportmonks"

/** A filter that the endpoint does not take. */
class FilterRefused extends Data.TaggedError("FilterRefused")<{ readonly message: string }> {}

const limitText = "SportMonks' limit of requests an hour is reached"

/** What is left of one kind of request, until when in milliseconds since the epoch. */
export interface Allowance {
  readonly remaining: number
  readonly resetsAt: number
}

/** Nothing is left, and the time at which there is again has yet to come: within the hour, unless a clock was set back. */
export const isUsedUp = ({ remaining, resetsAt }: Allowance, now: number): boolean =>
  remaining <= 0 && resetsAt > now && resetsAt <= now + waitOf(Number.POSITIVE_INFINITY)

/** The limit that this is. */
export const usedUp = ({ resetsAt }: Allowance) => new LimitReached({ until: resetsAt, message: limitText })

/** What requests of a path are counted as. */
const entityOf = (path: string): string =>
  path.startsWith("leagues/") ? "League" : path.startsWith("teams/") ? "Team" : "Fixture"

const decodeRateLimit = Schema.decodeUnknownOption(
  Schema.Struct({
    remaining: AnyNumber,
    resets_in_seconds: AnyNumber,
    requested_entity: Schema.optionalKey(Schema.String)
  })
)

/** What an answer says, part by part: one of another shape is as absent. */
const envelopeOf = (body: unknown) => {
  const { code, data, message, rate_limit, retry_after, subscription } = isPlain(body) ? body : {}
  return {
    data,
    message: typeof message === "string" ? message : undefined,
    code: finiteIn(code),
    retryAfter: finiteIn(retry_after),
    subscription,
    rateLimit: Option.getOrUndefined(decodeRateLimit(rate_limit))
  }
}
type Envelope = ReturnType<typeof envelopeOf>

const isNothingFound = (message: string): boolean => /^no result/i.test(message)

/** Codes of https://docs.sportmonks.com/football/api/response-codes: includes of all kinds, and the limit. */
const includeCodes = new Set([5000, 5001, 5002, 5013])
const limitCode = 5005
/** The filter does not go with the endpoint. */
const filterCode = 5010

/** The plan does not have the endpoint. */
const endpointCode = 5007
const ofPlan = "Check that the plan at SportMonks has live scores, and the leagues of SPORTMONKS_LEAGUES."

/** The name of an include in a refusal: `You do not have access to the 'odds' include`. */
const refusedInclude = (message: string): string | undefined =>
  /'([\w.]+)' include|(?:^|the )([\w.]+) include is not/i
    .exec(message)
    ?.slice(1)
    .find((name) => name !== undefined)

/** An include that is wanted, and how the poll goes on without it. */
const wanted = ["state", "periods", "scores", "participants", "league.country", "statistics", "events", "inplayOdds"]

/** What a match that is over is asked with: its prices are of no use any more. */
const ofOneMatch = wanted.filter((include) => include !== "inplayOdds")

/** How long a limit lasts whose reset is not told. */
const defaultWait = 60

export interface SportMonksApi {
  readonly host: string
  /** Requests so far. */
  readonly requests: () => number
  /** What is left for requests of this kind, as far as an answer has told. */
  readonly allowance: (entity: string) => Allowance | undefined
  /** The plan, as the last answer names it. */
  readonly plan: () => string | undefined
  /** The fixtures that are in play, or about to be or just over. */
  readonly inPlay: Effect.Effect<ReadonlyArray<unknown>, FeedError | LimitReached>
  /** Fixtures by id, at most 50. Those that it does not find are left out. */
  readonly fixtures: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<unknown>, FeedError | LimitReached>
  /** The prices from before kick-off of at most 50 fixtures, in their includes. */
  readonly prices: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<unknown>, FeedError | LimitReached>
  /** Whether the account has a league of this number. */
  readonly hasLeague: (id: number) => Effect.Effect<boolean, FeedError | LimitReached>
  /** A team with its figures of a season. */
  readonly team: (id: number, season: number) => Effect.Effect<unknown, FeedError | LimitReached>
}

const decodePlans = Schema.decodeUnknownOption(
  Schema.Array(
    Schema.Struct({
      plans: Schema.Array(Schema.Struct({ plan: Schema.String, sport: Schema.optionalKey(Schema.Unknown) }))
    })
  )
)

const listOf = (data: unknown): ReadonlyArray<unknown> => {
  if (Array.isArray(data)) return data
  return data === undefined || data === null ? [] : [data]
}

export const makeSportMonksApi = Effect.fnUntraced(function* ({ bookmaker, leagues, token, url }: SportMonksSettings) {
  const secret = Redacted.value(token)
  const client = makeProviderClient({ feed: feedName, url, headers: { authorization: secret } })
  const left = new Map<string, Allowance>()
  let plan: string | undefined
  const refusedFilters = new Set<string>()
  const [live, byId, ofPrices] = [makeIncludes(), makeIncludes(), makeIncludes()]

  const failure = (reason: "unavailable" | "refused", message: string) =>
    new FeedError({ feed: feedName, reason, message })

  const noteAnswer = ({ rateLimit, subscription }: Envelope, now: number) => {
    if (rateLimit !== undefined) {
      const { remaining, requested_entity = "Fixture", resets_in_seconds } = rateLimit
      left.set(requested_entity, { remaining, resetsAt: now + waitOf(resets_in_seconds) })
    }
    const plans = Option.getOrUndefined(decodePlans(subscription))?.flatMap((each) => each.plans)
    const [first] = plans?.filter(({ plan, sport }) => /football/i.test(`${plan} ${String(sport)}`)) ?? []
    if (first !== undefined) plan = first.plan
  }

  const refuse = (answer: Answer, body: Envelope, now: number) => {
    const { status } = answer
    const { code, retryAfter } = body
    // Whatever is told of it holds no key.
    const message = (body.message ?? "no reason given").replaceAll(secret, "<token>")
    if (status === 429 || code === limitCode) {
      const known = [...left.values()].filter(({ remaining, resetsAt }) => resetsAt > now && remaining <= 1)
      const wait = retryAfter === undefined ? waitIn(answer, now) : waitOf(retryAfter)
      const until =
        wait === undefined ? Math.max(...known.map(({ resetsAt }) => resetsAt), now + defaultWait * 1000) : now + wait
      return new LimitReached({ until, message: limitText })
    }
    if (code === filterCode) return new FilterRefused({ message })
    const include = refusedInclude(message)
    if ((code !== undefined && includeCodes.has(code)) || include !== undefined) {
      return new IncludeRefused({ include, message })
    }
    if (status >= 500) return failure("unavailable", `SportMonks answered ${status}: ${message}`)
    if (status < 300 && body.message === undefined) {
      return failure("unavailable", `${client.host} answered without data`)
    }
    if (status === 401) return failure("refused", "SportMonks does not know the token. Check SPORTMONKS_API_TOKEN.")
    if (status >= 300 && status < 400) {
      return failure("refused", `${client.host} answered ${status} and is no API. Check SPORTMONKS_URL.`)
    }
    const about = code === undefined ? `${status}` : `${status}, code ${code}`
    const todo = status === 403 || code === endpointCode ? ` ${ofPlan}` : ""
    return failure("refused", `SportMonks refuses the request (${about}): ${message}${todo}`)
  }

  let mostLeft = 0
  const ask = Effect.fnUntraced(function* (path: string, params: Params) {
    const known = left.get(entityOf(path))
    const asked = yield* Clock.currentTimeMillis
    if (known !== undefined && isUsedUp(known, asked)) return yield* usedUp(known)
    const answer = yield* client.get(path, params)
    const now = yield* Clock.currentTimeMillis
    const body = envelopeOf(answer.body)
    noteAnswer(body, now)
    const polls = left.get("Fixture")
    if (polls !== undefined) {
      yield* Metric.update(metrics.of(metrics.feedBudget, { feed: feedName }), polls.remaining)
      // How many a plan has it does not say.
      mostLeft = Math.max(mostLeft, polls.remaining)
      yield* Metric.update(metrics.of(metrics.feedLimit, { feed: feedName }), mostLeft)
    }
    if (answer.status < 300 && body.data !== undefined && body.data !== null) return body.data
    const isAnswer = answer.status < 300 || answer.status === 404
    if (isAnswer && body.message !== undefined && isNothingFound(body.message)) return undefined
    return yield* refuse(answer, body, now)
  })

  const inOneFilter = 50
  const byLeague =
    leagues.length === 0 || leagues.length > inOneFilter ? undefined : `fixtureLeagues:${leagues.join(",")}`
  const byBookmaker = `bookmakers:${bookmaker}`

  /** What is too much is left out when the answer is read; asking for less only makes it smaller. */
  const listWith = (
    include: ReadonlyArray<string>
  ): Effect.Effect<unknown, FeedError | IncludeRefused | LimitReached> =>
    Effect.suspend(() => {
      const filters = [byLeague, include.includes("inplayOdds") ? byBookmaker : undefined].filter(
        (each) => each !== undefined && !refusedFilters.has(each)
      )
      const params = { include: include.join(";"), filters: filters.length === 0 ? undefined : filters.join(";") }
      return ask("livescores/inplay", params).pipe(
        Effect.catchTag("FilterRefused", ({ message }) => {
          const [last] = filters.slice(-1)
          if (last === undefined) {
            refusedFilters.clear()
            return failure("refused", `SportMonks refuses the request: ${message}`)
          }
          refusedFilters.add(last)
          return Effect.andThen(
            Effect.logWarning("SportMonks does not take this filter: polls go on without it").pipe(
              Effect.annotateLogs({ filter: last, reason: message })
            ),
            listWith(include)
          )
        })
      )
    })

  /** Where nothing can be left out, what is refused is the request. */
  const whole = (asked: Effect.Effect<unknown, FeedError | FilterRefused | IncludeRefused | LimitReached>) =>
    Effect.catchTag(asked, ["FilterRefused", "IncludeRefused"], ({ message }) =>
      failure(
        "refused",
        `SportMonks refuses the request: ${/[.!?]$/.test(message) ? message : `${message}.`} ${ofPlan}`
      )
    )

  return {
    host: client.host,
    requests: client.requests,
    allowance: (entity) => left.get(entity),
    plan: () => plan,
    inPlay: Effect.flatMap(whole(live.ask(wanted, listWith)), (data) =>
      data === undefined || Array.isArray(data)
        ? Effect.succeed(listOf(data))
        : failure("unavailable", `${client.host} answered with something that is no list of matches`)
    ),
    fixtures: (ids) => {
      const path = `fixtures/multi/${ids.join(",")}`
      return Effect.map(whole(byId.ask(ofOneMatch, (include) => ask(path, { include: include.join(";") }))), listOf)
    },
    prices: (ids) => {
      const filters = `bookmakers:${bookmaker};markets:1,14,80`
      return ofPrices
        .ask(["odds"], ([include]) =>
          include === undefined ? Effect.succeed([]) : ask(`fixtures/multi/${ids.join(",")}`, { include, filters })
        )
        .pipe(whole, Effect.map(listOf))
    },
    hasLeague: (id) => Effect.map(whole(ask(`leagues/${id}`, {})), (data) => listOf(data).some(isPlain)),
    team: (id, season) =>
      whole(ask(`teams/${id}`, { include: "statistics.details", filters: `teamStatisticSeasons:${season}` }))
  } satisfies SportMonksApi as SportMonksApi
})
