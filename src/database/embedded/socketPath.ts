/** The socket of a data directory, under a name that is short enough. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Effect } from "effect"

/** The socket's name in its directory. */
export const socketName = "touchline.sock"

/** The longest path of a socket, in bytes, on every system: macOS takes 103, Linux 107. */
const longest = 103

/**
 * A path by which the socket of a data directory can be bound or connected to, until the scope closes. Where its own is
 * too long, a link to the directory stands in for it.
 */
export const socketPath = (dataDir: string) => {
  const own = resolve(dataDir, socketName)
  if (Buffer.byteLength(own) <= longest) return Effect.succeed(own)
  return Effect.acquireRelease(
    Effect.sync(() => {
      const directory = mkdtempSync(join(tmpdir(), "touchline-"))
      symlinkSync(resolve(dataDir), join(directory, "d"))
      return directory
    }),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  ).pipe(Effect.map((directory) => join(directory, "d", socketName)))
}
