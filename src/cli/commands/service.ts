/** The commands that run the service, and those that look after a running one. */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import type { Extend } from "../../Integration.ts"
import * as flags from "../flags.ts"
import { invocation, load } from "../load.ts"

export const start = (extend: Extend) =>
  Command.make("start", { simulation: flags.simulation, strategies: flags.strategies }, (options) =>
    Effect.flatMap(
      load(() => import("../../serve.ts")),
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
      simulation: flags.simulation,
      strategies: flags.strategies
    },
    (options) =>
      Effect.flatMap(
        load(() => import("../scan.ts")),
        ({ scan }) => scan(extend, invocation(options))
      )
  ).pipe(
    Command.withDescription("Run exactly one scan, send its alerts, and exit"),
    Command.withExamples([{ command: "touchline scan --dry-run", description: "Show what would fire now, and why" }])
  )

export const queues = (extend: Extend) =>
  Command.make("queues", { json: flags.json }, (options) =>
    Effect.flatMap(
      load(() => import("../queues.ts")),
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
        load(() => import("../status.ts")),
        ({ status }) => status(extend, options)
      )
  ).pipe(
    Command.withDescription("Show how the running service does: health, last scans, latest alerts and failed ones"),
    Command.withExamples([{ command: "touchline status --watch", description: "Keep an eye on it from a terminal" }])
  )

export const doctor = (extend: Extend) =>
  Command.make("doctor", { json: flags.json }, (options) =>
    Effect.flatMap(
      load(() => import("../doctor.ts")),
      ({ doctor }) => doctor(extend, options)
    )
  ).pipe(
    Command.withDescription("Check what the configuration asks for, and say what to do where something is wrong"),
    Command.withExamples([
      { command: "touchline doctor", description: "One line a check; exit code 1 if something needed does not work" }
    ])
  )
