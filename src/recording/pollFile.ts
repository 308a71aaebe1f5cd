/**
 * A file of polls: what a feed has shown, poll by poll, as one instance of the service recorded it. It is gzip, a member a
 * poll, each a line of JSON, so that `zcat` reads it, and a process that is killed loses the poll under way and no other.
 *
 * A line holds when the poll was answered, the matches that it showed otherwise than the one before it in this file, and the ids of
 * those that it showed unchanged. Pure: bytes in, polls out, and the other way round.
 */
import { constants, gunzipSync } from "node:zlib"
import { Option, Schema } from "effect"

/** What a feed answered to one poll, whatever it was. */
export interface Poll {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly matches: ReadonlyArray<unknown>
}

const Line = Schema.fromJsonString(
  Schema.Struct({
    at: Schema.Finite,
    matches: Schema.Array(Schema.Unknown),
    same: Schema.Array(Schema.Union([Schema.String, Schema.Finite]))
  })
)

const decodeLine = Schema.decodeUnknownOption(Line)

const decodeId = Schema.decodeUnknownOption(
  Schema.Struct({ match: Schema.Struct({ id: Schema.Union([Schema.String, Schema.Finite]) }) })
)

/** The id of a match as a feed gives it; none of what is no match. */
export const idOf = (shown: unknown): string | number | undefined =>
  Option.getOrUndefined(Option.map(decodeId(shown), ({ match }) => match.id))

/** A match as a text; none of what a feed should not show at all, such as one that holds itself. */
const textOf = (shown: unknown): string | undefined =>
  Option.getOrUndefined(Option.liftThrowable(() => JSON.stringify(shown))())

/** Writes polls one after another, each as the line that follows those before it. */
export const makeLines = () => {
  let known = new Map<string | number, string>()
  return ({ at, matches }: Poll): string => {
    const now = new Map<string | number, string>()
    const changed: Array<string> = []
    const same: Array<string | number> = []
    for (const shown of matches) {
      const text = textOf(shown)
      if (text === undefined) continue
      const id = idOf(shown)
      if (id !== undefined && known.get(id) === text) same.push(id)
      else changed.push(text)
      if (id !== undefined) now.set(id, text)
    }
    known = now
    return `{"at":${at},"same":${JSON.stringify(same)},"matches":[${changed.join(",")}]}\n`
  }
}

/** What is left of a file whose end is missing is read as far as it goes. */
const unpacked = (bytes: Uint8Array): string => {
  const text = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString("utf8")
  return text.slice(0, text.lastIndexOf("\n") + 1)
}

/** The polls of a file in their order. A line that cannot be read costs that poll, and what later ones say is as in it. */
export const readPolls = (bytes: Uint8Array): ReadonlyArray<Poll> => {
  let known = new Map<string | number, unknown>()
  return unpacked(bytes)
    .split("\n")
    .flatMap((text) => {
      const line = Option.getOrUndefined(decodeLine(text))
      if (line === undefined) return []
      const before = known
      known = new Map()
      const matches = [...line.same.flatMap((id) => (before.has(id) ? [before.get(id)] : [])), ...line.matches]
      for (const shown of matches) {
        const id = idOf(shown)
        if (id !== undefined) known.set(id, shown)
      }
      return [{ at: line.at, matches }]
    })
}

const named = /^(\d{4}-\d\d-\d\d)-[\w-]+\.polls\.gz$/

/** The name of the file of a day (`2026-11-26`) and an instance. */
export const pollFileName = (day: string, instance: string): string => `${day}-${instance}.polls.gz`

/** The day of a file of polls, by its name; none of another file. */
export const dayOf = (name: string): string | undefined => named.exec(name)?.[1]
