/**
 * The strategies that the database holds, as rows: whoever follows them decodes those that changed, one by one.
 *
 * A row's fingerprint is a number, written out, that another content would not have. Rows come in pages, in the order of
 * their ids, so that no answer grows with how many there are. The strategies of files are not among them: those are
 * known here for their triggers only.
 */
import { Array as Arr, Context, Effect, Layer, Schema } from "effect"
import { type Strategy, type StrategyDefinition, StrategyId } from "../domain/Strategy.ts"
import { toStrategyFile } from "../rules/files/StrategyFile.ts"
import type { Limits } from "../rules/rows/limits.ts"
import { Database, DatabaseError, decodeRows } from "./Database.ts"

/** How many rows one answer holds at the most. */
export const pageSize = 1000

/** The same for answers without the contents of rows. */
const pageSizeWithoutContents = 5000

/** Files that one call makes known: what it costs grows with the square of how many there are. */
const filesAtOnce = 100

/** More changes than this between two looks are not told one by one. */
export const mostChanges = 2000

const Fingerprinted = Schema.Struct({ id: StrategyId, fingerprint: Schema.String })
/** Which content a watched strategy has. */
export interface Fingerprinted extends Schema.Schema.Type<typeof Fingerprinted> {}

/** JSON that may not be any: then it is a text, which is no row. */
const contentOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // Whoever decodes the row says of such a content that it is none.
    return text
  }
}

const StoredRow = Schema.Struct({ ...Fingerprinted.fields, content: Schema.String })
/** A watched strategy as the database keeps it; `decodeStrategyRow` decodes the content. */
export interface StoredStrategy extends Fingerprinted {
  readonly content: unknown
  /** How many characters its content has as JSON. */
  readonly size: number
}

const stored = ({ content, ...row }: typeof StoredRow.Type): StoredStrategy => ({
  ...row,
  content: contentOf(content),
  size: content.length
})

/** Why a strategy of an owner is not watched; without a reason it is again. */
export interface StrategyReason {
  readonly strategyId: StrategyId
  readonly reason: string | null
}

/** Whether a strategy changed since the last look, or was only asked for, and what it is now: not watched without content. */
const LookedAtRow = Schema.Struct({
  id: StrategyId,
  changed: Schema.Boolean,
  fingerprint: Schema.NullOr(Schema.String),
  content: Schema.NullOr(Schema.String)
})
export interface LookedAt extends Omit<StoredStrategy, "fingerprint"> {
  readonly changed: boolean
  readonly fingerprint: string | null
}

const LookHead = Schema.Struct({ seen: Schema.String, all: Schema.Boolean, any: Schema.optional(Schema.Boolean) })

/** What a look at the changes answers. */
export interface Look {
  /** What to bring to the next look. */
  readonly seen: string
  /** Whether any strategy may have changed: then `strategies` tells nothing, and all are to be compared. */
  readonly all: boolean
  /** Whether the database keeps any strategy, watched or not; told by a first look. */
  readonly any: boolean
  readonly strategies: ReadonlyArray<LookedAt>
}

/** How many strategies are watched, and the sum of their fingerprints. */
export interface Sum {
  readonly count: number
  readonly sum: bigint
}

const PageSum = Schema.Struct({ count: Schema.Int, sum: Schema.String, last: Schema.NullOr(Schema.String) })

/** A strategy of a file: the file's name without its extension, and the id that it has unless another is kept for it. */
export interface FileStrategy {
  readonly file: string
  readonly id: StrategyId
  readonly definition: StrategyDefinition
  /** Whether it is a sample, which the database may also keep as its own. */
  readonly isSample: boolean
}

/** Where the strategies of files lie. */
export interface FilePlace {
  /** The whole path of the directory, as it was named: a link to it is another one. */
  readonly directory: string
  /** The names, without extensions, of all strategy files there, also of those that cannot be read. */
  readonly names: ReadonlyArray<string>
}

const KnownFile = Schema.Struct({
  file: Schema.String,
  id: Schema.NullOr(StrategyId),
  was: Schema.optional(Schema.NullOr(Schema.String))
})

