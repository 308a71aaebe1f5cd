import { Schema } from "effect"
import { Snapshot, type SnapshotInput } from "../../src/domain/Snapshot.ts"
import { moment, record, type Timeline } from "../../src/domain/Timeline.ts"
import type { View } from "../../src/rules/evaluate.ts"

/** What a scene of a match says; everything else is a quiet match of competition 28 at minute 60. */
export interface Scene extends Pick<Partial<SnapshotInput>, "statistics" | "prematch" | "odds" | "score"> {
  readonly period?: SnapshotInput["clock"]["period"]
  readonly minute?: number
  readonly added?: number
  readonly status?: SnapshotInput["clock"]["status"]
}

const decode = Schema.decodeUnknownSync(Snapshot)

const periodOf = (minute: number): SnapshotInput["clock"]["period"] =>
  minute <= 45 ? "1H" : minute <= 90 ? "2H" : minute <= 105 ? "E1" : "E2"

export const snapshot = ({ minute = 60, added = 0, status = "live", period = periodOf(minute), ...rest }: Scene = {}) =>
  decode({
    match: {
      id: 7,
      competition: { id: 28, name: "World Cup" },
      home: { name: "Brazil" },
      away: { name: "Belgium" },
      kickOff: "2018-07-06T18:00:00.000Z"
    },
    clock: { period, minute, added, status },
    score: { home: 0, away: 0 },
    ...rest
  })

/** The view of a match at the last of these scenes, having seen those before. */
export const viewOf = (...scenes: ReadonlyArray<Scene>): View => {
  const seen = scenes.map(snapshot)
  const timeline = seen.reduce<Timeline>((past, each) => record(past, moment(each)), [])
  return { snapshot: seen.at(-1) ?? snapshot(), timeline }
}

/** A match of which every minute was seen, with one corner of the home team in each and one of the away team in every second. */
export const steady = (minute: number, last: Scene = {}): View =>
  viewOf(
    ...Array.from({ length: minute }, (_, index) => ({
      minute: index + 1,
      statistics: { corners: { home: index + 1, away: Math.floor((index + 1) / 2) } },
      ...(index + 1 === minute ? last : undefined)
    }))
  )
