/**
 * Which strategies may be changed on the pages, and how: the operator's own rows of the database and, where STRATEGY_EDIT=files
 * says so, the files of the directory that this process watches. What belongs to an owner is theirs alone. Where a directory is
 * watched a new strategy is a new file of it.
 */
import { Context, Effect, FileSystem, Layer, Option, Path, Result, Schema } from "effect"
import type { DatabaseError } from "../../database/Database.ts"
import type { StrategyDefinition } from "../../domain/Strategy.ts"
import { printStrategy } from "../../rules/files/printStrategy.ts"
import { decodeStrategyFile } from "../../rules/files/StrategyFile.ts"
import type { Diagnostic } from "../../rules/language/Diagnostic.ts"
import { diagnosticsOf } from "../../rules/language/StrategyProblem.ts"
import { decodeStrategyRow, isMadeOfRules } from "../../rules/rows/StrategyRow.ts"
import { Strategies } from "../../strategies/Strategies.ts"
import { filesAt, nameOfFile, placeOf, readStrategyFile } from "../../strategies/StrategyDirectory.ts"
import { writeNewFile } from "./newFile.ts"
import { type KeptRow, markOf, PageStore } from "./PageStore.ts"

/** Whether strategies that are kept in files may be changed here. */
export const EditsFiles = Context.Reference<boolean>("touchline/http/dashboard/EditsFiles", {
  defaultValue: () => false
})

/** A strategy as it is shown and changed. */
export interface Said {
  readonly text: string
  /** What names the text, so that a change of somebody else is not lost. */
  readonly mark: string
  readonly definition: StrategyDefinition | undefined
  readonly problems: ReadonlyArray<Diagnostic>
  /** Whether it can be changed here, or why not. */
  readonly editable: true | string
}

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

/** The text of a row that cannot be read as a strategy: what it holds, as it is. */
const rawText = (content: string): string =>
  Option.match(decodeJson(content), {
    onNone: () => content,
    onSome: (row) =>
      JSON.stringify(isMadeOfRules(row) ? { name: row.name, rules: row.rules } : row.definition, undefined, 2)
  })

const rowOf = (content: string): Option.Option<unknown> => decodeJson(content)

/** Why a text was not saved: somebody has changed the strategy meanwhile, or the reason in words. */
export type Refusal = { readonly changed: true } | { readonly reason: string }

