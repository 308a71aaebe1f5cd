/**
 * Views for the benchmark: moments of the recorded matches where they are at hand (TOUCHLINE_DATA, or the directory
 * `shared/data` beside the repository), else of simulated ones, which follow the same averages.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { gunzipSync } from "node:zlib"
import { Result, Schema } from "effect"
import { Snapshot, type SnapshotInput } from "../../src/domain/Snapshot.ts"
import { moment } from "../../src/domain/Timeline.ts"
import { readMatch } from "../../src/feed/recorded/Wyscout.ts"
import { type OfficialRecord, readRecords } from "../../src/feed/recorded/WyscoutRecord.ts"
import { quote } from "../../src/feed/simulated/odds.ts"
import { simulateMatch } from "../../src/feed/simulated/SimulatedMatch.ts"
import type { View } from "../../src/rules/evaluate.ts"

/** Matches minute by minute, and where they come from. */
export interface Matches {
  readonly source: string
  readonly matches: ReadonlyArray<ReadonlyArray<SnapshotInput>>
}

const readText = (file: string): string => {
  const bytes = readFileSync(file)
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString()
}

const recorded = (directory: string): Matches => {
  const records = new Map<string, OfficialRecord>()
  for (const file of globSync(join(directory, "**/matches_*.json"))) {
    const name = basename(file, ".json").replace("matches_", "").replaceAll("_", " ")
    const read = readRecords(readText(file), name)
    if (Result.isSuccess(read)) for (const record of read.success) records.set(record.matchId, record)
  }
  const matches = globSync(join(directory, "**/*.{json,json.gz}"))
    .filter((file) => /^\d+\.json/.test(basename(file)))
    .sort()
    .flatMap((file) => {
      const read = readMatch(readText(file), basename(file).replace(/\..*/, ""), (id) => records.get(id))
      return Result.isSuccess(read) ? [read.success.frames.slice(0, -1)] : []
    })
  return { source: `${matches.length} recorded matches`, matches }
}

const simulated = (): Matches => {
  const matches = Array.from({ length: 254 }, (_, index) => {
    const strength = (of: number) => ({ scoring: 0.7 + 0.06 * (of % 11), conceding: 1.3 - 0.06 * (of % 11) })
    const { firstHalf, prematch, secondHalf } = simulateMatch(`bench ${index}`, {
      home: strength(index),
      away: strength(3 * index + 5)
    })
    const competition = index % 4 === 0 ? { id: "28", name: "World Cup" } : { id: "364", name: "Premier League" }
    const match = {
      id: `${index}`,
      competition,
      home: { name: `Home ${index}` },
      away: { name: `Away ${index}` },
      kickOff: "2018-07-06T18:00:00.000Z"
    }
    return [...firstHalf, ...secondHalf].map(
      ({ added, minute, period, remaining, score, statistics }): SnapshotInput => ({
        match,
        clock: { period, minute, added, status: "live" },
        score,
        statistics,
        prematch,
        odds: quote(score, remaining)
      })
    )
  })
  return { source: `${matches.length} simulated matches (no recorded ones at hand)`, matches }
}

/** The recorded matches, or simulated ones. */
export const loadMatches = (): Matches => {
  const beside = resolve(dirname(import.meta.dirname), "../../shared/data")
  const directory = process.env.TOUCHLINE_DATA ?? beside
  const found = existsSync(directory) ? recorded(directory) : undefined
  return found !== undefined && found.matches.length > 0 ? found : simulated()
}

const decode = Schema.decodeSync(Snapshot)

const viewsOf = (snapshots: ReadonlyArray<Snapshot>): ReadonlyArray<View> => {
  const timeline = snapshots.map(moment)
  return snapshots.map((snapshot, minute) => ({ snapshot, timeline: timeline.slice(0, minute + 1) }))
}

/** The matches, decoded. */
export const decodeMatches = ({ matches }: Matches): ReadonlyArray<ReadonlyArray<Snapshot>> =>
  matches.map((frames) => frames.map((frame) => decode(frame)))

const pick = <A>(next: () => number, all: ReadonlyArray<A>): A => {
  const one = all[Math.floor(next() * all.length)]
  if (one === undefined) throw new Error("a match without a minute, or no match")
  return one
}

/** Draws so many views, each of a match at a random minute with its past. There are as many different ones as minutes. */
export const drawViews = (
  matches: ReadonlyArray<ReadonlyArray<Snapshot>>
): ((count: number, next: () => number) => ReadonlyArray<View>) => {
  const histories = matches.map(viewsOf)
  return (count, next) => Array.from({ length: count }, () => pick(next, pick(next, histories)))
}

/**
 * So many matches under way, tick after tick a minute further on: first each at a random minute, and one that is over
 * begins again. Every match has a past of its own, although several may be of one recorded match.
 */
export const playMatches = (
  matches: ReadonlyArray<ReadonlyArray<Snapshot>>,
  count: number,
  ticks: number,
  next: () => number
): ReadonlyArray<ReadonlyArray<View>> => {
  const playing = Array.from({ length: count }, () => {
    const history = viewsOf(pick(next, matches))
    return { history, from: Math.floor(next() * history.length) }
  })
  return Array.from({ length: ticks }, (_, tick) =>
    playing.map(({ from, history }) => {
      const view = history[(from + tick) % history.length]
      if (view === undefined) throw new Error("a match without a minute")
      return view
    })
  )
}
