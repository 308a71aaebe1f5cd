/** The account at API-Football, and what is watched of it. */
import { Effect, Option, Redacted, Schema } from "effect"
import { missing, optional, plainUrl, setting, settingsOf } from "../../Config.ts"
import { headerText, idList } from "../provider/settingTypes.ts"

/** An account at API-Football, its own or one at RapidAPI. */
export interface ApiFootballSettings {
  readonly key: Redacted.Redacted
  /** The host at RapidAPI, for keys of RapidAPI. */
  readonly rapidApiHost: Option.Option<string>
  /** The leagues that are watched. Empty: all. */
  readonly leagues: ReadonlyArray<number>
  readonly url: URL
}

const home = "https://v3.football.api-sports.io"

const settings = {
  key: optional({
    name: "API_FOOTBALL_KEY",
    takes: "the API key of an account at API-Football, or of RapidAPI together with API_FOOTBALL_HOST",
    meaning: "The account at API-Football whose matches `FEED=api-football` watches.",
    isSecret: true,
    schema: headerText
  }),
  host: optional({
    name: "API_FOOTBALL_HOST",
    takes: "the host of API-Football at RapidAPI, such as api-football-v1.p.rapidapi.com",
    meaning: "Where the key is one of RapidAPI: its host there.",
    schema: Schema.String.pipe(Schema.check(Schema.isPattern(/^[\w.-]+$/)))
  }),
  leagues: optional({
    name: "API_FOOTBALL_LEAGUES",
    takes: "numbers of leagues at API-Football between commas, such as 39,140",
    meaning: "The leagues that are watched at API-Football. Without it all are.",
    schema: idList
  }),
  url: setting({
    name: "API_FOOTBALL_URL",
    takes: "the URL of API-Football",
    default: home,
    meaning: "Where API-Football is asked.",
    schema: plainUrl
  })
}

/** The settings of API-Football: none without a key. */
export const apiFootballSettings = settingsOf(
  settings,
  Effect.gen(function* () {
    const key = yield* settings.key.read
    const rapidApiHost = yield* settings.host.read
    const leagues = Option.getOrElse(yield* settings.leagues.read, () => [])
    const url = yield* settings.url.read
    if (Option.isNone(key) && Option.isSome(rapidApiHost)) {
      return yield* missing(settings.key, `${settings.host.name} is`)
    }
    const isHome = url.href === new URL(home).href
    return Option.map(
      key,
      (key): ApiFootballSettings => ({
        key: Redacted.make(key),
        rapidApiHost,
        leagues,
        url: isHome && Option.isSome(rapidApiHost) ? new URL(`https://${rapidApiHost.value}/v3`) : url
      })
    )
  })
)
