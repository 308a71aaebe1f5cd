/**
 * Expectations by name: the well-known outcomes of a match, each an alias of one comparison.
 *
 * A name is made of words joined by `_`: an outcome (`HOME_WIN`, `BTTS_YES`, `OVER_2_5_GOALS`), and before or after it
 * the half (`1H`, `2H`) or `SINCE_PICKED`, which counts from the trigger on, and for overs and unders the team (`HOME`,
 * `AWAY`, `FAV`, `UND`). So `1H_BTTS_YES` and `BTTS_YES_1H` are one outcome. Names are read in any case, with
 * spaces or hyphens for the `_` and with a decimal point in the line (`over 2.5 goals`). Without a half it is the whole
 * match, judged at the end of regulation time.
 */
import { Result } from "effect"
import { didYouMean } from "../../domain/nearest.ts"
import { brief } from "../../domain/problems.ts"
import type { Comparator, Comparison, Expression, Scope, Window } from "../../domain/Strategy.ts"

type Values = (scope: Scope) => Expression

/** What a kind of outcome compares. */
interface Outcome {
  readonly meaning: string
  readonly comparison: (goals: Values) => Comparison
}

const between = (left: Scope, comparator: Comparator, right: Scope) => (goals: Values) => ({
  left: goals(left),
  comparator,
  right: goals(right)
})

/** The outcomes that are not counted against a line. */
const results: ReadonlyMap<string, Outcome> = new Map([
  ["HOME_WIN", { meaning: "The home team wins", comparison: between("home", ">", "away") }],
  ["DRAW", { meaning: "Nobody wins", comparison: between("home", "=", "away") }],
  ["AWAY_WIN", { meaning: "The away team wins", comparison: between("home", "<", "away") }],
  ["FAV_WIN", { meaning: "The favourite wins", comparison: between("favourite", ">", "underdog") }],
  ["UND_WIN", { meaning: "The underdog wins", comparison: between("favourite", "<", "underdog") }],
  ["DOUBLE_CHANCE_1X", { meaning: "Home win or draw", comparison: between("home", ">=", "away") }],
  ["DOUBLE_CHANCE_12", { meaning: "Either team wins", comparison: between("home", "!=", "away") }],
  ["DOUBLE_CHANCE_2X", { meaning: "Away win or draw", comparison: between("home", "<=", "away") }],
  [
    "BTTS_YES",
    { meaning: "Both teams score", comparison: (goals) => ({ left: goals("both"), comparator: ">=", right: 1 }) }
  ],
  [
    "BTTS_NO",
    {
      meaning: "At least one team does not score",
      comparison: (goals) => ({ left: goals("both"), comparator: "=", right: 0 })
    }
  ]
])

/** Words that name a part of the match. */
const parts: ReadonlyMap<string, Window> = new Map([
  ["1H", "first half"],
  ["2H", "second half"],
  ["SINCE_PICKED", "since trigger"]
])

/** Words that name a team. */
const teams: ReadonlyMap<string, Scope> = new Map([
  ["HOME", "home"],
  ["AWAY", "away"],
  ["FAV", "favourite"],
  ["UND", "underdog"]
])

const metricIn =
  (metric: "goals" | "corners" | "yellow_cards" | "red_cards", window: Window | undefined): Values =>
  (scope) => ({ metric, scope, ...(window === undefined ? undefined : { window }) })

/** What is counted against a line, and the highest line that is listed. */
const counted: ReadonlyMap<string, { readonly lines: number; readonly values: (window?: Window) => Values }> = new Map([
  ["GOALS", { lines: 6, values: (window) => metricIn("goals", window) }],
  ["CORNERS", { lines: 15, values: (window) => metricIn("corners", window) }],
  [
    "CARDS",
    {
      lines: 9,
      values: (window) => (scope) => ({
        op: "+",
        left: metricIn("yellow_cards", window)(scope),
        right: metricIn("red_cards", window)(scope)
      })
    }
  ]
])

/** Words that people write for those above. */
const synonyms: ReadonlyArray<readonly [RegExp, string]> = [
  [/[\s.-]+/g, "_"],
  [/(?<=^|_)(FIRST_HALF|1ST_HALF|HT)(?=_|$)/g, "1H"],
  [/(?<=^|_)(SECOND_HALF|2ND_HALF)(?=_|$)/g, "2H"],
  [/(?<=^|_)SINCE_TRIGGER(?=_|$)/g, "SINCE_PICKED"],
  [/(?<=^|_)FAVOU?RITE(?=_|$)/g, "FAV"],
  [/(?<=^|_)UNDERDOG(?=_|$)/g, "UND"],
  [/(?<=^|_)DOUBLE_CHANCE_X1(?=_|$)/g, "DOUBLE_CHANCE_1X"],
  [/(?<=^|_)DOUBLE_CHANCE_21(?=_|$)/g, "DOUBLE_CHANCE_12"],
  [/(?<=^|_)DOUBLE_CHANCE_X2(?=_|$)/g, "DOUBLE_CHANCE_2X"]
]

const canonical = (name: string): string =>
  synonyms.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), name.trim().toUpperCase())

