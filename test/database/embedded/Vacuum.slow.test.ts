import { lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { EmbeddedPostgres } from "../../../src/database/embedded/EmbeddedPostgres.ts"
import { lookEvery } from "../../../src/database/embedded/Vacuum.ts"
import { layerEmbeddedQueue } from "../../../src/queue/EmbeddedQueue.ts"
import { eventually } from "../../fixtures/eventually.ts"
import { quiet } from "../../fixtures/logs.ts"
import { temporaryDirectory } from "../../fixtures/process.ts"

const services = Layer.merge(NodeServices.layer, quiet)

const sizes = Schema.decodeUnknownSync(
  Schema.Tuple([Schema.Struct({ dead: Schema.Finite, bytes: Schema.Finite, catalog: Schema.Finite })])
)

/** The rows of a table of ours, of BullMQ's and of PostgreSQL's that are written and forgotten in a round. */
const round = `
  create table if not exists rows (id int primary key, text text);
  insert into rows select i, repeat('x', 200) from generate_series(1, 5000) i;
  delete from rows where id > 10;
  delete from rows;
  insert into bullmq.event (queue, event, created_at_ms) select 'q', 'e', 0 from generate_series(1, 5000) i;
  delete from bullmq.event;
  do $$ begin for i in 1..150 loop
    execute format('create table gone_%s (a int, b int, c int)', i); execute format('drop table gone_%s', i);
  end loop; end $$;
  select pg_stat_force_next_flush();
`

const measured = `
  select (select coalesce(sum(n_dead_tup), 0)::int from pg_stat_all_tables where relname in ('rows', 'event')) as dead,
    (pg_total_relation_size('rows') + pg_total_relation_size('bullmq.event'))::int as bytes,
    pg_total_relation_size('pg_attribute')::int as catalog
`

describe("The embedded database in a directory", () => {
  it.effect("grows with what it holds, and not with what it has held", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* Effect.gen(function* () {
        const { client } = yield* EmbeddedPostgres
        const measure = Effect.promise(async () => sizes((await client.query(measured)).rows)[0])
        const write = Effect.promise(() => client.exec(round))
        const vacuumed = eventually(Effect.andThen(TestClock.adjust(lookEvery), measure), ({ dead }) => dead === 0)
        yield* write
        const full = yield* measure
        assert.isAtLeast(full.dead, 10_000)
        for (let rounds = 1; rounds < 6; rounds += 1) yield* Effect.andThen(vacuumed, write)
        const last = yield* measure
        assert.isAtMost(last.bytes, 1.5 * full.bytes)
        assert.isAtMost(last.catalog, 1.5 * full.catalog)
      }).pipe(
        Effect.provide(
          layerEmbeddedQueue.pipe(Layer.provideMerge(EmbeddedPostgres.layer(directory)), Layer.provideMerge(services))
        )
      )
    }).pipe(Effect.scoped)
  )

  it.effect("is its owner's alone", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const modes = Effect.sync(() =>
        readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => {
          const stat = lstatSync(join(directory, name))
          return `${stat.isDirectory() ? "directory" : "file"} ${(stat.mode & 0o777).toString(8)}`
        })
      )
      const opened = Effect.flatMap(EmbeddedPostgres, ({ client }) =>
        Effect.andThen(
          Effect.promise(() => client.exec("create table if not exists later (id int); checkpoint")),
          modes
        )
      ).pipe(Effect.provide(EmbeddedPostgres.layer(directory).pipe(Layer.provideMerge(services))), Effect.scoped)
      assert.deepEqual([...new Set(yield* opened)].sort(), ["directory 700", "file 600"])
    }).pipe(Effect.scoped)
  )
})
