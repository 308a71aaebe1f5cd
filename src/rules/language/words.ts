/**
 * The vocabulary of conditions in both of its forms: that of the written language, and the upper-case words of the
 * database's tables. The two are read alike, in any case of letters, and may be mixed.
 */
import { type Comparator, comparators, type Scope, scopes, type Window } from "../../domain/Strategy.ts"
import { tokens } from "./Token.ts"

/** The column `team_scope` and what it means. */
export const teamScopes = {
  HOME: "home",
  AWAY: "away",
  TOTAL: "total",
  DIFFERENCE: "difference",
  EITHER_TEAM: "either",
  EITHER_OPPONENT: "both",
  FAVOURITE: "favourite",
  UNDERDOG: "underdog",
  FAVOURITE_HOME: "home favourite",
  FAVOURITE_AWAY: "away favourite",
  UNDERDOG_HOME: "home underdog",
  UNDERDOG_AWAY: "away underdog",
  WINNING_TEAM: "leading",
  LOSING_TEAM: "trailing"
} as const satisfies Record<string, Scope>

/** The column `comparator` and what it means. */
export const comparatorWords = {
  GTE: ">=",
  LTE: "<=",
  GT: ">",
  LT: "<",
  EQ: "=",
  NEQ: "!="
} as const satisfies Record<string, Comparator>

/** The column `value_type` and how the catalogue's names of such metrics begin. */
export const prefixes = { IN_PLAY: "", PRE_MATCH: "prematch.", ODDS: "odds." } as const

/** A word of `table` whose meaning is this one. */
export const wordFor = <K extends string, V>(table: Readonly<Record<K, V>>, meaning: V): K | undefined => {
  for (const word in table) if (table[word] === meaning) return word
  return undefined
}

const lowered = <V>(table: Readonly<Record<string, V>>): ReadonlyArray<readonly [string, V]> =>
  Object.entries(table).map(([word, meaning]) => [word.toLowerCase(), meaning])

/** Scopes of one word by that word, in lower case. */
export const scopeWords: ReadonlyMap<string, Scope> = new Map<string, Scope>([
  ...scopes.filter((scope) => !scope.includes(" ")).map((scope) => [scope, scope] as const),
  ...lowered<Scope>(teamScopes)
])

/** Signs and words that compare. */
export const comparatorTexts: ReadonlyMap<string, Comparator> = new Map<string, Comparator>([
  ...comparators.map((sign) => [sign, sign] as const),
  ...lowered<Comparator>(comparatorWords)
])

/** Comparators as they are written elsewhere, and as they are written here. */
const otherComparators: ReadonlyMap<string, Comparator> = new Map([
  ["=>", ">="],
  ["=<", "<="],
  ["<>", "!="],
  ["===", "="],
  ["!==", "!="]
])

/** The comparator that someone means who writes it so, in whichever language. */
export const comparatorMeant = (written: string): Comparator | undefined => {
  const [token, ...rest] = tokens(written)
  return rest.length === 1 && token !== undefined ? comparatorTexts.get(token.text) : otherComparators.get(written)
}

/** The database's words for where a metric comes from, in lower case, and the prefix that they stand for. */
export const prefixWords: ReadonlyMap<string, string> = new Map(lowered<string>(prefixes))

/** The words with which a window begins. */
export const windowWords = [
  "last",
  "since",
  "at",
  "between",
  "in",
  "past_x",
  "since_minute",
  "since_trigger",
  "as_of_minute",
  "as_of_halftime",
  "x_minutes_ago",
  "during_1st_half",
  "during_2nd_half",
  "off"
] as const

/** What the windows are called, for whoever did not get one right. */
export const windowForms =
  "last N minutes, since minute N, at minute N, N minutes ago, between minutes A and B, in first half, in second half, at half-time or since trigger"

/** A window as `time_filter` names it: its mode, and its minutes. */
export interface TimeFilterWords {
  readonly mode: string
  readonly x?: number
  readonly y?: number
}

/**
 * The time filter of a window. `during_1st_half` and `since_trigger` are modes that older deployments do not have: they
 * name the two windows that would have no row otherwise.
 */
export const timeFilterOf = (window: Window | undefined): TimeFilterWords => {
  if (window === undefined) return { mode: "off" }
  if (typeof window === "string") {
    switch (window) {
      case "first half":
        return { mode: "during_1st_half" }
      case "second half":
        return { mode: "during_2nd_half" }
      case "half-time":
        return { mode: "as_of_halftime" }
      case "since trigger":
        return { mode: "since_trigger" }
    }
  }
  if ("last" in window) return { mode: "past_x", x: window.last }
  if ("since" in window) return { mode: "since_minute", x: window.since }
  if ("at" in window) return { mode: "as_of_minute", x: window.at }
  if ("ago" in window) return { mode: "x_minutes_ago", x: window.ago }
  return { mode: "between", x: window.between[0], y: window.between[1] }
}
