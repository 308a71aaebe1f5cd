/** The commands on files, of recorded matches and of strategies, each with its flags. */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Extensions, Platform, StartError } from "../Integration.ts"
import * as flags from "./flags.ts"
import { invocation, load } from "./load.ts"

/** Whether a program brings a feed, which may be replayed. */
const hasFeed = ({ feed, integrations = [] }: Extensions): boolean =>
  feed !== undefined || integrations.some(({ brings }) => brings.includes("feed"))

export const replay = (extensions: Extensions) =>
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

export const backtest = Command.make(
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
  (options): Effect.Effect<void, StartError, Platform> =>
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

export const explain = Command.make(
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
  (options): Effect.Effect<void, StartError, Platform> =>
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

const files = {
  place: Argument.String("DIR").pipe(
    Argument.withDescription("A directory of strategy files (.yaml, .yml or .json), or one such file")
  ),
  json: flags.json
}

export const strategies = Command.make("strategies").pipe(
  Command.withDescription("Check strategy files, or show them in their normal form"),
  Command.withSubcommands([
    Command.make(
      "check",
      files,
      (options): Effect.Effect<void, StartError, Platform> =>
        Effect.flatMap(
          load(() => import("./strategies.ts")),
          ({ check }) => check(options)
        )
    ).pipe(Command.withDescription("Check strategy files: every fault with its line; exit code 1 if there is any")),
    Command.make(
      "show",
      files,
      (options): Effect.Effect<void, StartError, Platform> =>
        Effect.flatMap(
          load(() => import("./strategies.ts")),
          ({ show }) => show(options)
        )
    ).pipe(Command.withDescription("Print strategies in their normal form: conditions in the written language"))
  ])
)
