/** The commands for strategies, their track records and their alerts. */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import type { Extend } from "../../Integration.ts"
import * as flags from "../flags.ts"
import { load } from "../load.ts"

const files = {
  place: Argument.String("DIR").pipe(
    Argument.withDescription("A directory of strategy files (.yaml, .yml or .json), or one such file")
  ),
  json: flags.json
}

export const strategies = Command.make("strategies").pipe(
  Command.withDescription("Check strategy files, or show them in their normal form"),
  Command.withSubcommands([
    Command.make("check", files, (options) =>
      Effect.flatMap(
        load(() => import("../strategies.ts")),
        ({ check }) => check(options)
      )
    ).pipe(Command.withDescription("Check strategy files: every fault with its line; exit code 1 if there is any")),
    Command.make("show", files, (options) =>
      Effect.flatMap(
        load(() => import("../strategies.ts")),
        ({ show }) => show(options)
      )
    ).pipe(Command.withDescription("Print strategies in their normal form: conditions in the written language"))
  ])
)

export const alerts = (extend: Extend) =>
  Command.make("alerts").pipe(
    Command.withDescription("Look after alerts that failed"),
    Command.withSubcommands([
      Command.make(
        "failed",
        {
          limit: Flag.Int("limit").pipe(
            Flag.withDefault(100),
            Flag.withDescription("How many to list, the latest first")
          ),
          json: flags.json
        },
        (options) =>
          Effect.flatMap(
            load(() => import("../alerts.ts")),
            ({ failed }) => failed(extend, options)
          )
      ).pipe(Command.withDescription("List the alerts that failed for good: attempts and reason")),
      Command.make(
        "retry",
        {
          ids: Argument.String("ID").pipe(
            Argument.variadic(),
            Argument.withDescription("Ids as `alerts failed` lists them")
          ),
          all: Flag.Boolean("all").pipe(Flag.withDefault(false), Flag.withDescription("Every failed alert"))
        },
        (options) =>
          Effect.flatMap(
            load(() => import("../alerts.ts")),
            ({ retry }) => retry(extend, options)
          )
      ).pipe(Command.withDescription("Send failed alerts again"))
    ])
  )

export const performance = (extend: Extend) =>
  Command.make(
    "performance",
    {
      strategy: Flag.String("strategy").pipe(
        Flag.withMetavar("ID"),
        Flag.optional,
        Flag.withDescription("Only the strategy of this id or name")
      ),
      since: Flag.String("since").pipe(
        Flag.withMetavar("DATE"),
        Flag.optional,
        Flag.withDescription("Only triggers from this date or time on, such as 2026-11-01")
      ),
      by: Flag.Literals("by", ["competition"]).pipe(
        Flag.optional,
        Flag.withDescription("A row for each competition of a strategy")
      ),
      recount: Flag.Boolean("recount").pipe(
        Flag.withDefault(false),
        Flag.withDescription("First make the counters of the database what its triggers say")
      ),
      csv: Flag.Boolean("csv").pipe(Flag.withDefault(false), Flag.withDescription("Print a CSV file on stdout")),
      json: flags.json
    },
    (options) =>
      Effect.flatMap(
        load(() => import("../performance.ts")),
        ({ performance }) => performance(extend, options)
      )
  ).pipe(
    Command.withDescription("Show how strategies have done: hits and misses, and how much their rate means"),
    Command.withExamples([
      {
        command: "touchline performance --since 2026-11-01 --by competition",
        description: "This month, by competition"
      }
    ])
  )
