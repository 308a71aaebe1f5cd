/**
 * Judges a history as Jepsen's total-queue checker does: what was expected has arrived, nothing else has, and whatever
 * arrived twice has its reason.
 */
import type { Delivery, History, Poll, Trouble } from "./History.ts"

/** A trigger as the database has it in the end. */
export interface TriggerRow {
  readonly pair: string
  /** How many rows the pair has. */
  readonly count: number
  readonly state: "pending" | "sent" | "failed" | "expired"
}

export interface Judged {
  /** Expected pairs that have no trigger, or whose trigger has no message and did not expire. */
  readonly lost: ReadonlyArray<string>
  /** Pairs that have more than one trigger. */
  readonly doubled: ReadonlyArray<string>
  /** Pairs that were triggered or told and should not have been. */
  readonly unexpected: ReadonlyArray<string>
  readonly triggers: number
  /** The longest time from the first poll that showed a pair to its message, in milliseconds. */
  readonly worstDelayMs: number
  readonly deliveries: number
  readonly duplicates: number
  readonly explained: number
  readonly unexplained: ReadonlyArray<{ readonly pair: string; readonly deliveries: ReadonlyArray<Delivery> }>
  readonly expired: number
  /** How long after a message was taken its process died, where that explains a second one: the window, in milliseconds. */
  readonly windowMs: number
  /** The longest time without a poll while a process ran that reached Redis, in milliseconds. */
  readonly silentMs: number
  /** When that ended, in seconds from the first banner on. */
  readonly silentAt: number
  /** Brief pairs that were shown while nothing was wrong, and how many of them were missed. */
  readonly brief: { readonly shown: number; readonly calm: number; readonly missed: ReadonlyArray<string> }
}

/** How long after the channel's answer a death may come before the receipt is recorded or noted, in milliseconds. */
const recordWindow = 3000

/** How long after a message is taken the process may wait for the answer. */
const answerWindow = 10_000

const overlaps = (one: { readonly from: number; readonly to: number }, from: number, to: number) =>
  one.from <= to && one.to >= from

const concerns = (trouble: Trouble, process: string) => trouble.process === undefined || trouble.process === process

/** How long after a delivery its process died, or at all events could not record it, if that is why there is another one. */
const reasonOf = (
  { at, isAnswered, process }: Delivery,
  next: Delivery,
  troubles: ReadonlyArray<Trouble>
): number | undefined => {
  const mine = troubles.filter((each) => concerns(each, process) && each.from <= next.at)
  if (!isAnswered) return 0
  if (mine.some((each) => each.what === "channel" && overlaps(each, at - 1000, at + answerWindow))) return 0
  // A Redis that has forgotten who sends an alert gives it to another process, until the first has recorded its receipt.
  const isForgotten = mine.some(
    (each) => each.what === "redis lost" && overlaps(each, at - answerWindow, at + recordWindow)
  )
  if (isForgotten && next.at <= at + recordWindow) return 0
  // While neither the database nor, for want of it, the queue takes the receipt the window stays open.
  const held = mine.filter((each) => each.what === "database" && overlaps(each, at, at + recordWindow))
  const open = Math.max(at + recordWindow, ...held.map(({ to }) => Math.min(to, next.at) + answerWindow))
  const deaths = mine.filter(
    ({ from, to, what }) =>
      (what === "kill" || what === "pause" || what === "stop" || (what === "redis lost" && held.length > 0)) &&
      overlaps({ from, to }, at - 100, open)
  )
  return deaths.length === 0 ? undefined : Math.max(0, Math.min(...deaths.map(({ from }) => from)) - at)
}

