/** The check of the account at SportMonks: its plan, what is left of it, and what this configuration takes. */
import { Clock, Duration, Effect, Option } from "effect"
import { check, measured, ok, warning } from "../../doctor/Check.ts"
import { timeText } from "../provider/Pacer.ts"
import { requestTimeout } from "../provider/ProviderClient.ts"
import { farApart, spacing } from "../provider/spacing.ts"
import { makeSportMonksApi } from "./SportMonksApi.ts"
import type { SportMonksSettings } from "./settings.ts"

const hour = Duration.toMillis(Duration.hours(1))

/** Asks for the matches in play once, and tells of what the answer says of the account. */
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
      const left = api.allowance("Fixture")
      if (left === undefined) return ok(`${plan}; it does not say what is left; ${takes}`, latencyMs)
      const { remaining, resetsAt } = left
      const says = `${plan}; ${remaining} requests left until ${timeText(resetsAt)}; ${takes}`
      const apart = spacing({ interval: every, available: remaining, each: Math.max(0, resetsAt - now) })
      return apart > every
        ? warning(
            `${says}: they do not last, and polls will be ${farApart(apart)} apart until then`,
            "Set a longer POLL_INTERVAL, or take a larger plan."
          )
        : ok(says, latencyMs)
    }).pipe(
      Effect.catchTag("LimitReached", ({ message, until }) =>
        Effect.succeed(
          warning(`${message}: polls go on at ${timeText(until)}`, "Set a longer POLL_INTERVAL, or take a larger plan.")
        )
      )
    ),
    { todo: "Check SPORTMONKS_API_TOKEN and the network.", within: requestTimeout }
  )
