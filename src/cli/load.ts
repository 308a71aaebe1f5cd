/** What the commands' definitions share: how a command's file is loaded, and flags as layers want them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Loads the file of a command when it runs. */
export const load = <Module>(module: () => Promise<Module>): Effect.Effect<Module> => Effect.promise(module)

/** Flags as layers want them. */
export const invocation = <Rest extends { readonly strategies: Option.Option<string> }>({
  strategies,
  ...rest
}: Rest) => ({
  ...rest,
  ...(Option.isSome(strategies) ? { strategyDirectory: strategies.value } : {})
})
