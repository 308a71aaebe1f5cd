import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Many tests wait for processes and servers of their own, and leave the cores idle meanwhile.
    maxWorkers: 3,
    // Modules are loaded once a worker, not once a file: no test leaves anything behind in them.
    isolate: false
  }
})
