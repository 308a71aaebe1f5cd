/**
 * Follows the strategy files of a directory: what is watched is what they say now.
 *
 * Guarantees: an edit, an addition and a deletion are taken up when two looks found the same, so that a file that is being
 * written is not read. Each has a line in the log. What is wrong with a file is reported once, until it changes; such a
 * file is left out. A strategy is watched only after the database knows it, for without that it has no triggers. While
 * the directory or the database is away, everything stays as it was.
 */
import { Duration, Effect, Equal, FileSystem, Option, Path, Result } from "effect"
import { StrategyStore } from "../database/StrategyStore.ts"
import type { Strategy, StrategyDefinition, StrategyId } from "../domain/Strategy.ts"
import { makeOutage } from "../health/Outage.ts"
import { steadyMillis } from "../health/steady.ts"
import { decodeStrategyFile } from "../rules/files/StrategyFile.ts"
import type { StrategyProblem } from "../rules/language/StrategyProblem.ts"
import { sampleStrategies } from "./SampleStrategies.ts"
import {
  filesAt,
  nameOfFile,
  noStrategyFile,
  placeOf,
  readStrategyText,
  sameName,
  strategyFileId
} from "./StrategyDirectory.ts"
import { makeWatchedSet } from "./Watched.ts"

/** How long after one look at the files the next one comes, at least. */
export const lookAtFilesEvery = Duration.seconds(1)

/**
 * And at least so many times as long as the disk took: what thousands of files cost that nobody edits has a bound. What the
 * database takes, or a database that does not answer, puts off no look.
 */
const restAfterLook = 50

/** How often the database is told again what it may have lost, as a restored backup has. */
export const saveAgainEvery = Duration.minutes(5)

/** A file as it was read. */
interface Read {
  /** Another content of the file has another one; none where there is no text, which is to be tried again. */
  readonly mark: string | undefined
  readonly said: Result.Result<StrategyDefinition, StrategyProblem>
}

/** What keeps a file from being read, or from being a strategy. */
const problemOf = ({ said }: Read): string | undefined => (Result.isFailure(said) ? said.failure.message : undefined)

export interface FollowOptions {
  /** Whether the database may be written: a dry run only asks it for ids. */
  readonly isDryRun: boolean
}

/** What the files say, by their paths. */
interface Said {
  readonly definitions: ReadonlyMap<string, StrategyDefinition>
  readonly problems: ReadonlyMap<string, string>
}

/**
 * Reads the files of a directory, or one file. `follow` is to be run for what comes after: it looks, again and again.
 *
 * Fails with StrategyDirectoryError when there is no file, with DatabaseError when the database cannot be told of them.
 */
