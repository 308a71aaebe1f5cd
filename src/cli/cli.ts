/**
 * The command line: all commands, each with its flags. What a command does stands in a file of its own, which is loaded when
 * it runs, so that the command line starts at once.
 */

import { CliOutput, Command } from "effect/cli"
import * as Effect from "effect/Effect"
import type { Extensions, Only, Platform, StartError } from "../Integration.ts"
import { ownVersion } from "../nodeVersion.ts"
import { backtest, explain, replay, strategies } from "./fileCommands.ts"
import { layerPresenter } from "./presenter.ts"
import { alerts, doctor, matches, performance, queues, record, scan, start, status } from "./serviceCommands.ts"

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
