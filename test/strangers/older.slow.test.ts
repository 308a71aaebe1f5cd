/** Rows that strangers wrote before there were limits, in a database that is brought up to date. */
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { migrations } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { supabaseProject } from "../fixtures/postgrest.ts"
import { ada, mallory } from "./project.ts"

/** So many numbers are more than a gigabyte where they are written out, and three kilobytes where they are kept. */
const numbers = "(select jsonb_agg('1e131071'::jsonb) from generate_series(1, 12000))"

describe("Rows from before the limits", () => {
  it.effect("that are kept in little and are long where they are written out stop nobody, and can be mended", () =>
    Effect.gen(function* () {
      const { client } = yield* EmbeddedPostgres
      const files = yield* migrations
      const run = (sql: string) => Effect.promise(() => client.exec(sql))
      const read = (sql: string) => Effect.map(run(sql), (results) => results.at(-1)?.rows)
      const isOlder = ({ name }: { readonly name: string }) => name < "20261126000007"
      yield* run(supabaseProject)
      const [tables, ...others] = files.filter(isOlder)
      // An older program's table, in which JSON stands as it was written.
      yield* run(`${tables?.sql}; alter table rules alter column rhs_json type json using rhs_json::json`)
      for (const { sql } of others) yield* run(sql)
      yield* run(`insert into strategies (user_id, name, definition) values
          ('${ada}', 'Hers', '{"when":["minute >= 1"]}'),
          ('${mallory}', 'Numbers', jsonb_build_object('when', ${numbers})),
          ('${mallory}', 'Repeats', jsonb_build_object('when', jsonb_build_array(repeat('x', 400000)))),
          ('${mallory}', 'Rule', null);
        insert into rules (strategy_id, metric, time_filter) select id, 'goals', ${numbers} from strategies where name = 'Rule';
        insert into strategies (user_id, name) values ('${mallory}', 'Unreadable');
        insert into rules (strategy_id, metric, rhs_json) select s.id, 'goals', v.written::json
          from strategies s, unnest(array['"\\u0000"', '1e999999']) v (written) where name = 'Unreadable'`)
      // Twice, as operators apply them.
      for (const _ of [1, 2]) for (const file of files) if (!isOlder(file)) yield* run(file.sql)
      const watched =
        read(`select s.name, substring(w.content from '"beyond" : "([a-z]+)"') as beyond from watched_strategies w
        join strategies s on s.id = w.id order by 1`)
      expect(yield* watched).toEqual([
        { name: "Hers", beyond: null },
        { name: "Numbers", beyond: "size" },
        { name: "Repeats", beyond: "size" },
        { name: "Rule", beyond: "size" },
        { name: "Unreadable", beyond: null }
      ])
      expect(yield* read("select s ->> 'name' as name from active_strategies() s")).toEqual([{ name: "Hers" }])
      yield* run("update rules set metric = 'corners' where rhs_json is not null")
      yield* run("update strategies set is_active = false where name = 'Numbers'")
      yield* run(
        `update strategies set is_active = true, definition = '{"when":["minute >= 2"]}' where name = 'Numbers'`
      )
      expect(yield* watched).toContainEqual({ name: "Numbers", beyond: null })
      // What fired once is remembered when it is deleted, whatever it says; and what is written beside that can be changed.
      yield* run(`insert into triggers (strategy_id, match_id)
          select id, '1' from strategies where name in ('Numbers', 'Unreadable');
        delete from strategies where name = 'Numbers';
        update strategies set description = 'changed' where name = 'Unreadable';
        delete from strategies where name = 'Unreadable'`)
      expect(yield* read("select name, definition ->> 'when' as said from strategy_tombstones order by 1")).toEqual([
        { name: "Numbers", said: '["minute >= 2"]' },
        { name: "Unreadable", said: null }
      ])
    }).pipe(Effect.provide(EmbeddedPostgres.layer().pipe(Layer.provideMerge(NodeServices.layer))), Effect.scoped)
  )
})
