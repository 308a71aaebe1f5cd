/**
 * Judges the matches that were seen, and writes what comes of it.
 *
 * What is held here is what the database said last. Where nobody else has the matches, triggers are read once a match and again
 * at its end; what this process creates is taken up without asking. Others read them again every now and then.
 */
import { Array as Arr, Clock, Duration, Effect } from "effect"
import type { NewTrigger } from "../database/TriggerStore.ts"
import { compareMatchMinutes, isOver } from "../domain/Snapshot.ts"
import { moment } from "../domain/Timeline.ts"
import type { TriggerId } from "../domain/Trigger.ts"
import { lookAt } from "../rules/expect/MatchLook.ts"
import type { Amendments } from "./Amendments.ts"
import { type Finding, find } from "./find.ts"
import { type HeldMatch, newMatch, type Seen, toJudge } from "./HeldMatches.ts"
import type { OpenTrigger, Resolution } from "./OpenTrigger.ts"
import type { OutcomeStore } from "./OutcomeStore.ts"
import { type StepOptions, step } from "./step.ts"

/** Matches whose triggers are read in one call. */
const matchesPerCall = 50

/** Results that are written in one call. */
const resultsPerCall = 1000

/** So many triggers are judged without a pause. */
const judgedAtATime = 10

/** How old what is known of the triggers of a match may be, where other processes create and resolve them too. */
const readAgainAfter = Duration.seconds(30)

/** How long a verdict must be impossible for want of something that was not seen here: another process may save it still. */
const unseenStands = Duration.minutes(1)

/** A match that was not seen for so long is not held any more. */
const forgetAfter = Duration.hours(6)

/** The same of a match without a trigger that could be judged: nothing but its past is held of it. */
const forgetIdleAfter = Duration.minutes(2)

export interface ResolverOptions extends StepOptions {
  readonly store: OutcomeStore["Service"]
  readonly amendments: Amendments["Service"]
  /** Whether other processes may create and resolve triggers of the same matches. */
  readonly isShared: boolean
  /** Is told of what was written, one by one. */
  readonly written: (resolution: Resolution) => Effect.Effect<void>
}

type Step = readonly [held: HeldMatch, resolution: Resolution]

