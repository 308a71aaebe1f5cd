/** The program as `scripts/program.ts` builds it: in few files, which Node loads in half the time of the sources' hundreds. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The directory of the built program, beside that of the sources. */
export const programDirectory = "program/"

/** The file in it that says what it was built of; written last, so that half a program has none. */
export const builtOfFile = "built-of.txt"

/** A file as it is now; a link that leads nowhere, such as an editor leaves beside what is edited, is none. */
const stateOf = (name: string, directory: string): string => {
  const stat = statSync(directory + name, { throwIfNoEntry: false })
  return `${name} ${stat?.isFile() === true ? `${stat.size} ${stat.mtimeMs}` : "-"}`
}

/**
 * What the program of the package at `root` is built of, as it is now: its sources, package.json, and what npm installed last,
 * a line each. Times are compared for being the same, since a file that was copied or unpacked here may be new and bear an
 * old one. Undefined where there are no sources.
 */
export const builtOf = (root: URL): string | undefined => {
  const directory = fileURLToPath(root)
  const sources = `${directory}src/`
  if (!existsSync(sources)) return undefined
  const names = readdirSync(sources, { recursive: true, encoding: "utf8" }).map((name) => `src/${name}`)
  return [...names.sort(), "package.json", "node_modules/.package-lock.json"]
    .map((name) => stateOf(name, directory))
    .join("\n")
}

/**
 * The built program of the package at `root`, unless there is none, or it was built of anything else than is there now: what is
 * edited is what runs. Where there are no sources, as in a package or a container, there is nothing to edit.
 */
export const builtProgram = (root: URL): URL | undefined => {
  const directory = new URL(programDirectory, root)
  const program = new URL("program.js", directory)
  if (!existsSync(program)) return undefined
  const now = builtOf(root)
  if (now === undefined) return program
  const told = new URL(builtOfFile, directory)
  return existsSync(told) && readFileSync(told, "utf8") === now ? program : undefined
}
