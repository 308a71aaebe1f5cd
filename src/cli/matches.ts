import { Clock, Console, Context, Effect, Layer, Option, Result, Schedule, Schema } from "effect"
import { counted } from "../domain/counted.ts"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { matchLabel } from "../domain/Match.ts"
import { onePerMatch } from "../domain/onePerMatch.ts"
import { isInPlay, matchMinuteLabel, Snapshot } from "../domain/Snapshot.ts"
import { FeedMemory } from "../feed/FeedMemory.ts"
import { isFeedError, MatchFeed } from "../feed/MatchFeed.ts"
import type { Extend } from "../Integration.ts"
import { layerLogging } from "../Logging.ts"
import { lastPoll } from "../recording/lastPoll.ts"
import type { Poll } from "../recording/pollFile.ts"
import { chosenBy, feedId, type Invocation } from "../Touchline.ts"
import { oneLine } from "./report.ts"
import { untilStopped } from "./untilStopped.ts"

export interface MatchesOptions extends Invocation {
  readonly json: boolean
  readonly watch: boolean
}

const encode = Schema.encodeSync(Snapshot)

/** What a poll shows: the matches that can be read, each once, and how many more there are. */
export const shownBy = ({ matches }: Poll) => {
  const decoded = matches.map(decodeSnapshot)
  const { kept } = onePerMatch(decoded.flatMap((each) => (Result.isSuccess(each) ? [each.success] : [])))
  const snapshots = kept.map(({ snapshot }) => snapshot)
  return { snapshots, dropped: matches.length - snapshots.length }
}

/** Figures that are missed where a feed does not give them. */
const common = ["shots", "shots_on_target", "corners", "possession", "yellow_cards", "odds.win", "prematch.position"]

/** The names of the figures that a match has, in the catalogue's form. */
const figuresOf = ({ odds, prematch, statistics }: Snapshot): ReadonlyArray<string> => [
  ...Object.keys(statistics),
  ...Object.keys(odds).map((name) => `odds.${name}`),
  ...Object.keys(prematch).map((name) => `prematch.${name}`)
]

/**
 * A match on a line: its clock, its score, the figures that its feed gives and, while it is played, those of the others and
 * of the common ones that it lacks.
 */
export const matchLine =
  (others: ReadonlyArray<Snapshot>) =>
  (snapshot: Snapshot): string => {
    const { clock, match, score } = snapshot
    const own = new Set(figuresOf(snapshot))
    const expected = new Set([...common, ...others.filter(({ clock }) => isInPlay(clock)).flatMap(figuresOf)])
    const lacking = isInPlay(clock) ? [...expected].filter((name) => !own.has(name)).sort() : []
    const given = own.size === 0 ? "no figures" : [...own].sort().join(", ")
    const at = clock.status === "live" ? `${matchMinuteLabel(clock)}'` : clock.status
    return oneLine(
      `${at}  ${score.home}-${score.away}  ${matchLabel(match)} (${match.competition.name}): ${given}${lacking.length === 0 ? "" : `; lacks ${lacking.join(", ")}`}`
    )
  }

/** `touchline matches`: what the feed shows now. Beside a running service, what it has shown that last: nobody is asked. */
export const matches = Effect.fnUntraced(function* (extend: Extend, { json, watch, ...invocation }: MatchesOptions) {
  const chosen = yield* chosenBy(extend, invocation)
  const { parts, service } = chosen
  // Beside a service it is never made.
  const own = yield* Effect.cached(Layer.build(Layer.provide(parts.feed, FeedMemory.layerMemory)))
  const ask = Effect.gen(function* () {
    const feed = Context.get(yield* own, MatchFeed)
    const sent = feed.requests ?? Effect.succeed(0)
    const before = yield* sent
    const matches = yield* feed.poll
    return { at: yield* Clock.currentTimeMillis, feed: feed.name, matches, requests: (yield* sent) - before }
  })
  const show = Effect.gen(function* () {
    const found = yield* lastPoll(feedId(chosen), parts.database)
    const poll = Option.isSome(found) ? { ...found.value, requests: 0 } : yield* ask
    const { dropped, snapshots } = shownBy(poll)
    if (json) {
      const answer = {
        feed: poll.feed,
        matches: snapshots.map((each) => encode(each)),
        dropped,
        requests: poll.requests
      }
      return yield* Console.log(JSON.stringify(answer))
    }
    const age = Math.max(0, Math.round(((yield* Clock.currentTimeMillis) - poll.at) / 1000))
    const from = Option.isSome(found) ? "the last poll of the running service" : counted(poll.requests, "request")
    for (const line of snapshots.map(matchLine(snapshots))) yield* Console.log(line)
    yield* Console.log(
      `${counted(snapshots.length, "match", "matches")} of ${poll.feed}, ${age} s old, ${from}${dropped === 0 ? "" : `; ${dropped} cannot be read, or came twice`}`
    )
  })
  const watching = show.pipe(
    Effect.catchIf(isFeedError, ({ message }) =>
      Effect.logWarning("the feed shows nothing now; it is asked again").pipe(Effect.annotateLogs({ reason: message }))
    ),
    Effect.repeat(Schedule.fixed(service.pollInterval)),
    untilStopped(Effect.void)
  )
  yield* (watch ? watching : show).pipe(Effect.provide(layerLogging(service, process.stderr)))
}, Effect.scoped)
