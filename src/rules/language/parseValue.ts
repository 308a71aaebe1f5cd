/** Reads `[scope] metric [window]`. */
import { isMetricName, type MetricName, metrics } from "../../domain/Metric.ts"
import { didYouMean, nearest } from "../../domain/nearest.ts"
import { brief } from "../../domain/problems.ts"
import { MetricValue, type Scope, type Window } from "../../domain/Strategy.ts"
import { checker, problemsIn } from "./Checked.ts"
import type { Cursor, Span } from "./Cursor.ts"
import { withTotal } from "./normal.ts"
import { comparatorTexts, comparatorWords, prefixWords, scopeWords, windowForms, windowWords } from "./words.ts"

const checkValue = checker(MetricValue)

/** `home`, `away favourite`, `WINNING_TEAM`. */
const parseScope = (cursor: Cursor): Scope | undefined => {
  for (const side of ["home", "away"] as const) {
    for (const rank of ["favourite", "underdog"] as const) {
      if (!cursor.sees(side, rank)) continue
      cursor.next()
      cursor.next()
      return `${side} ${rank}`
    }
  }
  const scope = cursor.peek().kind === "word" ? scopeWords.get(cursor.peek().text) : undefined
  if (scope !== undefined) cursor.next()
  return scope
}

const parseNumber = (cursor: Cursor): number | undefined =>
  cursor.peek().kind === "number" ? Number(cursor.next().text) : cursor.expected("a number of minutes")

const parseMinute = (cursor: Cursor): number | undefined => {
  cursor.take("minute", "minutes")
  return parseNumber(cursor)
}

const parseMinutes = (cursor: Cursor): number | undefined => {
  const count = parseNumber(cursor)
  if (count !== undefined && cursor.take("minute", "minutes") === undefined) return cursor.expected("minutes")
  return count
}

const withMinute = (minute: number | undefined, window: (minute: number) => Window): Window | undefined =>
  minute === undefined ? undefined : window(minute)

/** The part of the match that the next words name, `none` where they name none, undefined where they are wrong. */
const parseWindow = (cursor: Cursor): Window | "none" | undefined => {
  if (cursor.peek().kind === "number" && ["minute", "minutes"].includes(cursor.peek(1).text)) {
    const ago = parseMinutes(cursor)
    return cursor.take("ago") === undefined ? cursor.expected("ago") : withMinute(ago, (ago) => ({ ago }))
  }
  switch (cursor.take(...windowWords)?.text) {
    case "last":
      return withMinute(parseMinutes(cursor), (last) => ({ last }))
    case "past_x":
      return withMinute(parseNumber(cursor), (last) => ({ last }))
    case "since":
      if (cursor.take("trigger") !== undefined) return "since trigger"
      if (cursor.peek().kind === "word" && !cursor.sees("minute")) return cursor.expected("minute N or trigger")
      return withMinute(parseMinute(cursor), (since) => ({ since }))
    case "since_minute":
      return withMinute(parseNumber(cursor), (since) => ({ since }))
    case "since_trigger":
      return "since trigger"
    case "at":
      if (cursor.take("half-time") !== undefined) return "half-time"
      if (cursor.peek().kind === "word" && !cursor.sees("minute")) return cursor.expected("minute N or half-time")
      return withMinute(parseMinute(cursor), (at) => ({ at }))
    case "as_of_minute":
      return withMinute(parseNumber(cursor), (at) => ({ at }))
    case "as_of_halftime":
      return "half-time"
    case "x_minutes_ago":
      return withMinute(parseNumber(cursor), (ago) => ({ ago }))
    case "between": {
      const from = parseMinute(cursor)
      if (from === undefined) return undefined
      if (cursor.take("and") === undefined) return cursor.expected("and")
      return withMinute(parseMinute(cursor), (to) => ({ between: [from, to] }))
    }
    case "in":
      cursor.take("the")
      for (const half of ["first", "second"] as const) {
        if (!cursor.sees(half, "half")) continue
        cursor.next()
        cursor.next()
        return `${half} half`
      }
      return cursor.expected("first half or second half")
    case "during_1st_half":
      return "first half"
    case "during_2nd_half":
      return "second half"
    default:
      return "none"
  }
}

/** How many words from here on together are the name of a metric that was written with spaces: `shots on target`. */
const spacedName = (cursor: Cursor, from: number): { readonly name: string; readonly end: number } | undefined => {
  let name = cursor.peek(from).text
  for (let ahead = from + 1; ahead < from + 4 && cursor.peek(ahead).kind === "word"; ahead++) {
    name = `${name}_${cursor.peek(ahead).text}`
    if (isMetricName(name)) return { name, end: ahead }
  }
  return undefined
}

