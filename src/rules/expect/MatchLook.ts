/**
 * A match as it stands with its past, looked at for all of its triggers: what becomes of each, as the live service, replays and
 * backtests judge it. Pure.
 *
 * Guarantees: there is a hit or a miss only where every past that is possible comes to it. The minute of a decision is one that
 * was seen: the first since which all of them come to it, by the match as it stands corrected.
 */
import { correctedTrigger } from "../../domain/Past.ts"
import { compareMatchMinutes, type MatchMinute, type Snapshot } from "../../domain/Snapshot.ts"
import type { Timeline } from "../../domain/Timeline.ts"
import type { View } from "../evaluate.ts"
import { type Decision, decide, type FiguresAtEnd, judgedPeriod } from "./decide.ts"
import { decidedSince, type Judged, type Judgement, judgeTrigger, knowing, undecided } from "./judge.ts"
import { pastViews, possiblePasts } from "./pastViews.ts"

export interface MatchLook {
  readonly snapshot: Snapshot
  /** The past as it was seen. */
  readonly timeline: Timeline
  /** The pasts that are possible, and the views of each, made when they are first asked for. */
  readonly pasts: ReadonlyArray<{
    readonly timeline: Timeline
    readonly views: () => ReadonlyArray<View>
    /** What is known of figures at the end, by the match as it stands with this past. */
    readonly known: FiguresAtEnd
  }>
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
  timeline,
  pasts: possiblePasts(timeline).map((past) => ({
    timeline: past,
    known: new Map(),
    views: once(() => pastViews(snapshot.match, snapshot.prematch, past))
  }))
})

/** The first minute that was seen and is none of these minutes' past. */
const seenSince = ({ timeline }: MatchLook, minutes: ReadonlyArray<MatchMinute>): MatchMinute | undefined => {
  const latest = minutes.toSorted(compareMatchMinutes).at(-1)
  if (latest === undefined || minutes.length === 1) return latest
  const { added, minute, period } = timeline.find((each) => compareMatchMinutes(each, latest) >= 0) ?? latest
  return { period, minute, added }
}

/** What a trigger has come to at the end of the period that counts, which is past. */
export const judgeAtEnd = (trigger: Judged, look: MatchLook): Judgement => {
  const [seen, ...others] = look.pasts.map(({ views }) => judgeTrigger(trigger, views()))
  if (seen === undefined || seen.result === "undecided") {
    const name = judgedPeriod({ trigger: trigger.at }) === "2H" ? "regulation time" : "extra time"
    return { ...undecided, unseen: `the end of ${name} was not seen` }
  }
  if (others.some(({ result }) => result !== seen.result)) {
    return { ...undecided, unseen: "it depends on minutes that were not seen" }
  }
  const minutes = [seen, ...others].flatMap(({ decidedAt }) => decidedAt ?? [])
  return { ...seen, decidedAt: seenSince(look, minutes) }
}

/** What a trigger comes to whatever happens in the rest of the match; nothing while it is open. */
export const decideEarly = (trigger: Judged, { pasts, snapshot }: MatchLook): Decision | undefined => {
  const [first, ...others] = pasts.map(({ known, timeline }) =>
    decide(
      trigger.expectation,
      { ...knowing(trigger.prematch, { snapshot, timeline }), trigger: correctedTrigger(trigger.at, timeline) },
      known
    )
  )
  return others.some((each) => each !== first) ? undefined : first
}

/** The minute since which an early decision has stood. */
export const decidedEarlyAt = (trigger: Judged, look: MatchLook, decision: Decision): MatchMinute | undefined =>
  seenSince(
    look,
    look.pasts.flatMap(({ views }) => {
      const end = views().at(-1)
      return end === undefined ? [] : [decidedSince(trigger, views(), end, decision)]
    })
  )
