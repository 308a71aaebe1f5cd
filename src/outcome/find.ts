/**
 * What a match as it stands makes of a trigger: the same `decide` and `judge` that backtests use. Pure.
 *
 * Guarantees: what is found early is what will be found at the end, unless something is taken back; what is found at the end
 * is what a backtest of the same match finds. Where it depends on what nobody saw, no hit or miss is found.
 */
import type { Verdict } from "../domain/Outcome.ts"
import { correctedTrigger } from "../domain/Past.ts"
import {
  compareMatchMinutes,
  isCalledOff,
  isPlayed,
  type MatchMinute,
  matchMinuteLabel,
  type Score,
  type Snapshot
} from "../domain/Snapshot.ts"
import type { Timeline } from "../domain/Timeline.ts"
import type { View } from "../rules/evaluate.ts"
import { decide, judgedPeriod } from "../rules/expect/decide.ts"
import { isOverAt, judgedView, judgeTrigger, knowing } from "../rules/expect/judge.ts"
import { explainCondition } from "../rules/explain/explain.ts"
import { bareMinute, type OpenTrigger } from "./OpenTrigger.ts"
import { pastViews, possiblePasts } from "./pastViews.ts"

/** The values that an expectation compared; one that does not exist is absent. */
export interface ComparedValues {
  readonly condition: string
  readonly left?: number
  readonly right?: number
}

export interface Finding {
  /** Absent while it is open. */
  readonly verdict?: Verdict
  /** Whether nothing more will come that counts. */
  readonly isFinal: boolean
  readonly reason?: string
  readonly decidedAt?: MatchMinute
  readonly score?: Score
  readonly values?: ComparedValues
  /** Whether it is void only because something was not seen: another process may have seen it. */
  readonly isUnseen?: boolean
}

/** A match as it stands, looked at for all of its triggers. */
export interface MatchLook {
  readonly snapshot: Snapshot
  /** The pasts that are possible, and the views of each, made when they are first asked for. */
  readonly pasts: ReadonlyArray<{ readonly timeline: Timeline; readonly views: () => ReadonlyArray<View> }>
}

const once = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

export const lookAt = (snapshot: Snapshot, timeline: Timeline): MatchLook => ({
  snapshot,
  pasts: possiblePasts(timeline).map((past) => ({
    timeline: past,
    views: once(() => pastViews(snapshot.match, snapshot.prematch, past))
  }))
})

/** What the two sides of an expectation come to in a view. */
const compared = ({ at, expectation, prematch }: OpenTrigger, view: View): ComparedValues => {
  const trigger = correctedTrigger(at, view.timeline)
  const { condition, left, right } = explainCondition(expectation, { ...knowing(prematch, view), trigger })
  return { condition, ...(left === undefined ? undefined : { left }), ...(right === undefined ? undefined : { right }) }
}

const unseen = (reason: string): Finding => ({ verdict: "void", isFinal: true, reason, isUnseen: true })

const atTheEnd = (trigger: OpenTrigger, { pasts }: MatchLook): Finding => {
  const period = judgedPeriod({ trigger: trigger.at })
  const name = period === "2H" ? "regulation time" : "extra time"
  const [seen, other] = pasts.map(({ views }) => {
    const all = views()
    const end = judgedView(all, period)
    if (end === undefined) return undefined
    const first = all.findIndex(({ snapshot }) => compareMatchMinutes(snapshot.clock, trigger.at) >= 0)
    return { end, judgement: judgeTrigger(trigger, all, first < 0 ? all.length : first) }
  })
  if (seen === undefined || seen.judgement.result === "undecided") return unseen(`the end of ${name} was not seen`)
  const { end, judgement } = seen
  if (other !== undefined && other.judgement.result !== judgement.result) {
    return unseen("it depends on minutes that were not seen")
  }
  const { decidedAt, missing } = judgement
  return {
    verdict: seen.judgement.result,
    isFinal: true,
    ...(missing.length === 0 ? undefined : { reason: missing.join("; ") }),
    ...(decidedAt === undefined ? undefined : { decidedAt }),
    score: { home: end.snapshot.score.home, away: end.snapshot.score.away },
    values: compared(trigger, end)
  }
}

const calledOff = ({ clock }: Snapshot): Finding => ({
  verdict: "void",
  isFinal: true,
  reason: {
    abandoned: `the match was abandoned at ${matchMinuteLabel(clock)}'`,
    awarded: "the match was awarded",
    cancelled: "the match was cancelled",
    walkover: "the match was a walkover"
  }[clock.status as "abandoned" | "awarded" | "cancelled" | "walkover"]
})

/** What becomes of a trigger by the match as it stands; undefined where it is not played now, which changes nothing. */
export const find = (trigger: OpenTrigger, look: MatchLook): Finding | undefined => {
  const { pasts, snapshot } = look
  const { clock, score } = snapshot
  if (isOverAt(snapshot.clock, judgedPeriod({ trigger: trigger.at }))) return atTheEnd(trigger, look)
  if (isCalledOff(clock)) return calledOff(snapshot)
  if (!isPlayed(clock)) return undefined
  const decisions = pasts.map(({ timeline }) =>
    decide(trigger.expectation, {
      ...knowing(trigger.prematch, { snapshot, timeline }),
      trigger: correctedTrigger(trigger.at, timeline)
    })
  )
  const [decision] = decisions
  if (decision === undefined || decisions.some((each) => each !== decision)) return { isFinal: false }
  return {
    verdict: decision,
    isFinal: false,
    decidedAt: bareMinute(clock),
    score: { home: score.home, away: score.away },
    values: compared(trigger, { snapshot, timeline: pasts[0]?.timeline ?? [] })
  }
}