/** The id of a file's strategy, and the name that the file had before if it was renamed. */
export interface KnownFile {
  readonly file: string
  readonly id: StrategyId | undefined
  readonly was: string | undefined
}

export class StrategyStore extends Context.Service<
  StrategyStore,
  {
    /** The watched strategies that follow an id in the order of ids, or the first ones: at most `pageSize`. */
    readonly page: (after: StrategyId | undefined) => Effect.Effect<ReadonlyArray<StoredStrategy>, DatabaseError>
    /** Those of these ids that are watched. */
    readonly byId: (ids: ReadonlyArray<StrategyId>) => Effect.Effect<ReadonlyArray<StoredStrategy>, DatabaseError>
    /**
     * What changed since an earlier look, whoever wrote it, and how those of the ids `again` stand. No change is missed
     * and none told twice, in whatever order transactions end. Without an earlier look: what changed in the last seconds.
     */
    readonly since: (seen: string | undefined, again: ReadonlyArray<StrategyId>) => Effect.Effect<Look, DatabaseError>
    /** For a full comparison: the sum over all that are watched. */
    readonly sum: Effect.Effect<Sum, DatabaseError>
    /** For a full comparison where the sums differ: a page, as `page` answers it, without contents. */
    readonly fingerprints: (after: StrategyId | undefined) => Effect.Effect<ReadonlyArray<Fingerprinted>, DatabaseError>
    /** Forgets changes that every look has seen by now. */
    readonly forgetChanges: Effect.Effect<void, DatabaseError>
    /** Keeps for their owners why strategies are not watched. */
    readonly tell: (reasons: ReadonlyArray<StrategyReason>) => Effect.Effect<void, DatabaseError>
    /** Tells the database what the rows of an owner may cost: it bounds what is written. */
    readonly bound: (limits: Limits) => Effect.Effect<void, DatabaseError>
    /** Adds strategies or brings them up to date, by their id. Never one that has an owner. */
    readonly save: (strategies: ReadonlyArray<Strategy>) => Effect.Effect<void, DatabaseError>
    /** Adds strategies to a database that keeps none, and answers how many were added. */
    readonly addSamples: (strategies: ReadonlyArray<Strategy>) => Effect.Effect<number, DatabaseError>
    /**
     * Which strategy each file of a directory holds: the one that was kept in a file of this name, else one of this
     * directory with the same content whose file is there no more. Changes nothing; one that is not known has no id.
     */
    readonly matchFiles: (
      files: ReadonlyArray<FileStrategy>,
      place: FilePlace
    ) => Effect.Effect<ReadonlyArray<KnownFile>, DatabaseError>
    /** The same, and makes them known for their triggers, each with an id. They are marked, and nobody else watches them. */
    readonly saveFiles: (
      files: ReadonlyArray<FileStrategy>,
      place: FilePlace
    ) => Effect.Effect<ReadonlyArray<KnownFile>, DatabaseError>
  }
