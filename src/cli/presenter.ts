import * as Console from "effect/Console"
import { CliOutput } from "effect/cli"
import * as Effect from "effect/Effect"

/** An invocation that cannot be understood is told on stderr, and how to get help; stdout is for results alone. */
export const layerPresenter = CliOutput.layerPresenter({
  present: Effect.fnUntraced(function* (event) {
    const formatter = CliOutput.defaultFormatter({ colors: process.stderr.isTTY })
    // Help that nobody asked for: a command that needs another one after it.
    if (event._tag === "Help" && event.reason === "Implicit") {
      return yield* Console.error(formatter.formatHelpDoc(event.helpDoc))
    }
    if (event._tag !== "InvalidInvocation") return yield* CliOutput.defaultPresenter.present(event)
    yield* Console.error(`${formatter.formatErrors(event.errors).trim()}\n\n${event.commandPath.join(" ")} --help`)
  })
})
