/**
 * The database of a chaos run, a process of its own: the real PostgREST on PostgreSQL, or on PGlite where that is not
 * installed, with the strategies and chats of the evening. It says where it is, and answers queries, both as messages to who
 * started it; it ends with them.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect, Fiber } from "effect"
import { startPostgres } from "../../bench/tick/postgres.ts"
import { migrations } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { gateway, makeTurns, postgrest, sign } from "../fixtures/postgrest.ts"
import { chatOf, makeEvening, ownerId, owners } from "./Evening.ts"

const [seed = "1", pairs = "1000"] = process.argv.slice(2)

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

const program = Effect.gen(function* () {
  const { loader, served } = yield* (yield* startPostgres).create
  const { strategies } = makeEvening(seed, Number(pairs))
  const definitions = strategies.map(({ id, name, when }) => ({
    id,
    name,
    is_active: true,
    definition: { name, when }
  }))
  const rows = [
    `select save_strategies(${literal(JSON.stringify(definitions))}::jsonb)`,
    ...strategies.map(({ id }, index) => {
      return `update strategies set user_id = ${literal(ownerId(index % owners))} where id::text = ${literal(id)}`
    }),
    ...Array.from({ length: owners }, (_, index) => {
      return `insert into user_telegram (user_id, chat_id) values (${literal(ownerId(index))}, ${literal(chatOf(index))})`
    })
  ]
  const files = (yield* migrations).map(({ sql }) => sql)
  for (const sql of [...files, rows.join(";\n")]) yield* Effect.promise(() => loader.exec(sql))
  // On the one session of PGlite a query would run within a request's transaction: they take turns.
  const { inTurn } = served.pool > 1 ? { inTurn: <A>(run: () => Promise<A>) => run() } : makeTurns()
  const port = yield* gateway(yield* postgrest(served), inTurn)
  process.on("message", (sql) => {
    inTurn(() => loader.exec(`select coalesce(json_agg(answer), '[]')::text from (${String(sql)}) answer`)).then(
      (answer) => process.send?.({ rows: JSON.parse(answer) }),
      (error) => process.send?.({ rows: [], error: String(error) })
    )
  })
  process.send?.({ url: `http://127.0.0.1:${port}`, key: sign({ role: "service_role" }) })
  return yield* Effect.never
})

const running = Effect.runFork(
  program.pipe(Effect.scoped, Effect.orDie, Effect.tapDefect(Effect.logError), Effect.provide(NodeServices.layer))
)
process.on("disconnect", () => void Effect.runPromise(Fiber.interrupt(running)).finally(() => process.exit()))
running.addObserver(() => process.exit(1))
