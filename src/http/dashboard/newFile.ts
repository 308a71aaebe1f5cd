/** A strategy's text as a new file of a directory: under a name of its own, and never over another file. */
import { Effect, FileSystem, Path } from "effect"
import { strategyFileId } from "../../strategies/StrategyDirectory.ts"

/** Characters of a file's name, without what tells it from others. */
const longestName = 60

/** Names that are tried where others have the first ones. */
const mostTries = 1000

/** A strategy's name as that of a file: small letters, digits and dashes, whatever it holds. */
export const fileNameOf = (name: string): string =>
  name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, longestName)
    .replace(/^-+|-+$/g, "") || "strategy"

/**
 * Writes a text as a file of this directory, and answers with the id that its strategy will have. A name that a file there
 * has, with any extension, or whose id `isTaken`, is not used. Fails with PlatformError where the directory cannot be written.
 */
export const writeNewFile = Effect.fnUntraced(function* <E, R>(
  directory: string,
  { name, text }: { readonly name: string; readonly text: string },
  isTaken: (id: string) => Effect.Effect<boolean, E, R>
) {
  const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
  const there = new Set((yield* fs.readDirectory(directory)).map((file) => file.replace(/\..*$/s, "").toLowerCase()))
  const wanted = fileNameOf(name)
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const free = tries === 1 ? wanted : `${wanted}-${tries}`
    const id = strategyFileId(free)
    if (there.has(free) || (yield* isTaken(id))) continue
    yield* fs.writeFileString(paths.join(directory, `${free}.yaml`), text, { flag: "wx" })
    return id
  }
  return undefined
})
