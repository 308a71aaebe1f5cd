/**
 * The message of an alert as Telegram shows it, in the HTML of the Bot API.
 *
 * Guarantees: whatever names and conditions come from outside, the message is valid HTML of at most `messageLimit`
 * characters. It is cut at the end and between lines only, so conditions stay and odds go first; names of absurd length
 * are shortened before they are escaped. Source: https://core.telegram.org/bots/api#html-style
 */
import type { Alert, Digest } from "../../domain/Alert.ts"
import type { LastGoal } from "../../domain/LastGoal.ts"
import { isMetricName, type Metric, metrics } from "../../domain/Metric.ts"
import { oneLine } from "../../domain/oneLine.ts"
import { type Figure, figures, matchMinuteLabel } from "../../domain/Snapshot.ts"
import type { Trigger } from "../../domain/Trigger.ts"
import { evidenceText, lateLines } from "../message.ts"
import { verdictText } from "../verdictText.ts"

/**
 * The longest message, in UTF-16 code units. Telegram takes 4096 characters after parsing
 * (https://core.telegram.org/bots/api#sendmessage); here markup and entities count too, so that no way of counting
 * characters makes a message too long.
 */
export const messageLimit = 4096

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" }

/** The text with what Telegram takes for markup replaced by entities. */
export const escapeHtml = (text: string): string => text.replace(/[&<>]/g, (character) => entities[character] ?? "")

/** Text from outside, ready to stand in the message. */
const safe = (text: string, limit: number): string => escapeHtml(oneLine(text, limit))

// An escaped character takes five at most: the head of a message and one condition always fit.
const limits = { strategy: 120, team: 60, competition: 80, condition: 300, verdict: 300 } as const

/** The lines, each complete in itself, as far as they fit; what does not is counted in a last line. */
export const cutToLimit = (lines: ReadonlyArray<string>, limit: number = messageLimit): string => {
  const whole = lines.join("\n")
  if (whole.length <= limit) return whole
  const more = (left: number) => `\n… ${left} more`
  const room = limit - more(lines.length).length
  let length = -1
  const end = lines.findIndex((line) => {
    length += line.length + 1
    return length > room
  })
  return `${lines.slice(0, end).join("\n")}${more(lines.length - end)}`.trimStart()
}

const words = (metric: string): string => {
  const text = metric
    .replace(/(\d)_(\d)/g, "$1.$2")
    .replace("btts", "both teams to score")
    .replaceAll("_", " ")
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

const number = (value: number): string => `${Number(value.toFixed(2))}`

const units: { readonly [unit in Metric["unit"]]?: (value: number) => string } = {
  percent: (value) => `${number(value)}%`,
  "decimal odds": (value) => value.toFixed(2)
}

const figureText = (figure: Figure, unit: Metric["unit"]): string => {
  const print = units[unit] ?? number
  const between = unit === "decimal odds" ? " / " : "-"
  return typeof figure === "number" ? print(figure) : [figure.home, figure.away].map(print).join(between)
}

/** The metrics of the catalogue that belong here and have a value, one a line. */
const figureLines = (
  trigger: Trigger,
  label: (name: string, metric: Metric) => string | undefined
): ReadonlyArray<string> => {
  const known = figures(trigger.snapshot)
  return [...metrics].flatMap(([name, metric]) => {
    const figure = isMetricName(name) ? known[name] : undefined
    // Only of what is there: the catalogue has many times as much.
    const text = figure === undefined ? undefined : label(name, metric)
    return figure === undefined || text === undefined ? [] : [`${text}: ${figureText(figure, metric.unit)}`]
  })
}

const statistic = (name: string, { group }: Metric) =>
  group === "in-play" && name !== "goals" ? words(name) : undefined

const odds = (name: string, { group, unit }: Metric) => {
  if (unit !== "decimal odds") return undefined
  const [, bare = name] = name.split(".")
  return group === "odds" ? words(bare) : `${words(bare.replace("_odds", ""))} before kick-off`
}

const goalLine = ({ snapshot }: Trigger, { side, isExact, ...minute }: LastGoal): string =>
  [
    "Last goal:",
    side === undefined ? "both teams," : `${safe(snapshot.match[side].name, limits.team)},`,
    `${isExact ? "" : "by "}${matchMinuteLabel(minute)}'`
  ].join(" ")

/** A titled part of the message. Title and first line are one, so that a title is not left alone where it is cut. */
const section = (title: string, [first, ...rest]: ReadonlyArray<string>): ReadonlyArray<string> =>
  first === undefined ? [] : [`\n<b>${title}</b>\n${first}`, ...rest]

/**
 * The message: strategy, teams with the score and the minute, competition, what became of it if that is known, how late it
 * is, last goal; each condition with the values it compared; then the statistics and the odds that the feed knew at that
 * moment. Where two values stand together the home team's comes first.
 */
export const alertHtml = (alert: Pick<Alert, "late" | "trigger">): string => {
  const { trigger } = alert
  const verdict = verdictText(trigger.outcome)
  const { clock, lastGoal, match, score } = trigger.snapshot
  const teams = `${safe(match.home.name, limits.team)} ${score.home}-${score.away} ${safe(match.away.name, limits.team)}`
  return cutToLimit([
    `<b>${safe(trigger.strategyName, limits.strategy)}</b>`,
    `<b>${teams}</b>, ${matchMinuteLabel(clock)}'${clock.status === "break" ? " (break)" : ""}`,
    safe(match.competition.name, limits.competition),
    ...(verdict === undefined ? [] : [`<b>${safe(verdict, limits.verdict)}</b>`]),
    ...lateLines(alert),
    ...(lastGoal === undefined ? [] : [goalLine(trigger, lastGoal)]),
    ...section(
      "Conditions",
      trigger.evidence.map(
        (each) => `• ${escapeHtml(evidenceText({ ...each, condition: oneLine(each.condition, limits.condition) }))}`
      )
    ),
    ...section("Statistics", figureLines(trigger, statistic)),
    ...section("Odds", figureLines(trigger, odds))
  ])
}

/** The message of alerts that came beyond what a chat gets in an hour: a line for each, as far as they fit. */
export const digestHtml = ({ alerts, ids }: Digest, most: number): string => {
  const lines = alerts.map(({ snapshot: { clock, match, score }, strategyName }) => {
    const teams = `${safe(match.home.name, limits.team)} ${score.home}-${score.away} ${safe(match.away.name, limits.team)}`
    return `• ${safe(strategyName, limits.strategy)}: ${teams}, ${matchMinuteLabel(clock)}'`
  })
  const head = `<b>${ids.length} more ${ids.length === 1 ? "alert" : "alerts"}</b>\nThis chat gets ${most} alerts an hour. What came beyond:`
  const more = ids.length - alerts.length
  return cutToLimit([head, ...lines, ...(more > 0 ? [`and ${more} more`] : [])])
}
