/** Checks of what a process begins with: its Node.js and its settings. */
import { Effect } from "effect"
import { isAtLeast, neededNode } from "../nodeVersion.ts"
import { check, failed, ok } from "./Check.ts"

/** Whether this version of Node.js is one that `engines` of package.json takes. */
export const checkNode = (version: string) =>
  check(
    "node",
    Effect.sync(() => {
      const needed = neededNode()
      return isAtLeast(version, needed)
        ? ok(`Node.js ${version}`)
        : failed(`Node.js ${version} is too old`, `Install Node.js ${needed} or later.`)
    })
  )

/** A check for each setting that is wrong, or one for all when none is. */
export const checkSettings = (problems: ReadonlyArray<string>, settings: number) =>
  problems.length === 0
    ? [check("settings", Effect.succeed(ok(`all ${settings} can be used`)))]
    : problems.map((problem) => check("settings", Effect.succeed(failed(problem))))
