/**
 * A file of polls: what a feed has shown, poll by poll, as one instance of the service recorded it. It is gzip, a member a
 * poll, each a line of JSON, so that `zcat` reads it, and a process that is killed loses the poll under way and no other.
 *
 * A line holds when the poll was answered, the matches that it showed otherwise than the one before it in this file, and the ids of
 * those that it showed unchanged. Pure: bytes in, polls out, and the other way round. A member that is damaged costs its poll.
 */
import { Option, Schema } from "effect"
import { readMembers } from "./members.ts"

/** What a feed answered to one poll, whatever it was. */
export interface Poll {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Milliseconds since the poll before it of the same process, by a clock that nobody sets. */
  readonly after?: number
  readonly matches: ReadonlyArray<unknown>
}

const Line = Schema.fromJsonString(
  Schema.Struct({
    at: Schema.Finite,
    after: Schema.optionalKey(Schema.Finite),
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
  return ({ after, at, matches }: Poll): string => {
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
    const since = after === undefined ? "" : `"after":${Math.round(after)},`
    return `{"at":${at},${since}"same":${JSON.stringify(same)},"matches":[${changed.join(",")}]}\n`
  }
}

/** What could be read of a file. */
export interface ReadPolls {
  /** In their order. */
  readonly polls: ReadonlyArray<Poll>
  /** How many more there were that cannot be read, as far as can be told. */
  readonly lost: number
}

/**
 * The polls of a file. One that cannot be read costs that poll, and a later one those matches that it shows as that did: what
 * they were is not known until they change.
 */
export const readPolls = (bytes: Uint8Array): ReadPolls => {
  let known = new Map<string | number, unknown>()
  let lost = 0
  const polls: Array<Poll> = []
  // What is behind the last line end was not written to its end.
  const lines = readMembers(bytes).flatMap((stretch) => stretch?.split("\n").slice(0, -1) ?? [stretch])
  for (const text of lines) {
    const before = known
    known = new Map()
    const line = Option.getOrUndefined(decodeLine(text))
    if (line === undefined) {
      lost += 1
      continue
    }
    const { same, ...rest } = line
    const matches = [...same.flatMap((id) => (before.has(id) ? [before.get(id)] : [])), ...line.matches]
    for (const shown of matches) {
      const id = idOf(shown)
      if (id !== undefined) known.set(id, shown)
    }
    polls.push({ ...rest, matches })
  }
  return { polls, lost }
}

const named = /^(\d{4}-\d\d-\d\d)-([\w-]+?)(?:-(\d+))?\.polls\.gz$/

/** The name of a file of a day (`2026-11-26`): the so manieth of an instance. */
export const pollFileName = (day: string, instance: string, part: number): string =>
  `${day}-${instance}-${part}.polls.gz`

/** What the name of a file of polls says of it; none of another file. */
export const placeOf = (name: string) => {
  const [, day, instance, part = "0"] = named.exec(name) ?? []
  return day === undefined || instance === undefined ? undefined : { day, instance, part: Number(part) }
}

/** The day of a file of polls, by its name; none of another file. */
export const dayOf = (name: string): string | undefined => placeOf(name)?.day
