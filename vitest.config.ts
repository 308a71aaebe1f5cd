import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // For a machine that is busy elsewhere. What a test waits for gives up by itself, and says what it was.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Many tests wait for processes and servers of their own, and leave the cores idle meanwhile.
    maxWorkers: 3,
    // Modules are loaded once a worker, not once a file: no test leaves anything behind in them.
    isolate: false
  }
})
