/**
 * Vacuums the embedded database: PGlite has no autovacuum, and the room of rows that are gone would never be used again.
 *
 * Guarantees: a table whose dead rows are many is vacuumed within some minutes, in a moment in which nobody asks anything of
 * the database if there is one. So the directory grows with what it holds, and not with what it has held.
 */
import { Clock, Duration, Effect, Schedule, type Scope } from "effect"
import { OutOfService, type PostgresClient } from "./PostgresClient.ts"

/** How often it is looked for dead rows. */
export const lookEvery = Duration.minutes(1)

/** Dead rows that are let be, beside a fifth of the living ones: as PostgreSQL's autovacuum does, which begins with 50. */
const fewDead = 500

/** Nobody has asked anything for so long: a quiet moment. */
const quietFor = Duration.millis(100)

/** How often it is asked whether a moment is quiet, before it is done all the same. */
const mostLooks = 100

/** The tables with many dead rows, the worst first: those of BullMQ and of PostgreSQL itself among them. */
const dueTables = `
  select format('%I.%I', schemaname, relname) as name from pg_stat_all_tables
  where n_dead_tup > ${fewDead} + n_live_tup / 5 order by n_dead_tup desc
`

/** A client that is told to say when nobody uses it. */
const watched = (client: PostgresClient) => {
  let [underWay, lastUsed] = [0, 0]
  const use = async <A>(call: () => Promise<A>): Promise<A> => {
    underWay += 1
    try {
      return await call()
    } finally {
      underWay -= 1
      lastUsed = performance.now()
    }
  }
  const all: PostgresClient = {
    query: (text, parameters, options) => use(() => client.query(text, parameters, options)),
    exec: (text, options) => use(() => client.exec(text, options)),
    transaction: (work) => use(() => client.transaction(work)),
    onNotification: (listener) => client.onNotification(listener)
  }
  return {
    client: all,
    isQuiet: () => underWay === 0 && performance.now() - lastUsed >= Duration.toMillis(quietFor)
  }
}

/** Keeps a database vacuumed until the scope closes. What else uses the database goes through the client that it answers. */
export const keepVacuumed = Effect.fnUntraced(function* (
  opened: PostgresClient
): Effect.fn.Return<PostgresClient, never, Scope.Scope> {
  const { client, isQuiet } = watched(opened)

  const quietMoment = Effect.gen(function* () {
    for (let looks = 0; looks < mostLooks && !isQuiet(); looks += 1) yield* Effect.sleep(quietFor)
  })

  const vacuum = Effect.gen(function* () {
    const { rows } = yield* Effect.tryPromise(() => opened.query<{ name: string }>(dueTables))
    for (const { name } of rows) {
      yield* quietMoment
      const began = yield* Clock.currentTimeMillis
      yield* Effect.tryPromise(() => opened.exec(`vacuum ${name}`))
      const ms = (yield* Clock.currentTimeMillis) - began
      yield* Effect.logDebug("a table was vacuumed").pipe(Effect.annotateLogs({ table: name, ms }))
    }
  })

  yield* vacuum.pipe(
    // An outage of the database is told once, by its client.
    Effect.catch(({ cause }) =>
      cause instanceof OutOfService
        ? Effect.void
        : Effect.logWarning("the database could not be vacuumed; it is tried again in a minute", cause)
    ),
    Effect.schedule(Schedule.spaced(lookEvery)),
    Effect.delay(lookEvery),
    Effect.forkScoped
  )
  return client
})
