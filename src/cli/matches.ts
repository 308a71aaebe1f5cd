import { Clock, Console, Effect, FileSystem, Layer, Option, Path, Result, Schedule, Schema } from "effect"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { matchLabel } from "../domain/Match.ts"
import { matchMinuteLabel, Snapshot } from "../domain/Snapshot.ts"
import { FeedMemory } from "../feed/FeedMemory.ts"
import { MatchFeed } from "../feed/MatchFeed.ts"
import type { Extend } from "../Integration.ts"
import { layerLogging } from "../Logging.ts"
import { dayOf, type Poll, readPolls } from "../recording/pollFile.ts"
import { chosenBy, type Invocation } from "../Touchline.ts"
import { oneLine } from "./report.ts"

export interface MatchesOptions extends Invocation {
  readonly json: boolean
  readonly watch: boolean
}

const encode = Schema.encodeSync(Snapshot)

/** What a poll shows: the matches that can be read, and how many cannot. */
export const shownBy = ({ matches }: Poll) => {
  const decoded = matches.map(decodeSnapshot)
  const snapshots = decoded.flatMap((each) => (Result.isSuccess(each) ? [each.success.snapshot] : []))
  return { snapshots, dropped: matches.length - snapshots.length }
}

/** A match on a line: its clock, its score, and the figures that its feed gives. */
export const matchLine = ({ clock, match, odds, prematch, score, statistics }: Snapshot): string => {
  const names = [
    ...Object.keys(statistics),
    ...Object.keys(odds).map((name) => `odds.${name}`),
    ...Object.keys(prematch).map((name) => `prematch.${name}`)
  ]
  const given = names.length === 0 ? "no figures" : names.sort().join(", ")
  const at = clock.status === "live" ? `${matchMinuteLabel(clock)}'` : clock.status
  return oneLine(`${at}  ${score.home}-${score.away}  ${matchLabel(match)} (${match.competition.name}): ${given}`)
}

/** The last poll that a running service has recorded, if one has within this time: it costs no request. */
const lastRecorded = Effect.fnUntraced(function* (directory: string, within: number) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(directory)).filter((name) => dayOf(name) !== undefined).sort()
  const day = dayOf(names.at(-1) ?? "")
  const files = yield* Effect.forEach(
    names.filter((name) => dayOf(name) === day),
    (name) => fs.readFile(path.join(directory, name))
  )
  const last = files.flatMap((bytes) => readPolls(bytes).slice(-1)).sort((a, b) => a.at - b.at)
  const now = yield* Clock.currentTimeMillis
  return Option.filter(Option.fromUndefinedOr(last.at(-1)), ({ at }) => at > now - within)
})

/** `touchline matches`: what the feed shows now. Beside a service that records, what it has shown that. */
export const matches = Effect.fnUntraced(function* (extend: Extend, { json, watch, ...invocation }: MatchesOptions) {
  const { parts, service } = yield* chosenBy(extend, invocation)
  const show = Effect.gen(function* () {
    const feed = yield* MatchFeed
    const recorded = yield* Option.match(service.record, {
      onNone: () => Effect.succeedNone,
      onSome: ({ directory }) => Effect.orElseSucceed(lastRecorded(directory, 60_000), () => Option.none<Poll>())
    })
    const sent = feed.requests ?? Effect.succeed(0)
    const before = yield* sent
    const poll = Option.isSome(recorded)
      ? recorded.value
      : { at: yield* Clock.currentTimeMillis, matches: yield* feed.poll }
    const requests = (yield* sent) - before
    const { dropped, snapshots } = shownBy(poll)
    if (json) {
      const answer = { feed: feed.name, matches: snapshots.map((each) => encode(each)), dropped, requests }
      return yield* Console.log(JSON.stringify(answer))
    }
    const age = Math.round(((yield* Clock.currentTimeMillis) - poll.at) / 1000)
    const from = Option.isSome(recorded) ? "recorded by a running service" : `${requests} requests`
    for (const snapshot of snapshots) yield* Console.log(matchLine(snapshot))
    yield* Console.log(
      `${snapshots.length} matches of ${feed.name}, ${age} s old, ${from}${dropped === 0 ? "" : `; ${dropped} cannot be read`}`
    )
  })
  const repeated = watch ? Effect.repeat(show, Schedule.fixed(service.pollInterval)) : show
  yield* repeated.pipe(
    Effect.provide(
      parts.feed.pipe(Layer.provide(FeedMemory.layerMemory), Layer.provideMerge(layerLogging(service, process.stderr)))
    )
  )
})
