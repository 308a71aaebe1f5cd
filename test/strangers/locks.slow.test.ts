/** An owner whose request takes long, with all that they may write locked meanwhile: connections to a real PostgreSQL. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { programs, startServer } from "../../bench/tick/postgres.ts"
import { idleCalls } from "../../src/database/checks.ts"
import { migrations } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { supabaseProject } from "../fixtures/postgrest.ts"
import { ada, mallory } from "./project.ts"

const missing = programs === undefined ? " (skipped: PostgreSQL is not installed)" : ""

/** What they hold until the scope closes: everything of theirs, whether it was there or comes with the request. */
const locked = `begin;
  set local role authenticated;
  select set_config('request.jwt.claims', '{"sub":"${mallory}","role":"authenticated"}', true);
  update strategies set description = 'held' where name <> 'Leaving';
  delete from strategies where name = 'Leaving';
  insert into strategies (user_id, name, definition) values ('${mallory}', 'New', '{"when":["minute >= 1"]}');
  update rules set metric = 'corners';
  insert into user_telegram (user_id, chat_id) values ('${mallory}', '66');
  select 'all is held';
`

const quoted = (value: unknown) => `'${JSON.stringify(value).replaceAll("'", "''")}'`

const uuid = (number: number) => `c0000000-0000-4000-8000-00000000000${number}`

describe.skipIf(programs === undefined)(`An owner whose request takes long${missing}`, () => {
  it.live("keeps no call of the service waiting, and none of the others without their triggers", () =>
    Effect.gen(function* () {
      const bin = programs ?? assert.fail()
      const { arguments: args, psql } = yield* startServer(bin)
      const all = yield* Effect.provide(migrations, NodeServices.layer)
      const run = (sql: string) => Effect.promise(() => psql("postgres", [], [sql]))
      yield* run([supabaseProject, ...all.map(({ sql }) => sql)].join(";\n"))
      const rows = [mallory, mallory, ada].map(
        (owner, number) =>
          `('${uuid(number)}', '${owner}', '${number === 1 ? "Leaving" : "There"}', '{"when":["minute >= 1"]}')`
      )
      yield* run(`insert into strategies (id, user_id, name, definition) values ${rows.join(",")};
        insert into rules (strategy_id, metric) values ('${uuid(0)}', 'goals')`)
      const token = (yield* run(`select link ->> 'token' from new_chat_link_of('${mallory}') link`)).trim()

      const child = yield* Effect.acquireRelease(
        Effect.sync(() => spawn(join(bin, "psql"), [...args, "postgres"], { stdio: ["pipe", "pipe", "inherit"] })),
        (each) => Effect.sync(() => each.kill("SIGKILL"))
      )
      yield* Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            let printed = ""
            child.stdout.on("data", (chunk) => {
              printed += chunk
              if (printed.includes("all is held")) resolve()
            })
            child.stdin.write(locked)
          })
      )

      /** A call of the service, which gives up long before the request ends. */
      const call = (operation: string, given: object) =>
        Effect.map(
          run(
            `set role service_role; set statement_timeout = '5s'; select touchline_call('${operation}', ${quoted(given)})`
          ),
          (
            answer
          ): ReadonlyArray<{ readonly strategy_id?: string; readonly is_new?: boolean; readonly leaving?: boolean }> =>
            JSON.parse(answer)
        )
      for (const [operation, given] of Object.entries(idleCalls)) yield* call(operation, given)
      const fired = {
        shown: { match_id: "1", triggered_at: "2026-05-02T15:00:00Z" },
        snapshot: {},
        triggers: [0, 1, 2].map((number) => ({
          strategy_id: uuid(number),
          evidence_json: [],
          strategy_text: `${number}`
        }))
      }
      const made = yield* call("create_bounded_triggers", { matches: [fired] })
      expect(made.filter((each) => each.is_new).map((each) => each.strategy_id)).toEqual([uuid(0), uuid(2)])
      expect(made.filter((each) => each.leaving).map((each) => each.strategy_id)).toEqual([uuid(1)])
      yield* call("count_held_back", { counts: [{ owner: mallory, count: 1 }] })
      yield* call("note_strategy_reasons", { reasons: [{ strategy_id: uuid(0), match_id: "1", reason: "Held back" }] })
      yield* call("mute_chat", { chat: "66", reason: "blocked" })
      // Nothing is linked while they write the same row; afterwards the token is as good.
      expect(yield* call("link_chat", { token, chat: "66" })).toEqual([])
      child.stdin.write("rollback; select 'all is free';\n")
      yield* Effect.promise(() => new Promise<void>((resolve) => child.stdout.once("data", () => resolve())))
      expect(yield* call("link_chat", { token, chat: "66" })).toEqual([{ owner: mallory }])
    }).pipe(Effect.scoped)
  )

  it.live("gets no more than may be by writing the same twice at a time, with whatever key", () =>
    Effect.gen(function* () {
      const bin = programs ?? assert.fail()
      const { arguments: args, psql } = yield* startServer(bin)
      const all = yield* Effect.provide(migrations, NodeServices.layer)
      const run = (sql: string) => Effect.promise(() => psql("postgres", [], [sql]))
      yield* run([supabaseProject, ...all.map(({ sql }) => sql)].join(";\n"))
      yield* run(`insert into strategies (id, user_id, name, definition)
        values ('${uuid(0)}', '${mallory}', 'There', '{"when":["minute >= 1"]}')`)
      const many = (count: number) => `from generate_series(1, ${count}) n`
      const writes = {
        "200 strategies": `insert into strategies (user_id, name, definition)
          select '${mallory}', 'New', '{"when":["minute >= 1"]}' ${many(150)}`,
        "100 rules": `insert into rules (strategy_id, metric) select '${uuid(0)}', 'goals' ${many(60)}`,
        "32000 bytes": `insert into rules (strategy_id, metric, lhs_json)
          select '${uuid(0)}', 'goals', to_jsonb(repeat('x', 5000)) ${many(4)}`
      }
      for (const [reason, write] of Object.entries(writes)) {
        yield* run("delete from strategies where name = 'New'; delete from rules")
        const first = yield* Effect.acquireRelease(
          Effect.sync(() => spawn(join(bin, "psql"), [...args, "postgres"], { stdio: ["pipe", "pipe", "inherit"] })),
          (each) => Effect.sync(() => each.kill("SIGKILL"))
        )
        const printed = () =>
          Effect.promise(() => new Promise<void>((resolve) => first.stdout.once("data", () => resolve())))
        first.stdin.write(`begin; ${write}; select 'written';\n`)
        yield* printed()
        let outcome: string | undefined
        const second = psql("postgres", [], [write]).then(
          () => {
            outcome = "written"
          },
          (error) => {
            outcome = String(error)
          }
        )
        const waiting = "select 'waits' from pg_locks where not granted limit 1"
        while (outcome === undefined && !(yield* run(waiting)).includes("waits")) yield* Effect.sleep("20 millis")
        first.stdin.write("commit; select 'kept';\n")
        yield* printed()
        yield* Effect.promise(() => second)
        expect(outcome, reason).toContain(`at most ${reason}`)
      }
    }).pipe(Effect.scoped)
  )
})