>()("touchline/database/StrategyStore") {
  /** On the Database. */
  static readonly layer = Layer.effect(
    StrategyStore,
    Effect.gen(function* () {
      const { call } = yield* Database
      const decodeStoredRows = decodeRows("strategies", StoredRow)
      const decodeStored = (rows: ReadonlyArray<unknown>) =>
        Effect.map(decodeStoredRows(rows), (decoded) => decoded.map(stored))
      const decodeFingerprints = decodeRows("strategies", Fingerprinted)
      const decodeLookedAtRows = decodeRows("strategies", LookedAtRow)
      const decodeFiles = decodeRows("strategies of files", KnownFile)

      const known = (rows: ReadonlyArray<unknown>) =>
        Effect.map(decodeFiles(rows), (files) =>
          files.map(({ file, id, was }): KnownFile => ({ file, id: id ?? undefined, was: was ?? undefined }))
        )

      return StrategyStore.of({
        page: Effect.fn("StrategyStore.page")(function* (after) {
          return yield* decodeStored(yield* call("page_of_strategies", { after: after ?? null, max_rows: pageSize }))
        }),
        byId: Effect.fn("StrategyStore.byId")(function* (ids) {
          return yield* decodeStored(yield* call("strategies_by_id", { ids: ids.map((id) => ({ id })) }))
        }),
        since: Effect.fn("StrategyStore.since")(function* (seen, again) {
          const [first, ...rows] = yield* call("strategies_since", {
            seen: seen ?? null,
            again: again.map((id) => ({ id })),
            max_rows: mostChanges
          })
          const { all, any = true, seen: now } = yield* decoded("strategies_since", LookHead, first)
          const strategies = (yield* decodeLookedAtRows(rows)).map(
            ({ content, ...row }): LookedAt => ({
              ...row,
              content: content === null ? null : contentOf(content),
              size: content?.length ?? 0
            })
          )
          return { seen: now, all, any, strategies }
        }),
        sum: Effect.gen(function* () {
          let [after, count, sum]: [string | null, number, bigint] = [null, 0, 0n]
          do {
            const args = { after, max_rows: pageSizeWithoutContents }
            const page: typeof PageSum.Type = yield* Effect.flatMap(call("sum_of_strategies", args), ([row]) =>
              decoded("sum_of_strategies", PageSum, row)
            )
            after = page.last
            count += page.count
            sum += BigInt(page.sum)
          } while (after !== null)
          return { count, sum }
        }).pipe(Effect.withSpan("StrategyStore.sum")),
        fingerprints: Effect.fn("StrategyStore.fingerprints")(function* (after) {
          const args = { after: after ?? null, max_rows: pageSizeWithoutContents }
          return yield* decodeFingerprints(yield* call("page_of_fingerprints", args))
        }),
        forgetChanges: Effect.asVoid(call("forget_strategy_changes", {})),
        tell: Effect.fn("StrategyStore.tell")(function* (reasons) {
          if (reasons.length === 0) return
          yield* call("note_strategy_reasons", {
            reasons: reasons.map(({ reason, strategyId }) => ({ strategy_id: strategyId, reason }))
          })
        }),
        bound: Effect.fn("StrategyStore.bound")(function* (limits) {
          yield* call("set_owner_limits", { limits })
        }),
        save: Effect.fn("StrategyStore.save")(function* (strategies) {
          yield* call("save_strategies", { definitions: strategies.map(columns) })
        }),
        addSamples: Effect.fn("StrategyStore.addSamples")(function* (strategies) {
          return (yield* call("add_first_strategies", { definitions: strategies.map(columns) })).length
        }),
        matchFiles: Effect.fn("StrategyStore.matchFiles")(function* (files, { directory, names }) {
          const args = { files: files.map(fileColumns), names, directory }
          return yield* known(yield* call("match_directory_files", args))
        }),
        saveFiles: Effect.fn("StrategyStore.saveFiles")(function* (files, { directory, names }) {
          const parts = yield* Effect.forEach(Arr.chunksOf(files, filesAtOnce), (part) =>
            Effect.flatMap(call("save_directory_files", { files: part.map(fileColumns), names, directory }), known)
          )
          return parts.flat()
        })
      })
    })
  )
}

/** The one row that a function answers with. A database that answers otherwise is none of this version. */
const decoded = <A, I>(operation: string, schema: Schema.Codec<A, I>, row: unknown) =>
  Effect.mapError(
    Effect.fromOption(Schema.decodeUnknownOption(schema)(row)),
    () =>
      new DatabaseError({
        operation,
        reason: "refused",
        message: `${operation} answers otherwise than this version knows. Apply supabase/migrations.`
      })
  )

/** The columns of a row of `strategies`. */
const columns = ({ id, owner: _, ...definition }: Strategy) => ({
  id,
  name: definition.name,
  description: definition.description,
  is_active: definition.active,
  definition: toStrategyFile(definition)
})

/** The same for the strategy of a file. */
const fileColumns = ({ definition, file, id, isSample }: FileStrategy) => ({
  file,
  id,
  name: definition.name,
  description: definition.description,
  definition: toStrategyFile(definition),
  is_sample: isSample
})
