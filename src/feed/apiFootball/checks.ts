/** The check of the account at API-Football: its plan, what is left of it, and what this configuration takes. */

import { Clock, Duration, Effect, Option, Schema } from "effect"
import { check, failed, measured, ok, warning } from "../../doctor/Check.ts"
import { counted } from "../../domain/counted.ts"
import { AnyWhole } from "../provider/lenient.ts"
import { timeText } from "../provider/Pacer.ts"
import { requestTimeout } from "../provider/ProviderClient.ts"
import { farApart, slowly, spacing } from "../provider/spacing.ts"
import { unlessLeaguesLack } from "../provider/unlessLeaguesLack.ts"
import { type ApiFootballApi, makeApiFootballApi, nextDay } from "./ApiFootballApi.ts"
import { prematchShare, smallPlan } from "./plans.ts"
import type { ApiFootballSettings } from "./settings.ts"

const day = Duration.toMillis(Duration.days(1))

const todo = "Set API_FOOTBALL_LEAGUES to what you watch, or a longer POLL_INTERVAL, or take a larger plan."

const decodeLeague = Schema.decodeUnknownOption(Schema.Struct({ league: Schema.Struct({ id: AnyWhole }) }))

/** The leagues of API_FOOTBALL_LEAGUES that the provider does not have: one request tells of all. */
const unknownLeagues = Effect.fnUntraced(function* (api: ApiFootballApi, leagues: ReadonlyArray<number>) {
  if (leagues.length === 0) return []
  const known = (yield* api.list("leagues", {})).flatMap((each) => Option.toArray(decodeLeague(each)))
  const ids = new Set(known.map(({ league }) => league.id))
  return leagues.filter((id) => !ids.has(id))
})

/**
 * Asks for the account, which costs no request, and tells how far its requests go; and, in one request, whether there are
 * leagues of the numbers that are watched.
 */
export const checkApiFootball = (settings: ApiFootballSettings, interval: Duration.Duration) =>
  check(
    "API-Football",
    Effect.gen(function* () {
      const api = makeApiFootballApi(settings)
      const [{ allowance, isActive, plan }, latencyMs] = yield* measured(api.account)
      if (!isActive) return failed(`the subscription (plan ${plan}) is not active`, "Renew it at API-Football.")
      const { limit, remaining } = allowance
      const now = yield* Clock.currentTimeMillis
      const end = nextDay(now)
      const every = Duration.toMillis(interval)
      // As if up to twenty matches were on all the time.
      const besides = limit < smallPlan ? 0 : 2
      const takes = Math.ceil(day / every + (besides * day) / Math.max(every, slowly))
      const says = `plan ${plan}: ${remaining} of ${counted(limit, "request")} left until ${timeText(end)}; a poll every ${Duration.format(interval)} takes up to ${takes} a day with twenty matches on`
      const apart = spacing({
        interval: every,
        available: remaining - prematchShare(allowance, 0),
        each: end - now,
        slow: besides * (end - now)
      })
      const finding =
        apart > every
          ? warning(`${says}: where matches are on all day, polls will be ${farApart(apart)} apart`, todo)
          : ok(says, latencyMs)
      if (remaining === 0) return finding
      const named = { provider: "API-Football", setting: "API_FOOTBALL_LEAGUES" }
      return yield* unlessLeaguesLack(named, unknownLeagues(api, settings.leagues), finding)
    }).pipe(
      Effect.catchTag("LimitReached", ({ message, until }) =>
        Effect.succeed(warning(`${message}: polls go on at ${timeText(until)}`, todo))
      )
    ),
    { todo: "Check API_FOOTBALL_KEY and the network.", within: requestTimeout }
  )
