/**
 * Prepares what every new embedded database starts from, so that a first start does not wait seconds for PostgreSQL to
 * set itself up: a PGlite data directory with nothing but BullMQ's tables, as a tar archive. Runs after `npm install`,
 * because the archive belongs to the installed versions of both.
 *
 * Every new database is unpacked from it, so it is kept small: a log in files of 1 MB instead of 16, and no databases to
 * make others from.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { PGlite } from "@electric-sql/pglite"
import { templateUrl } from "../src/database/embedded/BreakablePglite.ts"
import { migrateQueues } from "../src/queue/EmbeddedQueue.ts"

const empty = await PGlite.create({ initDbStartParams: ["--wal-segsize=1"] })
await empty.transaction(migrateQueues)
await empty.exec("update pg_database set datistemplate = false where datname <> current_database()")
for (const name of ["template0", "template1"]) await empty.exec(`drop database ${name}`)
await empty.exec("checkpoint")
const archive = await empty.dumpDataDir("gzip")
await empty.close()
await mkdir(new URL(".", templateUrl), { recursive: true })
await writeFile(templateUrl, new Uint8Array(await archive.arrayBuffer()))
