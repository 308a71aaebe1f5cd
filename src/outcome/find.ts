/**
 * What a match as it stands makes of a trigger, judged as backtests judge (`MatchLook`). Pure.
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
  isWaiting,
  type MatchMinute,
  matchMinuteLabel,
  type Score,
  type Snapshot
} from "../domain/Snapshot.ts"
import type { View } from "../rules/evaluate.ts"
import { judgedPeriod } from "../rules/expect/decide.ts"
import { isOverAt, judgedView, knowing } from "../rules/expect/judge.ts"
import { decidedEarlyAt, decideEarly, judgeAtEnd, type MatchLook } from "../rules/expect/MatchLook.ts"
import { explainCondition } from "../rules/explain/explain.ts"
import type { OpenTrigger } from "./OpenTrigger.ts"

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

/** What the two sides of an expectation come to in a view. */
const compared = ({ at, expectation, prematch }: OpenTrigger, view: View): ComparedValues => {
  const trigger = correctedTrigger(at, view.timeline)
  const { condition, left, right } = explainCondition(expectation, { ...knowing(prematch, view), trigger })
  return { condition, ...(left === undefined ? undefined : { left }), ...(right === undefined ? undefined : { right }) }
}

const atTheEnd = (trigger: OpenTrigger, look: MatchLook): Finding => {
  const { decidedAt, missing, result, unseen } = judgeAtEnd(trigger, look)
  const end = judgedView(look.pasts[0]?.views() ?? [], judgedPeriod({ trigger: trigger.at }))
  if (result === "undecided" || end === undefined) {
    return {
      verdict: "void",
      isFinal: true,
      isUnseen: true,
      ...(unseen === undefined ? undefined : { reason: unseen })
    }
  }
  return {
    verdict: result,
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

/** Whether the row tells already what an early decision rests on: it is told, or about to be. */
const isWritten = ({ settling, verdict }: OpenTrigger["standing"], decision: Verdict): boolean =>
  verdict === decision || (verdict === undefined && settling?.to === decision)

/**
 * What becomes of a trigger by the match as it stands; undefined where that says nothing of it: the match is not played now, or
 * was seen before the strategy fired.
 */
export const find = (trigger: OpenTrigger, look: MatchLook): Finding | undefined => {
  const { pasts, snapshot } = look
  const { clock, score } = snapshot
  if (isOverAt(snapshot.clock, judgedPeriod({ trigger: trigger.at }))) return atTheEnd(trigger, look)
  if (isCalledOff(clock)) return calledOff(snapshot)
  if (!isPlayed(clock) || compareMatchMinutes(clock, trigger.at) < 0) return undefined
  // What became final while the match waited stays so until it goes on.
  if (isWaiting(clock) && trigger.standing.finalAt !== undefined) return undefined
  const decision = decideEarly(trigger, look)
  if (decision === undefined) return { isFinal: false }
  const verdict = { verdict: decision, isFinal: false, score: { home: score.home, away: score.away } }
  if (isWritten(trigger.standing, decision)) return verdict
  const decidedAt = decidedEarlyAt(trigger, look, decision)
  return {
    ...verdict,
    ...(decidedAt === undefined ? undefined : { decidedAt }),
    values: compared(trigger, { snapshot, timeline: pasts[0]?.timeline ?? [] })
  }
}
