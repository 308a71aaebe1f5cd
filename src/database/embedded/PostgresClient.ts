/**
 * The client of the embedded database in a directory.
 *
 * Guarantees: while the disk is full, or whatever else keeps PostgreSQL from writing, calls fail at once and nothing is
 * asked of it; the outage is told once, and once more when it is over. From time to time it is tried again, opened anew
 * if it broke. What was acknowledged is there again; a call that failed may be made again, as ever.
 */
import { statfs } from "node:fs/promises"
import type { PGlite } from "@electric-sql/pglite"
import { Duration, Effect, Schedule, type Scope } from "effect"
import { makeOutage } from "../../health/Outage.ts"
import { DatabaseError } from "../Database.ts"
import { type BreakablePglite, openPglite } from "./BreakablePglite.ts"
import { ownerOnly } from "./ownerOnly.ts"

/** What is used of PGlite. */
export type PostgresClient = Pick<PGlite, "exec" | "onNotification" | "query" | "transaction">

/** How often a database that is out of service is tried again. */
export const tryAgainEvery = Duration.seconds(1)

/** How long closing may take before the process goes on without it. What is acknowledged is on disk by then. */
const closeTimeout = "2 seconds"

/**
 * Room that the disk must have before the database is tried again, in bytes: two segments of PostgreSQL's log. With less
 * it would break again at the next one.
 */
export const neededRoom = 2 * 16 * 1024 * 1024

/**
 * The database is out of service. BullMQ takes the code for what this is to it, a connection that is refused: it waits
 * before it tries again and says nothing, where it repeats at once what fails in any other way.
 */
export class OutOfService extends Error {
  readonly code = "ECONNREFUSED"
  override readonly name = "OutOfService"
}

/** PostgreSQL's codes for a disk that is full or does not work: the statement failed, and the next one will. */
const diskErrors: ReadonlySet<unknown> = new Set(["53100", "58030"])

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined)

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Statements that change the session, after any comments. They are made again in a new one. */
const ofSession = /^(\s|--.*\n)*(set|listen)\s/i

/** What a database that cannot be opened fails with. */
export const openFailed = (cause: unknown) =>
  new DatabaseError({
    operation: "open",
    reason: "refused",
    message: `the embedded database failed to open: ${messageOf(cause)}`,
    cause
  })

/** Opens the database in a directory until the scope closes. Fails when it holds none that PGlite can open. */
export const openPostgres = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<PostgresClient, DatabaseError, Scope.Scope> {
  const log = yield* Effect.context()
  const outage = makeOutage({
    part: "database",
    begins: "the embedded database is out of service; make room on its disk",
    ends: "the embedded database is in service again",
    fields: { directory }
  })
  const session = new Set<string>()
  const listeners = new Set<Parameters<PGlite["onNotification"]>[0]>()
  let postgres: BreakablePglite | undefined
  /** Why calls fail. Absent: they do not. */
  let trouble: string | undefined

  const hear = (opened: BreakablePglite) => {
    opened.client.onNotification((channel, payload) => {
      for (const listener of listeners) listener(channel, payload)
    })
    return opened
  }

  const met = (reason: string) => {
    trouble = reason
    Effect.runForkWith(log)(outage.met(reason))
    return new OutOfService(`the embedded database is out of service: ${reason}`)
  }

  const run = async <A>(use: (client: PGlite) => Promise<A>): Promise<A> => {
    if (trouble !== undefined || postgres === undefined) throw met(trouble ?? "it is closed")
    const used = postgres
    try {
      return await use(used.client)
    } catch (error) {
      if (used.isBroken()) throw met("PostgreSQL broke, most likely because the disk is full")
      if (diskErrors.has(codeOf(error))) throw met(messageOf(error))
      throw error
    }
  }

  const keeping = async <A>(statement: string, answer: Promise<A>): Promise<A> => {
    const result = await answer
    if (ofSession.test(statement)) session.add(statement)
    return result
  }

  /** Why the database cannot be used yet, if it cannot. */
  const tryAgain = async (): Promise<string | undefined> => {
    const { bavail, bsize } = await statfs(directory)
    if (bavail * bsize < neededRoom)
      return `its disk has ${Math.floor((bavail * bsize) / 2 ** 20)} MB left, and it needs ${neededRoom / 2 ** 20}`
    if (postgres?.isBroken() === true) {
      const broken = postgres
      postgres = undefined
      await broken.close()
    }
    if (postgres === undefined) {
      postgres = hear(await openPglite(directory))
      for (const statement of session) await postgres.client.exec(statement)
    }
    // It writes to the log and to the tables, which is what must work.
    await postgres.client.exec("checkpoint")
    return undefined
  }

  postgres = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const opened = await openPglite(directory)
        await ownerOnly(directory)
        return opened
      },
      catch: openFailed
    }).pipe(Effect.map(hear)),
    () =>
      Effect.tryPromise(async () => postgres?.close()).pipe(
        Effect.timeout(closeTimeout),
        Effect.andThen(Effect.logDebug("the embedded database is closed")),
        Effect.catch((error) => Effect.logWarning("the embedded database did not close in order", error))
      )
  )
  yield* Effect.gen(function* () {
    if (trouble === undefined) return
    trouble = yield* Effect.tryPromise({ try: tryAgain, catch: messageOf }).pipe(Effect.catch(Effect.succeed))
    if (trouble === undefined) yield* outage.over
  }).pipe(Effect.schedule(Schedule.spaced(tryAgainEvery)), Effect.forkScoped)

  return {
    query: (text, parameters, options) =>
      keeping(
        text,
        run((client) => client.query(text, parameters, options))
      ),
    exec: (text, options) =>
      keeping(
        text,
        run((client) => client.exec(text, options))
      ),
    transaction: (work) => run((client) => client.transaction(work)),
    onNotification: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
})
