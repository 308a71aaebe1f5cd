/** The account at SportMonks, and what is watched of it. */
import { Effect, Option, Redacted } from "effect"
import { optional, plainUrl, setting, settingsOf, wholeNumber } from "../../Config.ts"
import { headerText, idList } from "../provider/settingTypes.ts"

/** An account at SportMonks. */
export interface SportMonksSettings {
  readonly token: Redacted.Redacted
  /** Whose prices are read: one bookmaker's, never mixed. */
  readonly bookmaker: number
  /** The leagues that are watched. Empty: all of the plan. */
  readonly leagues: ReadonlyArray<number>
  readonly url: URL
}

const settings = {
  token: optional({
    name: "SPORTMONKS_API_TOKEN",
    takes: "the API token of an account at SportMonks (My SportMonks, API tokens)",
    meaning: "The account at SportMonks whose matches `FEED=sportmonks` watches.",
    isSecret: true,
    schema: headerText
  }),
  bookmaker: setting({
    name: "SPORTMONKS_BOOKMAKER",
    takes: "the number of a bookmaker at SportMonks, such as 2 for bet365",
    default: "2",
    meaning: "Whose prices are read at SportMonks.",
    schema: wholeNumber(1, 1_000_000)
  }),
  leagues: optional({
    name: "SPORTMONKS_LEAGUES",
    takes: "numbers of leagues at SportMonks between commas, such as 8,564",
    meaning: "The leagues that are watched at SportMonks. Without it all of the plan are.",
    schema: idList
  }),
  url: setting({
    name: "SPORTMONKS_URL",
    takes: "the URL of SportMonks' football API",
    default: "https://api.sportmonks.com/v3/football",
    meaning: "Where SportMonks is asked.",
    schema: plainUrl
  })
}

/** The settings of SportMonks: none without a token. */
export const sportMonksSettings = settingsOf(
  settings,
  Effect.gen(function* () {
    const token = yield* settings.token.read
    const bookmaker = yield* settings.bookmaker.read
    const leagues = Option.getOrElse(yield* settings.leagues.read, () => [])
    const url = yield* settings.url.read
    return Option.map(token, (token): SportMonksSettings => ({ token: Redacted.make(token), bookmaker, leagues, url }))
  })
)
