/**
 * Records what a feed shows: every poll that it answers goes to a file of this instance and day.
 *
 * Guarantees: a poll is neither delayed by more than its writing nor failed by it; that polls cannot be recorded is told once,
 * and again when it is over. A file is only ever added to, and no other process writes to it. Files older than the days to be
 * kept go when a new day begins, by the days of the files and not by a clock that may be wrong.
 */
import { gzip } from "node:zlib"
import { Clock, DateTime, Effect, FileSystem, Layer, Path, Random, Ref } from "effect"
import { MatchFeed } from "../feed/MatchFeed.ts"
import { makeOutage } from "../health/Outage.ts"
import { steadyMillis } from "../health/steady.ts"
import { dayOf, makeLines, type Poll, pollFileName } from "./pollFile.ts"

export interface RecordingOptions {
  readonly directory: string
  /** How many days files are kept, today included. */
  readonly days: number
}

/** A line as a member of a file. */
export const packed = (text: string) =>
  Effect.callback<Uint8Array, Error>((resume) =>
    gzip(text, (error, bytes) => resume(error === null ? Effect.succeed(bytes) : Effect.fail(error)))
  )

const dayAt = (at: number): string => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(at))

const dayMillis = 86_400_000

/**
 * The first day that is kept, counted back from the newest that is not after today and has another one not long before it: a
 * day that stands alone may be of a clock that was wrong, and costs nothing that was recorded.
 */
const oldestKept = (recorded: ReadonlyArray<string>, today: number, days: number): string => {
  const past = recorded.filter((day) => day <= dayAt(today)).sort()
  const daysBefore = (day: string, count: number) => dayAt(Date.parse(day) - count * dayMillis)
  const newest = past.findLast((day) => past.some((other) => other < day && other >= daysBefore(day, days)))
  return newest === undefined ? "" : daysBefore(newest, days - 1)
}

/** Writes polls to files of their days, and says whether it could. */
export const makeRecorder = Effect.fnUntraced(function* ({ days, directory }: RecordingOptions) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const instance = (yield* Random.nextIntBetween(0, 2 ** 31)).toString(36)
  const outage = makeOutage({
    part: "recording",
    begins: "polls are not recorded",
    ends: "polls are recorded again",
    fields: { directory }
  })
  /**
   * A file is of one day, and nothing is added to it once another has begun: not after a line that was written by half, nor when
   * the clock is set back to its day. So the files of an instance are in the order of their parts.
   */
  const file = yield* Ref.make({ day: "", part: -1, lineOf: makeLines() })
  const begin = (day: string) => Ref.update(file, ({ part }) => ({ day, part: part + 1, lineOf: makeLines() }))
  const last = yield* Ref.make<number | undefined>(undefined)

  const removeOld = Effect.fnUntraced(function* (today: number) {
    const names = yield* fs.readDirectory(directory)
    const oldest = oldestKept([...names.flatMap((name) => dayOf(name) ?? []), dayAt(today)], today, days)
    for (const name of names) {
      const day = dayOf(name)
      if (day !== undefined && day < oldest) yield* fs.remove(path.join(directory, name), { force: true })
    }
  })

  const write = Effect.fnUntraced(function* (answered: Poll) {
    const now = yield* steadyMillis
    const before = yield* Ref.getAndSet(last, now)
    const poll = before === undefined ? answered : { ...answered, after: now - before }
    const day = dayAt(poll.at)
    if ((yield* Ref.get(file)).day !== day) {
      yield* fs.makeDirectory(directory, { recursive: true })
      yield* removeOld(poll.at)
      yield* begin(day)
    }
    const { lineOf, part } = yield* Ref.get(file)
    const bytes = yield* packed(lineOf(poll))
    yield* fs.writeFile(path.join(directory, pollFileName(day, instance, part)), bytes, { flag: "a" })
  })

  return (poll: Poll) =>
    write(poll).pipe(
      Effect.andThen(outage.over),
      Effect.as(true),
      Effect.catch(({ message }) =>
        Ref.update(file, (known) => ({ ...known, day: "" })).pipe(Effect.andThen(outage.met(message)), Effect.as(false))
      )
    )
})

/** A feed whose polls are recorded. */
export const recordPolls =
  (options: RecordingOptions) =>
  <E, R>(feed: Layer.Layer<MatchFeed, E, R>) =>
    Layer.effect(
      MatchFeed,
      Effect.gen(function* () {
        const inner = yield* MatchFeed
        const record = yield* makeRecorder(options)
        return MatchFeed.of({
          ...inner,
          poll: Effect.tap(inner.poll, (matches) =>
            Effect.flatMap(Clock.currentTimeMillis, (at) => record({ at, matches }))
          )
        })
      })
    ).pipe(Layer.provide(feed))
