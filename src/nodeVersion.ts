/** Which versions of Node.js run Touchline. Imports next to nothing, so that any of them can be told. */
import { readFileSync } from "node:fs"
import { packageFile } from "./packageFile.ts"

const numbers = (version: string): ReadonlyArray<number> => [...version.matchAll(/\d+/g)].slice(0, 3).map(Number)

/** Whether a version such as `7.0.15` is at least another. */
export const isAtLeast = (version: string, least: string): boolean => {
  const [own, other] = [numbers(version), numbers(least)]
  const difference = [0, 1, 2].map((part) => (own[part] ?? 0) - (other[part] ?? 0)).find((each) => each !== 0)
  return (difference ?? 0) >= 0
}

/** A text of our package.json by the names that lead to it. */
const fromPackage = (...names: ReadonlyArray<string>): string => {
  let value: unknown = JSON.parse(readFileSync(packageFile("package.json"), "utf8"))
  for (const name of names) {
    value =
      typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : value
  }
  return String(value)
}

/** The version of Touchline, such as `0.1.0`. */
export const ownVersion = (): string => fromPackage("version")

/** The oldest version of Node.js that `engines` of package.json takes, such as `22.19.0`. */
export const neededNode = (): string => fromPackage("engines", "node").replace(">=", "")

/**
 * Ends the process with code 1 if this Node.js is older than that, and says so on stderr. It does not wait for what is
 * open to close: a process manager keeps a connection to its processes open, and would show this one as running for ever.
 */
export const refuseOldNode = (): void => {
  const { node } = process.versions
  if (isAtLeast(node, neededNode())) return
  console.error(`touchline: needs Node.js ${neededNode()} or later; this is ${node}`)
  process.exit(1)
}