export const makeResolver = ({ amendments, isShared, store, written, ...options }: ResolverOptions) => {
  const matches = new Map<string, HeldMatch>()
  const corrected = Duration.toMillis(options.correctedWithin)

  const heldOf = (id: string, at: number): HeldMatch => {
    const held = matches.get(id) ?? newMatch(at)
    matches.set(id, held)
    held.seenAt = Math.max(held.seenAt, at)
    return held
  }

  const isStale = ({ judged, readAt }: HeldMatch, { snapshot }: Seen, now: number): boolean =>
    readAt === undefined ||
    (isOver(snapshot.clock) && (judged === undefined || !isOver(judged.snapshot.clock))) ||
    (isShared && now - readAt >= Duration.toMillis(readAgainAfter))

  const readPage = Effect.fnUntraced(function* (page: ReadonlyArray<string>, isNew: boolean, now: number) {
    const open = yield* store.open(page, isNew ? now - corrected : undefined)
    for (const id of page) {
      const held = heldOf(id, now)
      for (const [key, { standing }] of held.triggers) if (standing.finalAt === undefined) held.triggers.delete(key)
      for (const each of open.get(id) ?? []) {
        held.triggers.set(each.id, each)
        held.restless.add(each.id)
      }
      held.readAt = now
    }
  })

  /** Reads the triggers of matches that are new here or have come to their end, and of shared ones every now and then. */
  const read = Effect.fnUntraced(function* (looks: ReadonlyMap<string, Seen>, now: number) {
    const stale = [...looks].filter(([id, look]) => isStale(heldOf(id, now), look, now)).map(([id]) => id)
    for (const isNew of [true, false]) {
      const ids = stale.filter((id) => (matches.get(id)?.readAt === undefined) === isNew)
      for (const page of Arr.chunksOf(ids, matchesPerCall)) yield* readPage(page, isNew, now)
    }
  })

  const takeUp = (triggers: ReadonlyArray<NewTrigger>): void => {
    for (const { expectation, id, snapshot } of triggers) {
      const held = matches.get(snapshot.match.id)
      if (held === undefined || expectation === undefined || held.triggers.has(id)) continue
      const { prematch } = snapshot
      held.triggers.set(id, { id, expectation, at: moment(snapshot), prematch, standing: { version: 0 } })
      held.restless.add(id)
    }
  }

  /** Whether a finding is to be taken for what it is: not while others may have seen what this process has not. */
  const isSettled = (held: HeldMatch, { isUnseen = false }: Finding, at: number, isLast: boolean): boolean => {
    if (!isUnseen || isLast) return true
    held.unseenSince ??= at
    return at - held.unseenSince >= Duration.toMillis(unseenStands)
  }

  const judge = Effect.fnUntraced(function* (held: HeldMatch, look: Seen, isLast: boolean) {
    const matchLook = lookAt(look.snapshot, look.timeline)
    // That a match goes on which had come to its end is seen by its clock: one that stands, or that is new here, says nothing.
    const moves = held.judged !== undefined && compareMatchMinutes(held.judged.snapshot.clock, look.snapshot.clock) < 0
    const steps: Array<Step> = []
    let judged = 0
    for (const trigger of toJudge(held, look)) {
      // Ticks have their turn between triggers, whatever those expect.
      judged += 1
      if (judged % judgedAtATime === 0) yield* Effect.yieldNow
      const finding = find(trigger, matchLook)
      // Also where nothing is said of it yet: what has changed here counts when something is.
      held.restless.add(trigger.id)
      if (finding === undefined) continue
      const { finalAt, settling } = trigger.standing
      if (!finding.isFinal && finalAt !== undefined && settling === undefined && !moves) continue
      if (!isSettled(held, finding, look.at, isLast)) continue
      const next = step(trigger, finding, look.at, options)
      if (next !== undefined) steps.push([held, next])
      else if (trigger.standing.settling === undefined) held.restless.delete(trigger.id)
    }
    held.judged = look
    return steps
  })

  const write = Effect.fnUntraced(function* (steps: ReadonlyArray<Step>) {
    for (const page of Arr.chunksOf(steps, resultsPerCall)) {
      const answers = yield* store.resolve(page.map(([, each]) => each))
      const resolved = new Map(answers.map((each) => [each.id, each]))
      const amended: Array<TriggerId> = []
      for (const [held, each] of page) {
        const now = resolved.get(each.id)
        const trigger = held.triggers.get(each.id)
        // An operator has deleted the row.
        if (now === undefined) held.triggers.delete(each.id)
        else if (trigger !== undefined) held.triggers.set(each.id, { ...trigger, standing: now.standing })
        if (now?.applied === true) {
          if (now.standing.settling === undefined) held.restless.delete(each.id)
          yield* written(each)
        }
        // An alert that is being sent now may have been written before this: its amendment finds out.
        if (now?.amend === true || (now?.applied === true && each.tell)) amended.push(each.id)
      }
      if (amended.length > 0) yield* amendments.offer(amended)
    }
  })

  const isPast = ({ standing: { finalAt } }: OpenTrigger, now: number): boolean =>
    finalAt !== undefined && now - finalAt > corrected

  /** The matches of which something is missing that others might still have told of, as they were seen last. */
  const doubtful = (): ReadonlyArray<readonly [string, Seen]> =>
    [...matches].flatMap(([id, { judged, unseenSince }]) =>
      judged === undefined || unseenSince === undefined ? [] : [[id, judged]]
    )

  const forget = (now: number): void => {
    for (const [id, held] of matches) {
      const heldFor = held.triggers.size === 0 ? forgetIdleAfter : forgetAfter
      if (now - held.seenAt > Duration.toMillis(heldFor)) matches.delete(id)
      else if (held.judged !== undefined && isOver(held.judged.snapshot.clock)) {
        for (const [key, trigger] of held.triggers) if (isPast(trigger, now)) held.triggers.delete(key)
      }
    }
  }

  /** Makes the open triggers of these matches void, each for its reason. */
  const giveUp = Effect.fn("Outcomes.giveUp")(function* (reasons: ReadonlyMap<string, string>) {
    const now = yield* Clock.currentTimeMillis
    for (const page of Arr.chunksOf([...reasons], matchesPerCall)) {
      const ids = page.map(([id]) => id)
      yield* readPage(ids, false, now)
      yield* write(
        page.flatMap(([id, reason]) => {
          const held = heldOf(id, now)
          const finding = { verdict: "void", isFinal: true, reason } as const
          return [...held.triggers.values()].flatMap((trigger): ReadonlyArray<Step> => {
            const next = trigger.standing.finalAt === undefined ? step(trigger, finding, now, options) : undefined
            return next === undefined ? [] : [[held, next]]
          })
        })
      )
      yield* store.noteWaits(ids.map((matchId) => ({ matchId, since: now })))
    }
  })

  return {
    /** Judges what was seen, with the triggers that were created meanwhile. `isLast`: nobody will see more. */
    resolve: Effect.fn("Outcomes.resolve")(
      function* (seen: ReadonlyMap<string, Seen>, created: ReadonlyArray<NewTrigger>, isLast: boolean) {
        const now = yield* Clock.currentTimeMillis
        const looks = isLast ? new Map([...doubtful(), ...seen]) : seen
        yield* read(looks, now)
        takeUp(created)
        const steps: Array<Step> = []
        for (const [id, look] of looks) {
          for (const each of yield* judge(heldOf(id, now), look, isLast)) steps.push(each)
          // Ticks have their turn between matches.
          yield* Effect.yieldNow
        }
        yield* write(steps)
        forget(now)
      },
      (effect, looks) =>
        // What is known of these matches may not be so: it is read again.
        Effect.tapError(effect, () =>
          Effect.sync(() => {
            for (const id of looks.keys()) matches.delete(id)
          })
        )
    ),
    /** The matches with final verdicts that may be revised still, and when the latest of them became final. */
    correctable: (now: number): ReadonlyMap<string, number> => {
      const ended = new Map<string, number>()
      for (const [id, { triggers }] of matches) {
        for (const { standing } of triggers.values()) {
          const { finalAt } = standing
          if (finalAt === undefined || now - finalAt > corrected) continue
          ended.set(id, Math.max(ended.get(id) ?? 0, finalAt))
        }
      }
      return ended
    },
    giveUp,
    /** Makes the open triggers of all matches void whose end was not seen: nobody will see it. */
    giveUpUnended: Effect.fn("Outcomes.giveUpUnended")(function* (reason: string) {
      const unended = [...matches].filter(([, { judged }]) => judged !== undefined && !isOver(judged.snapshot.clock))
      yield* giveUp(new Map(unended.map(([id]) => [id, reason])))
    })
  }
}