const parseSpacedName = (cursor: Cursor): MetricName | undefined => {
  const spaced = spacedName(cursor, 0)
  if (spaced === undefined || !isMetricName(spaced.name)) return undefined
  const span: Span = { start: cursor.peek().start, end: cursor.peek(spaced.end).end }
  const written = cursor.source.slice(span.start, span.end)
  cursor.fault(span, `no metric is called ${written} (did you mean ${spaced.name}?)`)
  for (let taken = 0; taken <= spaced.end; taken++) cursor.next()
  return spaced.name
}

/** The metric that the next words name; a wrong name is noted and taken for another, so that the rest is read too. */
const parseMetricName = (cursor: Cursor, prefix: string, scope: Scope | undefined): MetricName | undefined => {
  const spaced = prefix === "" ? parseSpacedName(cursor) : undefined
  if (spaced !== undefined) return spaced
  const token = cursor.peek()
  if (token.kind !== "word") return cursor.expected(scope === undefined ? "a metric" : `a metric after ${scope}`)
  const name = token.text.startsWith(prefix) ? token.text : `${prefix}${token.text}`
  if (isMetricName(name)) {
    cursor.next()
    return name
  }
  const written = brief(cursor.source.slice(token.start, token.end))
  // Before the name of a metric stands its scope, so this word was meant for one.
  if (scope === undefined && isMetricName(cursor.peek(1).text)) {
    cursor.fault(token, `no scope is called ${written}${didYouMean(written, scopeWords.keys())}`)
    cursor.next()
    return parseMetricName(cursor, prefix, "total")
  }
  if (scope !== undefined && scopeWords.has(token.text)) {
    cursor.fault(token, `a value has one scope, and this would be its second: ${scope} or ${written}`)
    cursor.next()
    return parseMetricName(cursor, prefix, scope)
  }
  const isMinute = scope === undefined && prefix === "" && /^min/.test(token.text)
  const hint = isMinute ? " (did you mean minute?)" : didYouMean(name, metrics.keys())
  cursor.fault(token, `no metric is called ${prefix === "" ? written : brief(name)}${hint}`)
  cursor.next()
  return "goals"
}

/** Notes what the domain has against a value, each with the part of the text that is to blame. */
const judge = (cursor: Cursor, value: MetricValue, spans: { readonly window: Span; readonly scope: Span }): void => {
  for (const { message, path } of problemsIn(checkValue(value))) {
    const about = path.startsWith("scope") ? spans.scope : spans.window
    cursor.fault(about, message.startsWith("must") ? `the minutes of a window ${message}` : message)
  }
}

/** What may stand after a metric: no other word begins anything there. */
const mayFollow = (word: string): boolean =>
  windowWords.some((each) => each === word) || comparatorTexts.has(word) || word === "and" || word === "or"

/** The end of what has been taken. */
const endOfTaken = (cursor: Cursor): number => cursor.source.slice(0, cursor.peek().start).trimEnd().length

/**
 * A metric's value, or undefined where none can be read; then the cursor has a fault. It may have one otherwise too: a
 * value with a fault stands for itself only until the rest of the text has been read.
 */
export const parseValue = (cursor: Cursor, sinceTrigger: boolean): MetricValue | undefined => {
  const before = cursor.faults.length
  const prefix = cursor.peek().kind === "word" ? prefixWords.get(cursor.peek().text) : undefined
  if (prefix !== undefined) cursor.next()
  const scopeStart = cursor.peek().start
  const scope = parseScope(cursor)
  const scopeEnd = endOfTaken(cursor)
  const name = parseMetricName(cursor, prefix ?? "", scope)
  if (name === undefined) return undefined
  const nameEnd = endOfTaken(cursor)
  const after = cursor.peek()
  if (after.kind === "word" && !mayFollow(after.text)) {
    const [near] = nearest(after.text, [...windowWords.slice(0, 5), ...Object.keys(comparatorWords)], 1)
    const hint = near === undefined ? `; windows are ${windowForms}` : ` (did you mean ${near}?)`
    cursor.fault(after, `after a metric comes a window or a comparator, not ${brief(after.text)}${hint}`)
    return undefined
  }
  const window = parseWindow(cursor)
  if (window === undefined) return undefined
  if (cursor.faults.length > before) return { metric: name }
  const windowSpan = { start: after.start, end: Math.max(endOfTaken(cursor), after.start) }
  if (window === "since trigger" && !sinceTrigger) {
    cursor.fault(windowSpan, "the window since trigger is for the expectation only")
  }
  const value = {
    metric: name,
    ...(scope === undefined ? undefined : { scope }),
    ...(window === "none" ? undefined : { window })
  }
  // Without a scope it is the metric that lacks one.
  judge(cursor, value, {
    window: windowSpan,
    scope: { start: scopeStart, end: scope === undefined ? nameEnd : scopeEnd }
  })
  return withTotal(value)
}
