/** Who may read the files of the embedded database. PGlite leaves them to everybody. */
import { chmod, readdir, stat } from "node:fs/promises"
import { join } from "node:path"

const others = 0o077

/**
 * Makes a directory and all that is in it its owner's alone: directories 0700, files 0600. One that is so already was made so
 * before, and is not looked through again.
 */
export const ownerOnly = async (directory: string): Promise<void> => {
  if (((await stat(directory)).mode & others) === 0) return
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o700)
    else if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o600)
  }
  await chmod(directory, 0o700)
}
