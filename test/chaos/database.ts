/**
 * The database of a chaos run, a process of its own: the real PostgREST on PGlite, with the strategies and chats of the
 * evening. It says where it is, and answers SQL, both as messages to who started it.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { SupabaseProject } from "../fixtures/postgrest.ts"
import { chatOf, makeEvening, ownerId, owners } from "./Evening.ts"

const [seed = "1", pairs = "1000"] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const { client } = yield* EmbeddedPostgres
  const { settings } = yield* SupabaseProject
  const { strategies } = makeEvening(seed, Number(pairs))
  const definitions = strategies.map(({ id, name, when }) => ({
    id,
    name,
    is_active: true,
    definition: { name, when }
  }))
  yield* Effect.promise(async () => {
    await client.query("select save_strategies($1)", [JSON.stringify(definitions)])
    for (const [index, { id }] of strategies.entries()) {
      await client.query("update strategies set user_id = $1 where id::text = $2", [ownerId(index % owners), id])
    }
    for (let index = 0; index < owners; index += 1) {
      await client.query("insert into user_telegram (user_id, chat_id) values ($1, $2)", [
        ownerId(index),
        chatOf(index)
      ])
    }
  })
  process.on("message", (sql) => {
    client.query(String(sql)).then(
      ({ rows }) => process.send?.({ rows }),
      (error) => process.send?.({ rows: [], error: String(error) })
    )
  })
  process.send?.({ url: settings.url.href, key: Redacted.value(settings.serviceRoleKey) })
  return yield* Effect.never
})

process.on("disconnect", () => process.exit())
Effect.runFork(
  program.pipe(
    Effect.provide(
      SupabaseProject.layer().pipe(Layer.provideMerge(EmbeddedPostgres.layer()), Layer.provideMerge(NodeServices.layer))
    )
  )
)
