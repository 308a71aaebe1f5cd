/** The commands around the service, its feed and its data, each with its flags. */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Extend, Platform, StartError } from "../Integration.ts"
import * as flags from "./flags.ts"
import { invocation, load } from "./load.ts"

const simulation = { matches: flags.matches, seed: flags.seed, speed: flags.speed(20) }

export const start = (extend: Extend) =>
  Command.make("start", { simulation, strategies: flags.strategies }, (options) =>
    Effect.flatMap(
      load(() => import("../serve.ts")),
      ({ start }) => start(extend, invocation(options))
    )
  ).pipe(
    Command.withDescription("Watch live matches, fire strategies and send alerts, until stopped"),
    Command.withExamples([
      { command: "touchline start", description: "Run with the settings of the environment and .env" },
      { command: "touchline start --matches 40 --speed 60", description: "Forty simulated matches, a minute a second" }
    ])
  )

export const scan = (extend: Extend) =>
  Command.make(
    "scan",
    {
      dryRun: Flag.Boolean("dry-run").pipe(
        Flag.withDefault(false),
        Flag.withDescription("Create and send nothing; print what would fire, and why")
      ),
      json: flags.json,
      simulation,
      strategies: flags.strategies
    },
    (options) =>
      Effect.flatMap(
        load(() => import("./scan.ts")),
        ({ scan }) => scan(extend, invocation(options))
      )
  ).pipe(
    Command.withDescription("Run exactly one scan, send its alerts, and exit"),
    Command.withExamples([{ command: "touchline scan --dry-run", description: "Show what would fire now, and why" }])
  )

export const matches = (extend: Extend) =>
  Command.make(
    "matches",
    {
      json: flags.json,
      simulation,
      watch: Flag.Boolean("watch").pipe(
        Flag.withDefault(false),
        Flag.withDescription("Show them again every POLL_INTERVAL, until stopped")
      )
    },
    (options) =>
      Effect.flatMap(
        load(() => import("./matches.ts")),
        ({ matches }) => matches(extend, options)
      )
  ).pipe(
    Command.withDescription(
      "Show the matches of the feed now, with the figures that it gives and lacks; beside a service, its last poll"
    ),
    Command.withExamples([
      { command: "touchline matches --watch", description: "Beside a running service: asks nobody, spends nothing" }
    ])
  )

export const record = (extend: Extend) =>
  Command.make(
    "record",
    {
      directory: Argument.String("DIR").pipe(Argument.withDescription("Where the files go, one a day")),
      days: Flag.Int("days").pipe(
        Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 3650 })))),
        Flag.withDefault(30),
        Flag.withDescription("How many days files are kept")
      ),
      simulation
    },
    (options) =>
      Effect.flatMap(
        load(() => import("./record.ts")),
        ({ record }) => record(extend, options)
      )
  ).pipe(
    Command.withDescription(
      "Record what the feed shows, poll by poll, for replay, backtest and explain, until stopped"
    ),
    Command.withExamples([
      {
        command: "touchline record evenings/",
        description: "A running service's polls, or by itself; RECORD=evenings/ does so within a service"
      }
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
            load(() => import("./alerts.ts")),
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
            load(() => import("./alerts.ts")),
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
    (options): Effect.Effect<void, StartError, Platform> =>
      Effect.flatMap(
        load(() => import("./performance.ts")),
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

export const queues = (extend: Extend) =>
  Command.make("queues", { json: flags.json }, (options) =>
    Effect.flatMap(
      load(() => import("./queues.ts")),
      ({ queues }) => queues(extend, options)
    )
  ).pipe(Command.withDescription("Show how many jobs each queue has in each state, and how many end a minute"))

export const status = (extend: Extend) =>
  Command.make(
    "status",
    {
      json: flags.json,
      watch: Flag.Boolean("watch").pipe(
        Flag.withDefault(false),
        Flag.withDescription("Show it again every 2 seconds, until stopped")
      )
    },
    (options) =>
      Effect.flatMap(
        load(() => import("./status.ts")),
        ({ status }) => status(extend, options)
      )
  ).pipe(
    Command.withDescription("Show how the running service does: health, last scans, latest alerts and failed ones"),
    Command.withExamples([{ command: "touchline status --watch", description: "Keep an eye on it from a terminal" }])
  )

export const doctor = (extend: Extend) =>
  Command.make(
    "doctor",
    { json: flags.json },
    (options): Effect.Effect<void, StartError, Platform> =>
      Effect.flatMap(
        load(() => import("./doctor.ts")),
        ({ doctor }) => doctor(extend, options)
      )
  ).pipe(
    Command.withDescription("Check what the configuration asks for, and say what to do where something is wrong"),
    Command.withExamples([
      { command: "touchline doctor", description: "One line a check; exit code 1 if something needed does not work" }
    ])
  )
