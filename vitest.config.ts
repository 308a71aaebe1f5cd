import { existsSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { defineConfig } from "vitest/config"

/** The file system in the machine's memory, if there is one with room for every database that the tests make. */
const inMemory = ["/dev/shm"].find((path) => {
  if (!existsSync(path)) return false
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize > 2 ** 32
})

/** Files whose tests take seconds each: they start the service as a process, play whole evenings, or try thousands of inputs. */
const slow = "test/**/*.slow.test.ts"

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "quick", include: ["test/**/*.test.ts"], exclude: [slow] } },
      { extends: true, test: { name: "slow", include: [slow] } }
    ],
    // For a machine that is busy elsewhere. What a test waits for gives up by itself, and says what it was.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Many tests wait for processes and servers of their own, and leave the cores idle meanwhile.
    maxWorkers: 3,
    // Modules are loaded once a worker, not once a file: no test leaves anything behind in them.
    isolate: false,
    // What is temporary is on no disk where that can be: no test asks whether a disk keeps what it is given.
    env: { TMPDIR: inMemory ?? tmpdir() }
  }
})
