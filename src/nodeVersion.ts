/** Which versions of Node.js run Touchline. */
import { readFileSync } from "node:fs"
import { Schema } from "effect"

const decodePackage = Schema.decodeSync(
  Schema.fromJsonString(Schema.Struct({ engines: Schema.Struct({ node: Schema.String }) }))
)

const numbers = (version: string): ReadonlyArray<number> => [...version.matchAll(/\d+/g)].slice(0, 3).map(Number)

/** Whether a version such as `7.0.15` is at least another. */
export const isAtLeast = (version: string, least: string): boolean => {
  const [own, other] = [numbers(version), numbers(least)]
  const difference = [0, 1, 2].map((part) => (own[part] ?? 0) - (other[part] ?? 0)).find((each) => each !== 0)
  return (difference ?? 0) >= 0
}

/** The oldest version of Node.js that `engines` of package.json takes, such as `22.19.0`. */
export const neededNode = (): string =>
  decodePackage(readFileSync(new URL("../package.json", import.meta.url), "utf8")).engines.node.replace(">=", "")