export class Editing extends Context.Service<
  Editing,
  {
    readonly read: (kept: KeptRow) => Effect.Effect<Said>
    /** What the files of these names say that this process could watch and does not: `soon`, it will. */
    readonly filesOf: (names: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, "off" | "soon" | "left out">>
    /** Whether a new strategy can be written here, or why not. */
    readonly addable: true | string
    /** Adds a strategy, and answers with its id. */
    readonly add: (
      text: string,
      definition: StrategyDefinition
    ) => Effect.Effect<Result.Result<string, Refusal>, DatabaseError>
    /** Saves a text that reads as this definition. */
    readonly save: (
      kept: KeptRow,
      mark: string,
      text: string,
      definition: StrategyDefinition
    ) => Effect.Effect<Result.Result<void, Refusal>, DatabaseError>
  }
>()("touchline/http/dashboard/Editing") {
  static readonly layer = Layer.effect(
    Editing,
    Effect.gen(function* () {
      const store = yield* PageStore
      const fs = yield* FileSystem.FileSystem
      const paths = yield* Path.Path
      const { directory, name: watchedName, set } = yield* Strategies
      const mayEdit = yield* EditsFiles
      const platform = yield* Effect.context<FileSystem.FileSystem | Path.Path>()

      /** The file of a strategy, if this process watches it, and what it says. */
      const fileOf = Effect.fnUntraced(
        function* (name: string) {
          if (directory === undefined) return Option.none()
          const { files } = yield* filesAt(yield* placeOf(directory))
          const file = files.find((each) => nameOfFile(paths.basename(each)) === name)
          if (file === undefined) return Option.none()
          return Option.some({ file, text: yield* fs.readFileString(file) })
        },
        Effect.orElseSucceed(() => Option.none<{ readonly file: string; readonly text: string }>()),
        Effect.provideContext(platform)
      )

      const readFile = Effect.fnUntraced(function* (name: string, content: string): Effect.fn.Return<Said> {
        const found = yield* fileOf(name)
        if (Option.isNone(found))
          return { ...readRow(content), editable: `It is of the file ${name}, which another instance watches.` }
        const { file, text } = found.value
        const decoded = decodeStrategyFile(paths.basename(file), text)
        return {
          text,
          mark: markOf(text),
          definition: Result.getOrUndefined(decoded),
          problems: Result.match(decoded, { onSuccess: () => [], onFailure: diagnosticsOf }),
          editable: mayEdit ? true : `Change it in its file, ${file}; with STRATEGY_EDIT=files it can be changed here.`
        }
      })

      const readRow = (content: string): Omit<Said, "editable"> => {
        const decoded = decodeStrategyRow(Option.getOrUndefined(rowOf(content)))
        const mark = markOf(content)
        return Result.match(decoded, {
          onSuccess: (definition) => ({ text: printStrategy(definition), mark, definition, problems: [] }),
          onFailure: (problem) => ({
            text: rawText(content),
            mark,
            definition: undefined,
            problems: diagnosticsOf(problem)
          })
        })
      }

      const read = Effect.fnUntraced(function* ({ content, file, owner }: KeptRow): Effect.fn.Return<Said> {
        if (content === undefined) {
          return {
            text: "",
            mark: "",
            definition: undefined,
            problems: [],
            editable: "It was deleted; its alerts and its record are kept."
          }
        }
        if (typeof owner === "string")
          return { ...readRow(content), editable: "It belongs to its owner, who alone can change it." }
        if (typeof file === "string") return yield* readFile(file, content)
        return { ...readRow(content), editable: true }
      })

      const filesOf = Effect.fnUntraced(
        function* (names: ReadonlyArray<string>) {
          const said = new Map<string, "off" | "soon" | "left out">()
          if (directory === undefined) return said
          const asked = new Set(names)
          for (const file of (yield* filesAt(yield* placeOf(directory))).files) {
            const name = nameOfFile(paths.basename(file))
            if (!asked.has(name) || said.has(name)) continue
            const read = yield* readStrategyFile(file)
            said.set(name, Result.isFailure(read) ? "left out" : read.success.active ? "soon" : "off")
          }
          return said
        },
        Effect.orElseSucceed(() => new Map<string, "off" | "soon" | "left out">()),
        Effect.provideContext(platform)
      )

      /** Whether the service watches a file alone, which a new one beside it would not change. */
      const isOneFile =
        directory !== undefined &&
        (yield* Effect.orElseSucceed(placeOf(directory), () => ({ only: undefined }))).only !== undefined
      const addable =
        set === undefined
          ? true
          : directory === undefined || isOneFile
            ? `The strategies of this service are those ${watchedName}: a new one would not be watched.`
            : mayEdit
              ? true
              : `This service watches the files of ${directory}: put a new strategy there as a file. With STRATEGY_EDIT=files it can be written here.`

      const notWritten = ({ message }: { readonly message: string }) =>
        Effect.succeed(Result.fail({ reason: `Its file cannot be written: ${message}` }))

      return Editing.of({
        read,
        filesOf,
        addable,
        add: Effect.fn("Editing.add")(
          function* (text, definition) {
            if (addable !== true) return Result.fail({ reason: addable })
            const isTaken = (id: string) => Effect.map(store.strategy(id), Option.isSome)
            const added =
              directory === undefined
                ? Option.getOrUndefined(yield* store.add(definition))
                : yield* writeNewFile(directory, { name: definition.name, text }, isTaken).pipe(
                    Effect.provideContext(platform)
                  )
            return added === undefined
              ? Result.fail({ reason: "It was not taken: give it another name." })
              : Result.succeed(added)
          },
          Effect.catchTag("PlatformError", notWritten)
        ),
        save: Effect.fn("Editing.save")(
          function* (kept, mark, text, definition) {
            const { editable, mark: present } = yield* read(kept)
            if (editable !== true) return Result.fail({ reason: editable })
            if (typeof kept.file !== "string") {
              return (yield* store.edit(kept.id, mark, definition))
                ? Result.void
                : Result.fail({ changed: true as const })
            }
            const found = yield* fileOf(kept.file)
            if (Option.isNone(found) || present !== mark) return Result.fail({ changed: true as const })
            const draft = `${found.value.file}.draft`
            yield* Effect.andThen(fs.writeFileString(draft, text), fs.rename(draft, found.value.file))
            return Result.void
          },
          Effect.catchTag("PlatformError", notWritten)
        )
      })
    })
  )
}
