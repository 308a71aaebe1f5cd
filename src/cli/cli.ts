/**
 * The command line: every command with its flags. What a command does stands in a file of its own, which is loaded when
 * it runs, so that the command line starts at once.
 */

import { Argument, CliOutput, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Extend, Extensions, Only, Platform, StartError } from "../Integration.ts"
import { ownVersion } from "../nodeVersion.ts"
import * as flags from "./flags.ts"
import { layerPresenter } from "./presenter.ts"

const load = <Module>(module: () => Promise<Module>): Effect.Effect<Module> => Effect.promise(module)

/** Flags as layers want them. */
const invocation = <Rest extends { readonly strategies: Option.Option<string> }>({ strategies, ...rest }: Rest) => ({
  ...rest,
  ...(Option.isSome(strategies) ? { strategyDirectory: strategies.value } : {})
})

const simulation = { matches: flags.matches, seed: flags.seed, speed: flags.speed(20) }

const start = (extend: Extend) =>
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

const scan = (extend: Extend) =>
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

/** Whether a program brings a feed, which may be replayed. */
const hasFeed = ({ feed, integrations = [] }: Extensions): boolean =>
  feed !== undefined || integrations.some(({ brings }) => brings.includes("feed"))

const replay = (extensions: Extensions) =>
  Command.make(
    "replay",
    {
      directories: Argument.String("DIR").pipe(
        Argument.variadic({ min: hasFeed(extensions) ? 0 : 1 }),
        Argument.withDescription("Directories of recorded polls, or of match files in the Wyscout event format")
      ),
      speed: flags.speed(600),
      strategies: flags.strategies,
      dataDir: Flag.String("data-dir").pipe(
        Flag.withMetavar("DIR"),
        Flag.optional,
        Flag.withDescription("Keep the data of the run here; without it everything is in memory and gone afterwards")
      ),
      json: flags.json
    },
    (options) =>
      Effect.flatMap(
        load(() => import("./replay.ts")),
        ({ replay }) => replay(() => extensions, invocation(options))
      )
  ).pipe(
    Command.withDescription("Run recorded matches through the whole pipeline, then exit"),
    Command.withExamples([
      { command: "touchline replay matches/ --speed 1200", description: "Play every match of a directory, fast" }
    ])
  )

const backtest = Command.make(
  "backtest",
  {
    directories: Argument.String("DIR").pipe(
      Argument.variadic({ min: 1 }),
      Argument.withDescription("Directories of recorded polls, or of match files in the Wyscout event format")
    ),
    strategies: Flag.String("strategies").pipe(
      Flag.withMetavar("DIR"),
      Flag.optional,
      Flag.withDescription("The directory of strategy files to test, or one such file (default: the sample strategies)")
    ),
    csv: Flag.String("csv").pipe(
      Flag.withMetavar("FILE"),
      Flag.optional,
      Flag.withDescription("Write every trigger to this file, one row each")
    ),
    cache: Flag.Boolean("cache").pipe(
      Flag.withDefault(true),
      Flag.withDescription(
        "Keep decoded matches in DATA_DIR/cache for the next run; --no-cache: neither read nor write"
      )
    ),
    threads: Flag.Int("threads").pipe(
      Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 64 })))),
      Flag.optional,
      Flag.withDescription("How many threads to use (default: one for each core)")
    ),
    json: flags.json
  },
  (options) =>
    Effect.flatMap(
      load(() => import("./backtest.ts")),
      ({ backtest }) => backtest(options)
    )
).pipe(
  Command.withDescription("Test strategies on recorded matches: how often they would have fired, and been right"),
  Command.withExamples([
    {
      command: "touchline backtest matches/ --strategies my-strategies/",
      description: "Test every strategy of a directory on every match of another"
    },
    { command: "touchline backtest matches/ --csv triggers.csv", description: "Also write every trigger to a file" }
  ])
)

