/**
 * Figures from before kick-off: asked for once a match and day, beside the ticks, and shared by all instances.
 *
 * Guarantees: a tick takes what is known and never waits; what is asked for is there at a later one. A match is asked for
 * when it is first seen and nobody else asks for it, as far as the budget goes; one that nothing is known of is not asked for
 * again that day. A limit ends the asking until it is renewed. Trouble is told once.
 */
import { Array as Arr, Clock, Duration, Effect, Option, Schema } from "effect"
import { makeOutage } from "../../health/Outage.ts"
import { FeedMemory } from "../FeedMemory.ts"
import type { FeedError } from "../MatchFeed.ts"
import type { LimitReached } from "./LimitReached.ts"
import type { PrematchFigures } from "./prematchFigures.ts"

/** A match that figures are wanted of. */
export interface PrematchOptions<M extends { readonly id: string }> {
  readonly feed: string
  /** How many matches are asked for at once. */
  readonly atOnce: number
  /** The figures of these matches by id; those that it leaves out are not known and may be asked for later. */
  readonly ask: (
    matches: Arr.NonEmptyReadonlyArray<M>
  ) => Effect.Effect<ReadonlyMap<string, PrematchFigures>, FeedError | LimitReached>
  /** Whether the budget has something left for this. */
  readonly hasBudget: Effect.Effect<boolean>
  /** What is to be done where asking meets a limit that others share. */
  readonly onLimit?: (limit: LimitReached) => Effect.Effect<void>
}

export interface Prematch<M> {
  /** What is known of these matches by id. What is not is asked for beside. */
  readonly figuresOf: (matches: ReadonlyArray<M>) => Effect.Effect<ReadonlyMap<string, PrematchFigures>>
}

/** How long figures are kept. */
const day = Duration.days(1)

/** For so long nobody else asks for what one instance is asking for. */
const claimedFor = Duration.minutes(2)

/** What could not be had is asked for again after this long. */
const againAfter = Duration.minutes(10)

/** A limit is waited for no longer than this: then its provider is asked. */
const longestLimit = Duration.toMillis(Duration.hours(1))

/** Matches that figures are remembered of. */
const longest = 5000

const decodeFigures = Schema.decodeUnknownOption(Schema.Record(Schema.String, Schema.Unknown))

const noteOf = (id: string): string => `prematch/${id}`

/** What a note says while an instance asks. */
const claim = "asked for"

export const makePrematch = Effect.fnUntraced(function* <M extends { readonly id: string }>({
  ask,
  atOnce,
  feed,
  hasBudget,
  onLimit = () => Effect.void
}: PrematchOptions<M>) {
  const memory = yield* FeedMemory
  const scope = yield* Effect.scope
  const known = new Map<string, PrematchFigures>()
  /** Matches that are being asked for, or may be asked for again at this time. */
  const waiting = new Map<string, number>()
  /** Nothing waits for longer than this, unless a clock was set back. */
  const isWaiting = (id: string, now: number) => {
    const until = waiting.get(id) ?? now
    return until > now && until <= now + Duration.toMillis(againAfter)
  }
  let limitedUntil = 0
  const isLimited = (now: number) => limitedUntil > now && limitedUntil <= now + longestLimit
  let isWorking = false
  const outage = makeOutage({
    part: "feed",
    begins: "figures from before kick-off cannot be had: matches are scanned without them",
    ends: "figures from before kick-off can be had again",
    fields: { feed }
  })
  const learn = (id: string, figures: PrematchFigures) => {
    if (known.size >= longest) for (const first of [...known.keys()].slice(0, longest / 10)) known.delete(first)
    known.set(id, figures)
    waiting.delete(id)
  }

  const askFor = Effect.fnUntraced(function* (matches: Arr.NonEmptyReadonlyArray<M>, now: number) {
    for (const { id } of matches) waiting.set(id, now + Duration.toMillis(againAfter))
    if (!(yield* hasBudget)) return
    yield* memory.keep(feed, Object.fromEntries(matches.map(({ id }) => [noteOf(id), claim])), claimedFor)
    const found = yield* ask(matches)
    yield* memory.keep(feed, Object.fromEntries([...found].map(([id, figures]) => [noteOf(id), figures])), day)
    for (const [id, figures] of found) learn(id, figures)
    yield* outage.over
  })

  /** Asks the memory, then the provider. */
  const work = Effect.fnUntraced(function* (matches: ReadonlyArray<M>) {
    const now = yield* Clock.currentTimeMillis
    const notes = yield* memory.recall(
      feed,
      matches.map(({ id }) => noteOf(id))
    )
    const wanted = matches.filter(({ id }) => {
      const note = notes[noteOf(id)]
      const figures = decodeFigures(note)
      if (Option.isSome(figures)) learn(id, figures.value)
      else if (note === claim) waiting.set(id, now + Duration.toMillis(claimedFor) / 4)
      return Option.isNone(figures) && note !== claim
    })
    yield* Effect.forEach(Arr.isArrayNonEmpty(wanted) ? Arr.chunksOf(wanted, atOnce) : [], (page) =>
      askFor(page, now).pipe(Effect.catchTag("FeedError", ({ message }) => outage.met(message)))
    ).pipe(
      Effect.catchTag("LimitReached", (limit) => {
        limitedUntil = Math.min(limit.until, now + longestLimit)
        return Effect.andThen(outage.met(limit.message), onLimit(limit))
      })
    )
  })

  return {
    figuresOf: Effect.fnUntraced(function* (matches) {
      const now = yield* Clock.currentTimeMillis
      const each = new Map(matches.map((match) => [match.id, match])).values()
      const unknown = [...each].filter(({ id }) => !known.has(id) && !isWaiting(id, now))
      if (unknown.length > 0 && !isWorking && !isLimited(now)) {
        isWorking = true
        yield* work(unknown).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              isWorking = false
            })
          ),
          Effect.forkIn(scope)
        )
      }
      return new Map(
        matches.flatMap(({ id }) => {
          const figures = known.get(id)
          return figures === undefined ? [] : [[id, figures] as const]
        })
      )
    })
  } satisfies Prematch<M> as Prematch<M>
})
