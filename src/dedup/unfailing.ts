/**
 * A Dedup that no scan fails for or waits long for, whatever is in its place: one that breaks, or does not answer in time,
 * knows nothing, so that the database decides. What an integration allows itself (DEDUP_TIMEOUT) comes first.
 */
import { Duration, Effect } from "effect"
import { dedupKey } from "../domain/Trigger.ts"
import { makeOutage, type OutageLines } from "../health/Outage.ts"
import type { Dedup } from "./Dedup.ts"

/** How long a scan waits for an answer: longer than any DEDUP_TIMEOUT. */
export const answersWithin = Duration.seconds(15)

/** Asks, and takes something else for an answer that does not come; how that goes is told once. */
const makeAsk = (lines: Pick<OutageLines, "begins" | "ends" | "fields">) => {
  const outage = makeOutage({ part: "dedup", ...lines })
  return <A>(question: () => Effect.Effect<A>, instead: A): Effect.Effect<A> =>
    Effect.suspend(question).pipe(
      Effect.tap(outage.over),
      Effect.catchDefect((defect) =>
        Effect.as(outage.met(`it broke: ${defect instanceof Error ? defect.message : String(defect)}`), instead)
      ),
      Effect.timeoutOrElse({
        duration: answersWithin,
        orElse: () => Effect.as(outage.met(`no answer within ${Duration.format(answersWithin)}`), instead)
      })
    )
}

/** The same Dedup, which always answers. */
export const unfailing = (dedup: Dedup["Service"]): Dedup["Service"] => {
  const fields = { dedup: dedup.name }
  const ask = makeAsk({
    begins: "dedup does not answer; the database decides alone",
    ends: "dedup answers again",
    fields
  })
  const tell = makeAsk({ begins: "dedup remembers nothing", ends: "dedup remembers again", fields })
  return {
    ...dedup,
    unknown: (pairs) =>
      ask(
        () =>
          Effect.map(dedup.unknown(pairs), (answer) => {
            const unknown = new Set(answer.map(dedupKey))
            return pairs.filter((pair) => unknown.has(dedupKey(pair)))
          }),
        pairs
      ),
    remember: (pairs) => tell(() => dedup.remember(pairs), undefined)
  }
}
