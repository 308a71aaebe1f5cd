/** The program as `scripts/program.ts` builds it: in few files, which Node loads in half the time of the sources' hundreds. */
import { readdirSync, statSync } from "node:fs"

/** The directory of the built program, beside that of the sources. */
export const programDirectory = "program/"

/** When a file was changed last, in milliseconds since 1970; undefined where there is none. */
const changedAt = (url: URL): number | undefined => statSync(url, { throwIfNoEntry: false })?.mtimeMs

/** When anything in a directory was changed, added or removed last; undefined where there is no such directory. */
const newestIn = (directory: URL): number | undefined => {
  const own = changedAt(directory)
  if (own === undefined) return undefined
  return readdirSync(directory, { recursive: true, withFileTypes: true }).reduce(
    (newest, { name, parentPath }) => Math.max(newest, statSync(`${parentPath}/${name}`).mtimeMs),
    own
  )
}

/**
 * The built program of the package at `root`, unless there is none, or the sources or package.json have been changed since it was
 * built: what is edited is what runs. Where there are no sources, as in a package or a container, there is nothing to edit.
 */
export const builtProgram = (root: URL): URL | undefined => {
  const program = new URL(`${programDirectory}program.js`, root)
  const built = changedAt(program)
  if (built === undefined) return undefined
  const sources = newestIn(new URL("src/", root))
  if (sources === undefined) return program
  return built > Math.max(sources, changedAt(new URL("package.json", root)) ?? 0) ? program : undefined
}
