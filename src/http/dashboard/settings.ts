/** What pages may change, and what they check it against. */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { choice, optional, setting, settingsOf } from "../../Config.ts"

export interface PageConfig {
  /** Whether pages change strategies of the directory that is watched, in their files. */
  readonly editsFiles: boolean
  /** Where recorded matches are that strategies are checked against, where that is not where polls are recorded. */
  readonly recordings: Option.Option<string>
}

const settings = {
  strategyEdit: setting({
    name: "STRATEGY_EDIT",
    takes: "rows or files",
    default: "rows",
    meaning:
      "What pages may change: `rows` the strategies of the database that have no owner, `files` also those in the directory of `--strategies`.",
    schema: choice(["rows", "files"])
  }),
  recordings: optional({
    name: "RECORDINGS",
    takes: "a directory",
    meaning: "Recorded matches that pages check a strategy against before it is saved. Without it: those of RECORD.",
    schema: Schema.NonEmptyString
  })
}

/** The settings of the pages. */
export const pageSettings = settingsOf(
  settings,
  Effect.gen(function* () {
    const config: PageConfig = {
      editsFiles: (yield* settings.strategyEdit.read) === "files",
      recordings: yield* settings.recordings.read
    }
    return config
  })
)
