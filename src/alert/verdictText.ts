/** What became of a trigger, in words for whoever got its alert. */
import { Option, Schema } from "effect"
import type { Outcome } from "../domain/Outcome.ts"
import { matchMinuteLabel } from "../domain/Snapshot.ts"
import { Condition } from "../domain/Strategy.ts"
import { printCondition } from "../rules/print.ts"

const decodeCondition = Schema.decodeUnknownOption(Condition)

/** The expectation as it reads: `total goals since trigger >= 1`. */
const expectationText = ({ expectation }: Outcome): string =>
  Option.match(decodeCondition(expectation), { onNone: () => "its expectation", onSome: printCondition })

const words = { hit: "✅ Hit", miss: "❌ Miss", void: "⚪ Void" } as const

/**
 * One line: the verdict with what was expected and the score, at the end or at the minute that decided it. Of one that was
 * taken back, that it is open again. Nothing while there is nothing to tell.
 */
export const verdictText = (outcome: Outcome | undefined): string | undefined => {
  // What was never told is not told here either.
  if (outcome === undefined || outcome.revision === 0) return undefined
  const { decidedAt, isFinal, reason, score, verdict } = outcome
  if (verdict === undefined) return `↩ Open again: ${expectationText(outcome)}`
  if (verdict === "void") return `${words.void}: ${reason ?? "no verdict is possible"}`
  const scored = score === undefined ? "" : `${score.home}-${score.away}`
  const when = isFinal || decidedAt === undefined ? "" : ` at ${matchMinuteLabel(decidedAt)}'`
  return [`${words[verdict]}${when}: ${expectationText(outcome)}`, isFinal ? `final score ${scored}` : scored].join(
    ", "
  )
}