export const followDirectory = Effect.fnUntraced(function* (directory: string, { isDryRun }: FollowOptions) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const store = yield* StrategyStore
  const place = yield* placeOf(directory)
  const samples = new Set((yield* sampleStrategies).map(({ id }) => id))
  const set = makeWatchedSet()
  const outage = makeOutage({
    part: "strategies",
    begins: "the strategy files cannot be followed; those read last are watched",
    ends: "the strategy files are followed again",
    fields: { directory }
  })
  let applied: ReadonlyMap<string, Read> = new Map()
  let known: Said & {
    readonly strategies: ReadonlyMap<StrategyId, Strategy>
    /** The ids of the files' strategies. */
    readonly ids: ReadonlyMap<string, StrategyId>
  } = {
    strategies: new Map(),
    ids: new Map(),
    definitions: new Map(),
    problems: new Map()
  }
  /** The files that the last look found, by their marks. */
  let found: ReadonlyMap<string, string> = new Map()
  /** The names of all strategy files of the directory at the last look. */
  let namesThere: ReadonlyArray<string> = []
  /** When the database was told of all files last; undefined until it was. */
  let saved: number | undefined
  /** How long the last look at the files took, without what the database took. */
  let looked = Duration.zero

  const nameOf = (source: string) => nameOfFile(paths.basename(source))

  const readNow = Effect.fnUntraced(function* (source: string, mark: string) {
    const text = yield* Effect.result(readStrategyText(source))
    const now: Read = {
      mark: Result.isSuccess(text) ? mark : undefined,
      said: Result.flatMap(text, (some) => decodeStrategyFile(source, some))
    }
    return now
  })

  const marks = Effect.gen(function* () {
    const all = new Map<string, string>()
    const { files, names } = yield* filesAt(place)
    namesThere = names
    for (const source of files) {
      const stat = yield* Effect.option(fs.stat(source))
      // One that went away since it was listed is not there; one that may not be looked at is read, and says so.
      const mark = Option.match(stat, {
        onNone: () => "",
        onSome: ({ ino, mtime, size }) =>
          `${Option.getOrUndefined(mtime)?.getTime()} ${size} ${Option.getOrUndefined(ino)}`
      })
      all.set(source, mark)
    }
    return all
  })

  /** The strategy of each file, and what is wrong with the others. */
  const divide = (read: ReadonlyMap<string, Read>): Said => {
    const definitions = new Map<string, StrategyDefinition>()
    const problems = new Map<string, string>()
    const first = new Map<string, string>()
    for (const [source, { said }] of [...read].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const name = nameOf(source)
      const other = first.get(name)
      first.set(name, other ?? paths.basename(source))
      if (Result.isFailure(said)) problems.set(source, said.failure.message)
      else if (other !== undefined) problems.set(source, sameName(source, other).message)
      else definitions.set(source, said.success)
    }
    return { definitions, problems }
  }

  const tell = (message: string, source: string, fields: object = {}) =>
    Effect.annotateLogs(Effect.logInfo(message), { file: source, ...fields })

  /** A line for each file that says something else than before, and for each new problem. */
  const report = Effect.fnUntraced(function* (
    { definitions, problems }: Said,
    formerNames: ReadonlyMap<string, string>
  ) {
    for (const [source, message] of problems) {
      if (known.problems.get(source) === message) continue
      yield* Effect.annotateLogs(Effect.logWarning("a strategy is left out"), { strategy: source, reason: message })
    }
    for (const [source, was] of formerNames) yield* tell("a strategy file was renamed", source, { was })
    if (saved === undefined) return
    for (const [source, definition] of definitions) {
      const before = known.definitions.get(source)
      const fields = { strategy: definition.name }
      if (before !== undefined) {
        if (!Equal.equals(before, definition)) yield* tell("a strategy file was edited", source, fields)
      } else if (known.problems.has(source)) {
        yield* tell("a strategy file was mended", source, fields)
      } else if (!formerNames.has(source)) {
        yield* tell("a strategy file was added", source, fields)
      }
    }
    const renamed = new Set(formerNames.values())
    for (const source of [...known.definitions.keys(), ...known.problems.keys()]) {
      if (definitions.has(source) || problems.has(source) || renamed.has(nameOf(source))) continue
      yield* tell("a strategy file was deleted", source)
    }
  })

  /** Makes what was read known to the database, all of it or what it does not know yet, and watches it. */
  const apply = Effect.fnUntraced(function* (next: ReadonlyMap<string, Read>, isAll: boolean) {
    const { definitions, problems } = divide(next)
    const untold = [...definitions].filter(
      ([source, definition]) => isAll || !Equal.equals(known.definitions.get(source), definition)
    )
    const files = untold.map(([source, definition]) => {
      const id = strategyFileId(paths.basename(source))
      return { file: nameOf(source), id, definition, isSample: samples.has(id) }
    })
    // What was read and is just being replaced is there still.
    const names = [...new Set([...next.keys()].map(nameOf).concat(namesThere))]
    const there = { directory: paths.resolve(place.directory), names }
    const told = yield* isDryRun ? store.matchFiles(files, there) : store.saveFiles(files, there)
    const byName = new Map(told.map((each) => [each.file, each]))
    const strategies = new Map<StrategyId, Strategy>()
    const ids = new Map<string, StrategyId>()
    const formerNames = new Map<string, string>()
    for (const [source, definition] of definitions) {
      const { id = known.ids.get(source) ?? strategyFileId(paths.basename(source)), was } =
        byName.get(nameOf(source)) ?? {}
      strategies.set(id, { ...definition, id })
      ids.set(source, id)
      if (was !== undefined) formerNames.set(source, was)
    }
    yield* report({ definitions, problems }, formerNames)
    set.change({
      added: [...strategies.values()].filter((each) => !Equal.equals(known.strategies.get(each.id), each)),
      removed: [...known.strategies.keys()].filter((id) => !strategies.has(id)),
      leftOut: problems.size
    })
    known = { strategies, ids, definitions, problems }
    applied = next
    if (isAll) saved = yield* steadyMillis
  })

  /** What the files say now, and whether any says something else. */
  const lookAtFiles = Effect.gen(function* () {
    const before = found
    found = yield* marks
    const next = new Map<string, Read>()
    let isSame = true
    for (const [source, mark] of found) {
      const read = applied.get(source)
      if (read?.mark === mark) next.set(source, read)
      else if (before.get(source) === mark) {
        const now = yield* readNow(source, mark)
        next.set(source, now)
        if (read === undefined || read.mark !== undefined || problemOf(read) !== problemOf(now)) isSame = false
      } else if (read !== undefined) next.set(source, read)
    }
    for (const [source, read] of applied) {
      if (found.has(source)) continue
      // What is there no more at one look may be about to be replaced.
      if (before.has(source)) next.set(source, read)
      else isSame = false
    }
    return { next, isSame }
  })

  const look = Effect.gen(function* () {
    const [took, { isSame, next }] = yield* Effect.timed(lookAtFiles)
    looked = took
    const isDue = (yield* steadyMillis) - (saved ?? 0) >= Duration.toMillis(saveAgainEvery)
    if (!isSame || isDue) yield* apply(next, isDue)
  }).pipe(Effect.matchEffect({ onSuccess: () => outage.over, onFailure: ({ message }) => outage.met(message) }))

  found = yield* marks
  if (found.size === 0) return yield* noStrategyFile(directory)
  const first = new Map<string, Read>()
  for (const [source, mark] of found) first.set(source, yield* readNow(source, mark))
  yield* apply(first, true)
  const restAndLook = Effect.gen(function* () {
    yield* Effect.sleep(Duration.max(lookAtFilesEvery, Duration.times(looked, restAfterLook)))
    yield* look
  })
  return { watched: set.now, look, follow: Effect.forever(restAndLook) }
})
