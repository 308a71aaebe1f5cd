/**
 * A recording as bytes, for the cache: reading it takes a twentieth of the time that the match's own file takes.
 *
 * A length and a checksum, a header in JSON (the match, the names of its metrics), then all numbers of all snapshots row
 * by row as 64-bit floats in this machine's byte order; NaN is a figure that does not exist. Bytes that are damaged, or
 * were packed for another key, are none.
 */
import { crc32 } from "node:zlib"
import { Option, Schema } from "effect"
import { Match, matchLabel, type Sides } from "../domain/Match.ts"
import { MatchStatus, periods, type Snapshot } from "../domain/Snapshot.ts"
import type { Recording } from "./Recording.ts"

const Header = Schema.fromJsonString(
  Schema.Struct({ key: Schema.String, match: Match, metrics: Schema.Array(Schema.String), rows: Schema.Int })
)

const decodeHeader = Schema.decodeUnknownOption(Header)
const encodeHeader = Schema.encodeSync(Header)

const statuses = MatchStatus.literals

/** Numbers of a row before those of the metrics: period, minute, added, status, and the score of both. */
const leading = 6

const preamble = 8

/** Whether all that a snapshot knows beyond its score is among its statistics, which is all that is packed. */
const isPackable = ({ odds, prematch }: Snapshot): boolean =>
  Object.keys(prematch).length + Object.keys(odds).length === 0

/** The bytes of a recording, to be had back with this key. Nothing for one with odds or pre-match figures. */
export const pack = ({ snapshots }: Recording, key: string): Uint8Array | undefined => {
  const [first] = snapshots
  if (first === undefined || !snapshots.every(isPackable)) return undefined
  const metrics = [...new Set(snapshots.flatMap(({ statistics }) => Object.keys(statistics)))]
  const header = new TextEncoder().encode(encodeHeader({ key, match: first.match, metrics, rows: snapshots.length }))
  const numbers = Float64Array.from(
    snapshots.flatMap(({ clock, score, statistics }) => [
      periods.indexOf(clock.period),
      clock.minute,
      clock.added,
      statuses.indexOf(clock.status),
      score.home,
      score.away,
      ...metrics.flatMap((name) => [statistics[name]?.home ?? Number.NaN, statistics[name]?.away ?? Number.NaN])
    ])
  )
  const body = Buffer.concat([header, new Uint8Array(numbers.buffer)])
  const bytes = Buffer.alloc(preamble + body.length)
  bytes.writeUInt32LE(header.length, 0)
  bytes.writeUInt32LE(crc32(body), 4)
  bytes.set(body, preamble)
  return bytes
}

/** The recording that was packed with this key, or nothing when these bytes are not that. */
export const unpack = (bytes: Uint8Array, key: string): Recording | undefined => {
  if (bytes.length < preamble) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const body = bytes.subarray(preamble)
  if (view.getUint32(4, true) !== crc32(body)) return undefined
  const headerLength = view.getUint32(0, true)
  const header = Option.getOrUndefined(decodeHeader(new TextDecoder().decode(body.subarray(0, headerLength))))
  if (header === undefined || header.key !== key) return undefined
  const { match, metrics, rows } = header
  const width = leading + 2 * metrics.length
  if (body.length !== headerLength + rows * width * Float64Array.BYTES_PER_ELEMENT) return undefined
  // Floats must lie at a multiple of eight bytes; a copy does (`slice` of a Buffer would be none).
  const numbers = new Float64Array(new Uint8Array(body.subarray(headerLength)).buffer)
  const snapshots: Array<Snapshot> = []
  for (let row = 0; row < rows; row++) {
    const at = (column: number): number => numbers[row * width + column] ?? Number.NaN
    const period = periods[at(0)]
    const status = statuses[at(3)]
    if (period === undefined || status === undefined) return undefined
    const statistics: { [name: string]: Sides } = {}
    metrics.forEach((name, index) => {
      const sides = { home: at(leading + 2 * index), away: at(leading + 2 * index + 1) }
      if (!Number.isNaN(sides.home)) statistics[name] = sides
    })
    const clock = { period, minute: at(1), added: at(2), status }
    snapshots.push({ match, clock, score: { home: at(4), away: at(5) }, statistics, prematch: {}, odds: {} })
  }
  return { matchId: match.id, label: matchLabel(match), snapshots }
}
