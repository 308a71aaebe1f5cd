import { existsSync } from "node:fs"
import { Effect, Layer } from "effect"
import { integration } from "../../Integration.ts"
import { layerEmbeddedQueue } from "../../queue/EmbeddedQueue.ts"
import { checkDatabase, openTimeout } from "../checks.ts"
import { Database } from "../Database.ts"
import { layerEmbedded } from "./EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "./EmbeddedPostgres.ts"
import { embeddedSettings } from "./settings.ts"

/** Where data is kept: a directory, or the memory of the process. */
export type DataDir = { readonly directory: string } | "memory"

/**
 * Data and queues in the process, in DATA_DIR or the `place` that goes before it. A dry run makes no directory: where there
 * is none its data is in memory.
 */
export const embedded = (place?: DataDir, isDryRun = false) =>
  integration({
    name: "embedded",
    title: "the database",
    settings: { ...embeddedSettings, read: Effect.asSome(embeddedSettings.read) },
    brings: ["database", "queue"],
    bring: (dataDir) => {
      const { directory } = place === "memory" ? { directory: undefined } : (place ?? { directory: dataDir })
      const isNothing = directory === undefined || (isDryRun && !existsSync(directory))
      const postgres = EmbeddedPostgres.layer(isNothing ? undefined : directory)
      const database = Layer.provide(layerEmbedded, postgres)
      return {
        parts: { database, queue: Layer.provide(layerEmbeddedQueue, postgres) },
        checks: ({ fills, open }) =>
          fills.has("database")
            ? checkDatabase(open(Database, database), { todo: "Check DATA_DIR.", within: openTimeout })
            : []
      }
    }
  })
