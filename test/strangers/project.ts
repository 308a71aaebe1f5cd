/**
 * Strangers on one database: a Supabase project with the real PostgREST, two owners with tokens of their own, somebody without
 * any, and the service's part that follows strategies.
 */
import { NodeServices } from "@effect/platform-node"
import { expect } from "@effect/vitest"
import { createClient, type SupabaseClient } from "@supabase/supabase-js"
import { type Duration, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { layerSupabase } from "../../src/database/supabase/SupabaseDatabase.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { lookEvery } from "../../src/strategies/followDatabase.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { emptyTables, Sql } from "../contracts/Sql.ts"
import { eventually, turn } from "../fixtures/eventually.ts"
import type { Door } from "../fixtures/followed.ts"
import { Logs } from "../fixtures/logs.ts"
import { SupabaseProject } from "../fixtures/postgrest.ts"

/** Who shares the database. */
export const [ada, mallory] = ["a0000000-0000-4000-8000-00000000000a", "b0000000-0000-4000-8000-00000000000b"]

const project = Sql.layerProject.pipe(
  Layer.provideMerge(SupabaseProject.layer()),
  Layer.provideMerge(EmbeddedPostgres.layer()),
  Layer.provideMerge(NodeServices.layer)
)

/** The stores as the service has them, through PostgREST. */
export const onProject = Layer.mergeAll(TriggerStore.layer, StrategyStore.layer).pipe(
  Layer.provideMerge(Layer.unwrap(Effect.map(SupabaseProject, ({ settings }) => layerSupabase(settings)))),
  Layer.provideMerge(project)
)

/** SQL as the operator runs it: what a test arranges that nobody may write any more, and looks at. */
export const sql = (statements: string) => Effect.flatMap(Sql, ({ run }) => run(statements))

/** Nobody has written anything yet. */
export const afresh = Effect.andThen(
  emptyTables,
  sql(
    "delete from owner_usage; delete from strategy_reasons; delete from strategy_tombstones; truncate strategy_changes"
  )
)

/** A request with the token of a user, the service's key, or none. */
export const request = Effect.fnUntraced(function* <A>(
  who: string | "service" | "nobody",
  send: (client: SupabaseClient) => PromiseLike<A>
) {
  const { keyOf, settings } = yield* SupabaseProject
  const claims =
    who === "nobody"
      ? { role: "anon" }
      : who === "service"
        ? { role: "service_role" }
        : { role: "authenticated", sub: who }
  const client = createClient(settings.url.href, keyOf(claims), { auth: { persistSession: false } })
  return yield* Effect.promise(async () => send(client))
})

const Rows = Schema.Array(Schema.Struct({ id: Schema.String }))

/** A strategy of an owner, written with their own token; it fires on every match in play unless it says otherwise. */
export const writeStrategy = Effect.fnUntraced(function* (who: string, row: object = {}) {
  const definition = { when: ["minute >= 1"] }
  const { data, error } = yield* request(who, (client) =>
    client
      .from("strategies")
      .insert({ user_id: who, name: "Late goals", definition, ...row })
      .select("id")
  )
  expect(error).toBeNull()
  return (yield* Schema.decodeUnknownEffect(Rows)(data))[0]?.id ?? ""
})

/** What an owner reads of why strategies of theirs are not watched. */
export const reasonsOf = (who: string) =>
  Effect.map(
    request(who, (client) =>
      client.from("strategy_reasons").select("strategy_id, match_id, reason").order("strategy_id")
    ),
    ({ data }) => data
  )

/** Follows what the tables hold, through a door. */
export const following = (door: Door) =>
  Strategies.layer.pipe(Layer.provide(door.layer), Layer.provideMerge(Logs.layer), Layer.fresh)

/**
 * Time passes, and what it sets going is answered before any more does: by the clock of a test an answer that takes this machine
 * a while comes too late.
 */
export const passing = Effect.fnUntraced(function* (time: Duration.Input, bot?: { readonly underWay: () => number }) {
  const { underWay } = yield* SupabaseProject
  yield* TestClock.adjust(time)
  const waiting = Effect.gen(function* () {
    for (let turns = 0; turns < 20; turns++) yield* turn
    return underWay() + (bot?.underWay() ?? 0)
  })
  yield* eventually(waiting, (count) => count === 0)
})

/** As many looks begin, one after the other, and end. */
export const looks = Effect.fnUntraced(function* (door: Door, count = 2) {
  for (let index = 0; index < count; index++) {
    const before = door.calls.length
    yield* eventually(
      Effect.andThen(
        passing(lookEvery),
        Effect.sync(() => door.calls.length)
      ),
      (calls) => calls > before
    )
    for (let turns = 0; turns < 50; turns++) yield* turn
  }
})