/** Takes one of these words away from the beginning or the end of a name. */
const without = <A>(name: string, words: ReadonlyMap<string, A>): readonly [rest: string, found: A | undefined] => {
  for (const [word, found] of words) {
    if (name.startsWith(`${word}_`)) return [name.slice(word.length + 1), found]
    if (name.endsWith(`_${word}`)) return [name.slice(0, -word.length - 1), found]
  }
  return [name, undefined]
}

const overUnder = (name: string, window: Window | undefined): Comparison | undefined => {
  const [rest, team] = without(name, teams)
  const [, direction, line, what = "GOALS"] = /^(OVER|UNDER)_(\d{1,3})_5(?:_(GOALS|CORNERS|CARDS))?$/.exec(rest) ?? []
  const values = counted.get(what)?.values(window)
  if (direction === undefined || line === undefined || values === undefined) return undefined
  return { left: values(team ?? "total"), comparator: direction === "OVER" ? ">" : "<", right: Number(line) + 0.5 }
}

const meaningOf = (name: string): Comparison | undefined => {
  const [first, window] = without(canonical(name), parts)
  // `HOME_1H_OVER_0_5_GOALS`: the half may stand between the team and the rest.
  const inner = window === undefined ? /^(.+?)_(1H|2H)_(.+)$/.exec(first) : null
  const rest = inner === null ? first : `${inner[1]}_${inner[3]}`
  const part = inner === null ? window : parts.get(inner[2] ?? "")
  return results.get(rest)?.comparison(metricIn("goals", part)) ?? overUnder(rest, part)
}

/** The principal names: those of the whole match and of a half, without a team. What completions offer. */
export const principalOutcomes: ReadonlyArray<string> = [
  ...[...results.keys()].flatMap((name) => [name, `1H_${name}`, `2H_${name}`]),
  ...[...counted].flatMap(([what, { lines }]) =>
    Array.from({ length: lines + 1 }, (_, line) => line).flatMap((line) =>
      ["OVER", "UNDER"].flatMap((direction) =>
        ["", "1H_", "2H_"].map((part) => `${part}${direction}_${line}_5_${what}`)
      )
    )
  )
]

/** Every listed name in its canonical spelling: those that a misspelt one is compared with. */
export const outcomeNames: ReadonlyArray<string> = principalOutcomes.flatMap((name) => [
  name,
  ...(/^[12]H_/.test(name) ? [] : [`${name}_SINCE_PICKED`]),
  ...(/(OVER|UNDER)/.test(name)
    ? [...teams.keys()].flatMap((team) => {
        const [, part = "", rest = name] = /^([12]H_)?(.*)$/.exec(name) ?? []
        return [`${part}${team}_${rest}`, ...(part === "" ? [`${team}_${rest}_SINCE_PICKED`] : [])]
      })
    : [])
])

/** The name without one of its words. */
const leavingOut = (name: string, word: RegExp): string =>
  name.replace(word, "").replaceAll(/_{2,}/g, "_").replaceAll(/^_|_$/g, "")

/** The outcomes that a name of both a half and `SINCE_PICKED` may mean: the one without the half, the other without that. */
const partsAtOnce = (name: string): ReadonlyArray<string> => {
  const [half, picked] = [/(?<=^|_)[12]H(?=_|$)/, /(?<=^|_)SINCE_PICKED(?=_|$)/]
  return half.test(name) && picked.test(name)
    ? [leavingOut(name, half), leavingOut(name, picked)].filter((each) => meaningOf(each) !== undefined)
    : []
}

/** The comparison that an outcome of this name makes, or why there is none. */
export const outcome = (name: string): Result.Result<Comparison, string> => {
  const comparison = meaningOf(name)
  if (comparison !== undefined) return Result.succeed(comparison)
  const unknown = `no outcome is called ${brief(name.trim())}`
  const meant = partsAtOnce(canonical(name))
  return Result.fail(
    meant.length > 0
      ? `${unknown}: SINCE_PICKED goes with the whole match, not with a half (did you mean ${meant.join(" or ")}?)`
      : `${unknown}${didYouMean(canonical(name), outcomeNames)}`
  )
}

/** One row of the table of outcomes: a name, or the pattern of several, and an example of what it stands for. */
export interface OutcomeRow {
  readonly name: string
  readonly meaning: string
  readonly example: string
}

const team = "`HOME_`, `AWAY_`, `FAV_`, `UND_`"

/** The outcomes as a table for readers. `example` is a name that {@link outcome} knows. */
export const outcomeRows: ReadonlyArray<OutcomeRow> = [
  ...[...results].map(([name, { meaning }]) => ({ name, meaning, example: name })),
  ...[...counted.keys()].flatMap((what) => [
    { name: `OVER_n_5_${what}`, meaning: `More than n ${what.toLowerCase()}`, example: `OVER_2_5_${what}` },
    { name: `UNDER_n_5_${what}`, meaning: `At most n ${what.toLowerCase()}`, example: `UNDER_2_5_${what}` }
  ]),
  { name: "1H_…, 2H_…", meaning: "Any of these, counted in that half only", example: "1H_BTTS_YES" },
  {
    name: "…_SINCE_PICKED",
    meaning: "Any of these without a half, counted from the trigger on",
    example: "OVER_0_5_GOALS_SINCE_PICKED"
  },
  { name: `OVER and UNDER with ${team}`, meaning: "The count of that team only", example: "HOME_OVER_1_5_GOALS" }
]
