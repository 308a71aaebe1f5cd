/** The check of the account at SportMonks: its plan, what is left of it, and what this configuration takes. */

import { Clock, Duration, Effect, Option } from "effect"
import { check, measured, ok, warning } from "../../doctor/Check.ts"
import { counted } from "../../domain/counted.ts"
import { timeText } from "../provider/Pacer.ts"
import { requestTimeout } from "../provider/ProviderClient.ts"
import { farApart, spacing } from "../provider/spacing.ts"
import { unlessLeaguesLack } from "../provider/unlessLeaguesLack.ts"
import { type Allowance, makeSportMonksApi } from "./SportMonksApi.ts"
import type { SportMonksSettings } from "./settings.ts"

const hour = Duration.toMillis(Duration.hours(1))

/** Leagues that are looked for: each takes a request, which counts for other than the polls do. */
const mostLeagues = 50

/**
 * Asks for the matches in play once, and tells of what the answer says of the account; and whether it has the leagues that
 * are watched.
 */
export const checkSportMonks = (settings: SportMonksSettings, interval: Duration.Duration) =>
  check(
    "SportMonks",
    Effect.gen(function* () {
      const api = yield* makeSportMonksApi(settings)
      const [, latencyMs] = yield* measured(api.inPlay)
      const now = yield* Clock.currentTimeMillis
      const every = Duration.toMillis(interval)
      const plan = Option.getOrElse(Option.fromUndefinedOr(api.plan()), () => "plan not named")
      const takes = `a poll every ${Duration.format(interval)} takes ${Math.ceil(hour / every)} an hour`
      const lasts = ({ remaining, resetsAt }: Allowance) => {
        const says = `${plan}; ${counted(remaining, "request")} left until ${timeText(resetsAt)}; ${takes}`
        const apart = spacing({ interval: every, available: remaining, each: Math.max(0, resetsAt - now) })
        return apart > every
          ? warning(
              `${says}: they do not last, and polls will be ${farApart(apart)} apart until then`,
              "Set a longer POLL_INTERVAL, or take a larger plan."
            )
          : ok(says, latencyMs)
      }
      const left = api.allowance("Fixture")
      const finding =
        left === undefined ? ok(`${plan}; it does not say what is left; ${takes}`, latencyMs) : lasts(left)
      const named = { provider: "SportMonks", setting: "SPORTMONKS_LEAGUES" }
      const unknown = Effect.filter(
        settings.leagues.slice(0, mostLeagues),
        (id) => Effect.map(api.hasLeague(id), (has) => !has),
        { concurrency: 4 }
      )
      return yield* unlessLeaguesLack(named, unknown, finding)
    }).pipe(
      Effect.catchTag("LimitReached", ({ message, until }) =>
        Effect.succeed(
          warning(`${message}: polls go on at ${timeText(until)}`, "Set a longer POLL_INTERVAL, or take a larger plan.")
        )
      )
    ),
    { todo: "Check SPORTMONKS_API_TOKEN and the network.", within: requestTimeout }
  )
