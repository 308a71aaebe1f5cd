/**
 * PGlite that ends when it breaks. PostgreSQL ends its process when it cannot go on (PANIC), for instance when the disk
 * has no room for its log; what is acknowledged is on disk by then, and recovered when it starts again. PGlite cannot
 * end its process: it calls the broken PostgreSQL again and again, for ever, and nothing else in the process runs.
 */
import { existsSync, openAsBlob } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { PGlite } from "@electric-sql/pglite"
import { packageFile } from "../../packageFile.ts"

/** A new database of the installed version of PGlite, made by `scripts/postgres-template.ts`. */
export const templateUrl = packageFile("template/postgres.tar.gz")

/**
 * PGlite is several MB of WebAssembly. Compiling what runs often a second time, optimized, takes V8 up to half a gigabyte
 * and seconds of a first start, and buys little where queries are short. V8 decides that whenever a function is called,
 * so it is decided for the process; Kernel compiles itself optimized all the same.
 */
const compileOnce = () => {
  setFlagsFromString("--no-wasm-tier-up")
  setFlagsFromString("--no-wasm-dynamic-tiering")
}

/**
 * PostgreSQL's own cache of pages, of 128 MB unless told. It is made at the start, byte by byte, in memory that the
 * process keeps: a second and 120 MB for what the files give as well, which are in the machine's memory anyway.
 */
const startParams = [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB"]

/** The status of the exceptions in which PostgreSQL tells its main loop of an error, as PGlite has it. */
const ordinaryError = 100

/** A PGlite that is open. */
export interface BreakablePglite {
  readonly client: PGlite
  /** Whether it has broken. Every call fails from then on. */
  readonly isBroken: () => boolean
  /** Closes it, or gives up what a broken one has open. */
  readonly close: () => Promise<void>
}

const statusOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "status" in error ? error.status : undefined

/**
 * Opens the database in a directory or, without one, in memory. A new one starts from the template, or sets itself up
 * (for some seconds) where there is none.
 */
export const openPglite = async (directory?: string): Promise<BreakablePglite> => {
  compileOnce()
  const isNew = directory === undefined || !existsSync(`${directory}/PG_VERSION`)
  const template = isNew && existsSync(templateUrl) ? { loadDataDir: await openAsBlob(templateUrl) } : {}
  const options = { ...template, startParams }
  const client = await (directory === undefined ? PGlite.create(options) : PGlite.create(directory, options))
  const postgres = client.Module
  const { _PostgresMainLoopOnce: runOnce, stackRestore } = postgres
  let broken: { readonly cause: unknown } | undefined
  postgres._PostgresMainLoopOnce = () => {
    if (broken !== undefined) throw broken.cause
    try {
      runOnce()
    } catch (cause) {
      if (statusOf(cause) !== ordinaryError) broken = { cause }
      throw cause
    }
  }
  // PGlite catches what its main loop throws. This is the next thing it calls, and what this throws it does not catch.
  postgres.stackRestore = (pointer) => {
    if (broken !== undefined) throw broken.cause
    return stackRestore(pointer)
  }
  return {
    client,
    isBroken: () => broken !== undefined,
    close: async () => {
      if (broken === undefined) await client.close()
      else postgres.FS.quit()
    }
  }
}
