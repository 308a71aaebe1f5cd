/**
 * From what was found to what is written of a trigger. Pure.
 *
 * Guarantees: what is not final is told only after it has stood for `settleAfter`, whether it is a verdict or that there is
 * none any more; what was found to be final is told at once, and again where it changes within `correctedWithin`. What
 * people would read as before is written where it rests on something else, and not told again. A match that goes on after its end
 * was shown has no final verdict any more. One that was seen before the row was last written changes nothing.
 */
import { Duration } from "effect"
import type { Finding } from "./find.ts"
import type { OpenTrigger, Resolution, Standing } from "./OpenTrigger.ts"

export interface StepOptions {
  /** How long what decides a verdict before the end must stand until it is told. */
  readonly settleAfter: Duration.Duration
  /** How long after the final verdict a correction revises it. */
  readonly correctedWithin: Duration.Duration
}

const isSameScore = (one: Finding["score"], other: Finding["score"]): boolean =>
  one?.home === other?.home && one?.away === other?.away

/** Whether the row tells of the finding as it is, people's words and the rest. */
const isSame = ({ decidedAt, values }: Standing, finding: Finding): boolean =>
  decidedAt?.period === finding.decidedAt?.period &&
  decidedAt?.minute === finding.decidedAt?.minute &&
  decidedAt?.added === finding.decidedAt?.added &&
  values?.left === finding.values?.left &&
  values?.right === finding.values?.right

/** What is to be written of a trigger of a match that was seen at this time, or nothing. */
export const step = (
  { id, standing }: OpenTrigger,
  finding: Finding,
  seenAt: number,
  { correctedWithin, settleAfter }: StepOptions
): Resolution | undefined => {
  const { finalAt, settling, verdict, version, writtenAt } = standing
  if (writtenAt !== undefined && seenAt < writtenAt) return undefined
  if (finalAt !== undefined && seenAt - finalAt > Duration.toMillis(correctedWithin)) return undefined
  const base = { id, version, at: seenAt, finding }
  const tells = finding.verdict !== verdict || !isSameScore(finding.score, standing.score)
  if (finding.isFinal) {
    return finalAt !== undefined && !tells && isSame(standing, finding)
      ? undefined
      : { ...base, verdict: finding.verdict, isFinal: true, tell: tells }
  }
  const to = finding.verdict === undefined || finding.verdict === "void" ? "open" : finding.verdict
  const isFinal = finalAt !== undefined
  if (to === (verdict ?? "open")) {
    // A match that goes on had not ended: what comes at its end counts, however late that is.
    return settling === undefined && !isFinal
      ? undefined
      : { ...base, finding: undefined, verdict, isFinal: false, tell: false }
  }
  const since = settling?.to === to ? settling.since : seenAt
  if (seenAt - since >= Duration.toMillis(settleAfter)) {
    // What it rested on was written when it began to settle, unless a verdict stood there.
    const isWritten = settling?.to === to && verdict === undefined
    return {
      ...base,
      finding: isWritten ? undefined : finding,
      verdict: finding.verdict,
      isFinal: false,
      tell: true
    }
  }
  if (settling?.to === to) return undefined
  const rests = verdict === undefined ? finding : undefined
  return { ...base, finding: rests, verdict, isFinal, settling: { to, since }, tell: false }
}
