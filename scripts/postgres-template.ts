/**
 * Prepares what every new embedded database starts from, so that a first start does not wait seconds for PostgreSQL to
 * set itself up: a PGlite data directory with nothing but BullMQ's tables, as a tar archive. Runs after `npm install`,
 * because the archive belongs to the installed versions of both.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { PGlite } from "@electric-sql/pglite"
import { templateUrl } from "../src/database/embedded/BreakablePglite.ts"
import { migrateQueues } from "../src/queue/EmbeddedQueue.ts"

const empty = await PGlite.create()
await empty.transaction(migrateQueues)
const archive = await empty.dumpDataDir("gzip")
await empty.close()
await mkdir(new URL(".", templateUrl), { recursive: true })
await writeFile(templateUrl, new Uint8Array(await archive.arrayBuffer()))