const explain = Command.make(
  "explain",
  {
    strategy: Flag.String("strategy").pipe(Flag.withMetavar("FILE"), Flag.withDescription("The strategy file")),
    match: Flag.String("match").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "The file of one match in the Wyscout event format, or the id of a match in a directory of recorded polls: DIR/ID"
      )
    ),
    minute: Flag.String("minute").pipe(
      Flag.optional,
      Flag.withDescription("The minute to explain, such as 67 or 90+4 (default: when it fires, or comes closest)")
    ),
    json: flags.json
  },
  (options) =>
    Effect.flatMap(
      load(() => import("./explain.ts")),
      ({ explain }) => explain(options)
    )
).pipe(
  Command.withDescription("Explain why a strategy fires on a recorded match, or what keeps it from firing"),
  Command.withExamples([
    {
      command: "touchline explain --strategy late.yaml --match matches/2057954.json.gz --minute 80",
      description: "Each condition with its values at minute 80, and how far it was from holding"
    }
  ])
)

const matches = (extend: Extend) =>
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

const record = (extend: Extend) =>
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

const files = {
  place: Argument.String("DIR").pipe(
    Argument.withDescription("A directory of strategy files (.yaml, .yml or .json), or one such file")
  ),
  json: flags.json
}

const strategies = Command.make("strategies").pipe(
  Command.withDescription("Check strategy files, or show them in their normal form"),
  Command.withSubcommands([
    Command.make("check", files, (options) =>
      Effect.flatMap(
        load(() => import("./strategies.ts")),
        ({ check }) => check(options)
      )
    ).pipe(Command.withDescription("Check strategy files: every fault with its line; exit code 1 if there is any")),
    Command.make("show", files, (options) =>
      Effect.flatMap(
        load(() => import("./strategies.ts")),
        ({ show }) => show(options)
      )
    ).pipe(Command.withDescription("Print strategies in their normal form: conditions in the written language"))
  ])
)

const alerts = (extend: Extend) =>
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

const performance = (extend: Extend) =>
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

const queues = (extend: Extend) =>
  Command.make("queues", { json: flags.json }, (options) =>
    Effect.flatMap(
      load(() => import("./queues.ts")),
      ({ queues }) => queues(extend, options)
    )
  ).pipe(Command.withDescription("Show how many jobs each queue has in each state, and how many end a minute"))

const status = (extend: Extend) =>
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

const doctor = (extend: Extend) =>
  Command.make("doctor", { json: flags.json }, (options) =>
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

/** All commands, around what a program brings. */
const touchline = (extensions: Extensions) => {
  const extend = () => extensions
  return Command.make("touchline").pipe(
    Command.withDescription("Watches live football matches against every user's strategies, and alerts each user once"),
    Command.withSubcommands([
      start(extend),
      scan(extend),
      replay(extensions),
      backtest,
      explain,
      matches(extend),
      record(extend),
      strategies,
      alerts(extend),
      performance(extend),
      queues(extend),
      status(extend),
      doctor(extend)
    ])
  )
}

/** The help of the command line as it comes with Touchline, for people who read it with colours and without. */
export const helpTexts = Effect.gen(function* () {
  const texts: Array<{ readonly plain: string; readonly coloured: string }> = []
  const collect = CliOutput.layerPresenter({
    present: (event) =>
      Effect.sync(() => {
        if (event._tag !== "Help") return
        const text = (colors: boolean) => CliOutput.defaultFormatter({ colors }).formatHelpDoc(event.helpDoc)
        texts.push({ plain: text(false), coloured: text(true) })
      })
  })
  yield* Effect.ignore(
    Command.runWith(touchline({}), { version: ownVersion() })(["--help"]).pipe(Effect.provide(collect))
  )
  return texts
})

/**
 * The whole command line as a program of one's own: `runMain(cli({ feed }))` has every command of `touchline`, around what
 * the program brings. `replay` without a directory plays the program's feed until its matches have ended; one that shows none
 * for a minute has nothing to play, which is an error.
 */
export const cli = <const E extends Extensions>(extensions: Only<E>): Effect.Effect<void, StartError, Platform> =>
  Command.run(touchline(extensions), { version: ownVersion() }).pipe(Effect.provide(layerPresenter))
