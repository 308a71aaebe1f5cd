/**
 * API-Football over HTTP: what its answers and refusals mean.
 *
 * Guarantees: an answer with errors is a failure and never an empty list, whatever its status: errors come with HTTP 200. What
 * is left of the day is known from the headers of every answer. A limit, of the day or of the minute, is LimitReached.
 */

import { Clock, Data, DateTime, Duration, Effect, Metric, Option, Redacted, Schema } from "effect"
import { counted } from "../../domain/counted.ts"
import { isPlain } from "../../domain/decodeSnapshot.ts"
import * as metrics from "../../health/metrics.ts"
import { FeedError } from "../MatchFeed.ts"
import { LimitReached } from "../provider/LimitReached.ts"
import { AnyNumber, finiteIn } from "../provider/lenient.ts"
import { type Answer, makeProviderClient, type Params } from "../provider/ProviderClient.ts"
import { waitIn } from "../provider/waitIn.ts"
import type { ApiFootballSettings } from "./settings.ts"

export const feedName = "api-football"

/** The plan of the account does not have what was asked for. */
export class NotInPlan extends Data.TaggedError("NotInPlan")<{ readonly message: string }> {}

/** Requests of a day. */
export interface Allowance {
  readonly limit: number
  readonly remaining: number
}

/** The account, as it says of itself. */
export interface Account {
  readonly plan: string
  readonly isActive: boolean
  readonly allowance: Allowance
}

/** What an answer says, part by part: one of another shape is as absent, but for errors, which count whatever they are. */
const bodyOf = (body: unknown) => {
  const { errors, message, paging, response } = isPlain(body) ? body : {}
  return {
    errors: errors ?? [],
    message: typeof message === "string" ? message : undefined,
    pages: isPlain(paging) ? (finiteIn(paging.total) ?? 1) : 1,
    response
  }
}
type Body = ReturnType<typeof bodyOf>

const decodeStatus = Schema.decodeUnknownOption(
  Schema.Struct({
    subscription: Schema.Struct({ plan: Schema.String, active: Schema.optionalKey(Schema.Boolean) }),
    requests: Schema.Struct({ current: AnyNumber, limit_day: AnyNumber })
  })
)

/** When the requests of a day are there again: at 00:00 UTC. */
export const nextDay = (now: number): number =>
  DateTime.toEpochMillis(DateTime.add(DateTime.startOf(DateTime.makeUnsafe(now), "day"), { days: 1 }))

/** How long after midnight the provider's clock may still have the day before, and how often it is asked meanwhile. */
const lateDay = Duration.toMillis(Duration.hours(1))
const lateAgain = Duration.toMillis(Duration.minutes(3))

/** When to ask again once the day's requests are used up: at midnight, and in minutes where that has just been. */
export const dayAgain = (now: number): number => {
  const end = nextDay(now)
  return end - now > Duration.toMillis(Duration.days(1)) - lateDay ? now + lateAgain : end
}

const nextMinute = (now: number): number => (Math.floor(now / 60_000) + 1) * 60_000

/** What the provider has against a request, by what it is about. */
const errorsOf = ({ errors }: Body): ReadonlyArray<readonly [about: string, text: string]> => {
  if (isPlain(errors)) return Object.entries(errors).map(([about, text]) => [about, String(text)])
  return (Array.isArray(errors) ? errors : [errors]).map((text) => ["", String(text)])
}

/** Troubles of the provider's own. */
const theirs = new Set(["bug", "report", "time"])

/** What to do about a refusal. */
const advice: Readonly<Record<string, string>> = {
  token: "Check API_FOOTBALL_KEY, and API_FOOTBALL_HOST for a key of RapidAPI.",
  access: "Check the subscription at API-Football.",
  ip: "Allow this machine's address at API-Football, or allow all.",
  plan: "The plan does not have it: a larger one does."
}

/** What costs no request. */
const accountPath = "status"

/** Requests a minute of the smallest plan. */
const leastPerMinute = 10

/** Pages of one answer that are read: there has been one so far. */
const mostPages = 10

export interface ApiFootballApi {
  readonly host: string
  /** Requests so far. */
  readonly requests: () => number
  /** What is left of the day, as far as an answer has told. */
  readonly allowance: () => Allowance | undefined
  /** The limit that all requests wait for, once nothing is left of the day. */
  readonly usedUp: (now: number) => Option.Option<LimitReached>
  /** Requests that the plan has a minute. */
  readonly perMinute: () => number
  /** The account. It costs no request. */
  readonly account: Effect.Effect<Account, FeedError | LimitReached>
  /** What is at a path: all pages of it. */
  readonly list: (path: string, params: Params) => Effect.Effect<ReadonlyArray<unknown>, FeedError | LimitReached>
  /** The same, and says where it is the plan that does not have it. */
  readonly listOfPlan: (
    path: string,
    params: Params
  ) => Effect.Effect<ReadonlyArray<unknown>, FeedError | LimitReached | NotInPlan>
}