/** The longest stretch without a poll, of the time in which some process ran and reached Redis. */
const silenceOf = ({ polls, runs, troubles }: History, starting: number, until: number) => {
  const step = 250
  const redis = troubles.filter(({ what }) => what === "redis" || what === "redis lost")
  const pauses = troubles.filter(({ what }) => what === "pause")
  const works = (at: number) =>
    runs.some(
      ({ from, process, to }) =>
        from + starting <= at &&
        to > at &&
        ![...redis, ...pauses].some((each) => concerns(each, process) && overlaps(each, at, at))
    )
  let [silent, place] = [0, 0]
  let longest = { ms: 0, at: 0 }
  const first = runs[0]?.from ?? 0
  for (let at = first; at < until; at += step) {
    let isPolled = false
    while ((polls[place]?.at ?? Number.POSITIVE_INFINITY) < at) {
      place += 1
      isPolled = true
    }
    if (isPolled) silent = 0
    // Silence begins anew with each outage of Redis: what it is to be measured from is its end.
    else silent = works(at) ? silent + step : 0
    if (silent > longest.ms) longest = { ms: silent, at: Math.round((at - first) / 1000) }
  }
  return longest
}

export interface CheckOptions {
  readonly pairs: ReadonlySet<string>
  readonly briefPair: (index: number) => string
  readonly triggers: ReadonlyArray<TriggerRow>
  /** When each pair held first. */
  readonly shownSince: ReadonlyMap<string, number>
  readonly history: History
  /** How long a process may take to its first poll, in milliseconds. */
  readonly starting: number
  /** When the run was healed: silence is measured until then. */
  readonly healed: number
}

/** How far away any trouble must be for a brief match to be seen for sure. */
const calmFor = 12_000

const isCalm = ({ runs, troubles }: History, { at, process }: Poll) =>
  !troubles.some((each) => overlaps(each, at - calmFor, at + calmFor)) &&
  runs.some((run) => run.process === process && run.from < at - calmFor && run.to > at + calmFor)

export const check = ({ briefPair, healed, history, pairs, shownSince, starting, triggers }: CheckOptions): Judged => {
  const { deliveries, polls, troubles } = history
  const byPair = Map.groupBy(deliveries, ({ pair }) => pair)
  const rows = new Map(triggers.map((row) => [row.pair, row]))
  const briefPolls = polls.filter(({ brief }) => brief !== undefined)
  const briefPairs = new Set(briefPolls.map(({ brief = 0 }) => briefPair(brief)))
  const wanted = [...pairs, ...[...briefPairs].filter((pair) => rows.has(pair))]
  const lost = wanted.filter((pair) => {
    const row = rows.get(pair)
    return row === undefined || (!byPair.has(pair) && row.state !== "expired")
  })
  const repeats = [...byPair].filter(([, all]) => all.length > 1)
  let [explained, windowMs] = [0, 0]
  const unexplained: Array<Judged["unexplained"][number]> = []
  for (const [pair, all] of repeats) {
    for (const [index, next] of all.entries()) {
      const before = all[index - 1]
      if (before === undefined) continue
      const reason = reasonOf(before, next, troubles)
      if (reason === undefined) unexplained.push({ pair, deliveries: all })
      else {
        explained += 1
        windowMs = Math.max(windowMs, reason)
      }
    }
  }
  const silence = silenceOf(history, starting, healed)
  const calm = briefPolls.filter((poll) => isCalm(history, poll))
  return {
    lost,
    doubled: triggers.filter(({ count }) => count > 1).map(({ pair }) => pair),
    unexpected: [...new Set([...rows.keys(), ...byPair.keys()])].filter(
      (pair) => !pairs.has(pair) && !briefPairs.has(pair)
    ),
    triggers: triggers.reduce((sum, { count }) => sum + count, 0),
    worstDelayMs: Math.round(
      Math.max(
        0,
        ...[...byPair].map(([pair, [first]]) => (first?.at ?? 0) - (shownSince.get(pair) ?? Number.POSITIVE_INFINITY))
      )
    ),
    deliveries: deliveries.length,
    duplicates: deliveries.length - byPair.size,
    explained,
    unexplained,
    expired: triggers.filter(({ state }) => state === "expired").length,
    windowMs: Math.round(windowMs),
    silentMs: silence.ms,
    silentAt: silence.at,
    brief: {
      shown: briefPolls.length,
      calm: calm.length,
      missed: calm.map(({ brief = 0 }) => briefPair(brief)).filter((pair) => !rows.has(pair))
    }
  }
}
