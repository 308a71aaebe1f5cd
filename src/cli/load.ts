import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** The module of a command, which is loaded when it runs, so that the command line starts at once. */
export const load = <Module>(module: () => Promise<Module>): Effect.Effect<Module> => Effect.promise(module)

/** Flags as layers want them. */
export const invocation = <Rest extends { readonly strategies: Option.Option<string> }>({
  strategies,
  ...rest
}: Rest) => ({
  ...rest,
  ...(Option.isSome(strategies) ? { strategyDirectory: strategies.value } : {})
})