export const makeApiFootballApi = ({ key, rapidApiHost, url }: ApiFootballSettings): ApiFootballApi => {
  const secret = Redacted.value(key)
  const client = makeProviderClient({
    feed: feedName,
    url,
    headers: Option.match(rapidApiHost, {
      onNone: (): Record<string, string> => ({ "x-apisports-key": secret }),
      onSome: (host) => ({ "x-rapidapi-key": secret, "x-rapidapi-host": host })
    })
  })
  let left: Allowance | undefined
  let perMinute = leastPerMinute

  const failure = (reason: "unavailable" | "refused", message: string) =>
    new FeedError({ feed: feedName, reason, message: message.replaceAll(secret, "<key>") })

  /** When the last answer said that nothing is left of the day. */
  let usedUpAt: number | undefined

  const noteAllowance = ({ headers }: Answer, now: number) => {
    const [limit = 0, remaining = -1] = ["limit", "remaining"].map((each) =>
      Number(headers[`x-ratelimit-requests-${each}`])
    )
    if (limit > 0 && remaining >= 0) {
      left = { limit, remaining }
      usedUpAt = remaining === 0 ? now : undefined
    }
    const minute = Number(headers["x-ratelimit-limit"])
    if (minute > 0) perMinute = minute
  }

  /** Whether nothing is left, and the day is not known to be over. Every hour somebody looks, for days begin when they do. */
  const isUsedUp = (now: number) =>
    usedUpAt !== undefined && now >= usedUpAt && now < Math.min(dayAgain(usedUpAt), usedUpAt + lateDay)

  const usedUp = (now: number) => {
    const limit = left === undefined ? "the day's requests" : `the ${counted(left.limit, "request")} of the day`
    return new LimitReached({ until: dayAgain(now), message: `API-Football: ${limit} are used up` })
  }
  const dayUsedUp = (now: number) => {
    usedUpAt = now
    if (left !== undefined) left = { ...left, remaining: 0 }
    return usedUp(now)
  }

  const refuse = (answer: Answer, body: Body, now: number) => {
    const { status } = answer
    const [about, text] = errorsOf(body)[0] ?? ["", body.message ?? "no reason given"]
    if (about === "requests") return dayUsedUp(now)
    if (about === "rateLimit" || status === 429) {
      if (left?.remaining === 0) return dayUsedUp(now)
      const wait = waitIn(answer, now)
      const until = wait === undefined ? nextMinute(now) : now + wait
      return new LimitReached({ until, message: "API-Football's limit of requests a minute is reached" })
    }
    if (status >= 499 || status === 204 || theirs.has(about)) {
      return failure("unavailable", `API-Football answered ${status}: ${text}`)
    }
    if (status >= 300 && status < 400) {
      return failure("refused", `${client.host} answered ${status} and is no API. Check API_FOOTBALL_URL.`)
    }
    const todo = advice[about] ?? (status === 401 || status === 403 ? advice.token : undefined)
    const said = /[.!?]$/.test(text) ? text : `${text}.`
    const message = [`API-Football refuses the request (HTTP ${status}): ${said}`, todo].join(" ").trim()
    const refused = failure("refused", message)
    return about === "plan" ? new NotInPlan({ message: refused.message }) : refused
  }

  const ask = Effect.fnUntraced(function* (path: string, params: Params) {
    const asked = yield* Clock.currentTimeMillis
    if (path !== accountPath && isUsedUp(asked)) return yield* usedUp(asked)
    const answer = yield* client.get(path, params)
    const now = yield* Clock.currentTimeMillis
    noteAllowance(answer, now)
    if (left !== undefined) {
      yield* Metric.update(metrics.of(metrics.feedBudget, { feed: feedName }), left.remaining)
      yield* Metric.update(metrics.of(metrics.feedLimit, { feed: feedName }), left.limit)
    }
    const body = bodyOf(answer.body)
    if (answer.status !== 200 || errorsOf(body).length > 0) return yield* refuse(answer, body, now)
    if (body.response === undefined || body.response === null) {
      return yield* failure("unavailable", `${client.host} answered without a response`)
    }
    return body
  })

  const page = Effect.fnUntraced(function* (path: string, params: Params) {
    const { pages, response } = yield* ask(path, params)
    if (path === "fixtures" && !Array.isArray(response)) {
      return yield* failure("unavailable", `${client.host} answered with something that is no list of matches`)
    }
    return { rows: Array.isArray(response) ? response : [response], pages: Math.min(pages, mostPages) }
  })

  const listOfPlan = Effect.fnUntraced(function* (path: string, params: Params) {
    const first = yield* page(path, params)
    const others = yield* Effect.forEach(
      Array.from({ length: first.pages - 1 }, (_, index) => String(index + 2)),
      (number) => page(path, { ...params, page: number })
    )
    return [first, ...others].flatMap(({ rows }) => rows)
  })

  const refusedAsAny = <A>(asked: Effect.Effect<A, FeedError | LimitReached | NotInPlan>) =>
    Effect.catchTag(asked, "NotInPlan", ({ message }) => failure("refused", message))

  return {
    host: client.host,
    requests: client.requests,
    allowance: () => left,
    usedUp: (now) => (isUsedUp(now) ? Option.some(usedUp(now)) : Option.none()),
    perMinute: () => perMinute,
    account: Effect.gen(function* () {
      const { response } = yield* refusedAsAny(ask(accountPath, {}))
      const status = decodeStatus(response)
      if (Option.isNone(status)) {
        return yield* failure("refused", `API-Football does not know the key. ${advice.token}`)
      }
      const { requests, subscription } = status.value
      left ??= { limit: requests.limit_day, remaining: Math.max(0, requests.limit_day - requests.current) }
      return { plan: subscription.plan, isActive: subscription.active !== false, allowance: left }
    }),
    list: (path, params) => refusedAsAny(listOfPlan(path, params)),
    listOfPlan
  }
}
