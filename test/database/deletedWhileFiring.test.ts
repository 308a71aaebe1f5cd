/** A strategy that is deleted while it fires: two connections to a real PostgreSQL, which wait for each other as in production. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Option } from "effect"
import { programs, startServer } from "../../bench/tick/postgres.ts"
import { Database } from "../../src/database/Database.ts"
import { migrations } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { eventually } from "../fixtures/eventually.ts"
import { newStrategy } from "../fixtures/pipeline.ts"
import { supabaseProject } from "../fixtures/postgrest.ts"
import { expecting, firedOn } from "../outcome/outcomes.ts"

const missing = programs === undefined ? " (skipped: PostgreSQL is not installed)" : ""

const owner = "a0000000-0000-4000-8000-000000000011"

/** A connection: statements one after the other, each answered with what it prints. */
const connection = (program: string, args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(program, [...args, "postgres"], { stdio: ["pipe", "pipe", "ignore"] })
      let printed = ""
      let heard = () => {}
      child.stdout.on("data", (chunk) => {
        printed += chunk
        heard()
      })
      let number = 0
      const run = (sql: string) =>
        Effect.callback<string>((resume) => {
          number += 1
          const end = new RegExp(`(?:^|\\n)answered ${number} (\\w+)\\n$`)
          heard = () => {
            const found = end.exec(printed)
            if (found === null) return
            const [, state] = found
            const answer = printed.slice(0, found.index)
            printed = ""
            resume(state === "00000" ? Effect.succeed(answer) : Effect.die(new Error(`${sql}: SQLSTATE ${state}`)))
          }
          child.stdin.write(`${sql};\n\\echo answered ${number} :SQLSTATE\n`)
        })
      return { child, run }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const quoted = (value: unknown) => `'${JSON.stringify(value).replaceAll("'", "''")}'`

/** Triggers, through this connection. */
const storeOn = (run: (sql: string) => Effect.Effect<string>) =>
  Effect.map(
    Layer.build(
      Layer.provide(
        TriggerStore.layer,
        Layer.succeed(Database, {
          name: "one connection",
          call: (operation, args) =>
            Effect.map(run(`select touchline_call('${operation}', ${quoted(args)})`), (answer) => JSON.parse(answer))
        })
      )
    ),
    (context) => Context.get(context, TriggerStore)
  )

/** Two connections, a third one that looks, and triggers through the first, on tables as the migrations make them. */
const world = Effect.gen(function* () {
  const bin = programs ?? assert.fail()
  const { arguments: args, psql } = yield* startServer(bin)
  const all = yield* Effect.provide(migrations, NodeServices.layer)
  yield* Effect.promise(() => psql("postgres", [], [supabaseProject, ...all.map(({ sql }) => sql)]))
  const connected = connection(join(bin, "psql"), args)
  const [firing, deleting, looking] = [yield* connected, yield* connected, yield* connected]
  const store = yield* storeOn(firing.run)
  return {
    firing: firing.run,
    deleting: deleting.run,
    create: (strategy: Strategy, match: string) => store.create([firedOn(strategy, { id: match })]),
    find: store.find,
    /** A strategy of an owner's, or of the operator's. */
    save: ({ id, name }: Strategy, isOwned: boolean) =>
      looking.run(`insert into strategies (id, name, user_id, definition)
        values ('${id}', '${name}', ${isOwned ? `'${owner}'` : "null"}, '{"when": ["minute >= 1"]}')`),
    waiting: Effect.map(
      looking.run("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"),
      (count) => count.trim() !== "0"
    ),
    /** Triggers and counters of neither a strategy nor a tombstone. */
    orphans: Effect.map(
      looking.run(`select count(*) from (select strategy_id as id from triggers union all select strategy_id from performance) t
        where t.id not in (select id from strategies union all select id from strategy_tombstones)`),
      (count) => count.trim()
    )
  }
})

describe.skipIf(programs === undefined)(`A strategy that is deleted while it fires${missing}`, () => {
  it.live(
    "leaves a tombstone behind its trigger, whoever comes first, and loses nothing where the deletion is called off",
    () =>
      Effect.gen(function* () {
        const { create, deleting, find, firing, orphans, save, waiting } = yield* world
        for (const isOwned of [true, false]) {
          const strategy = expecting("total goals >= 1", newStrategy())
          const remove = deleting(`delete from strategies where id = '${strategy.id}'`)
          yield* save(strategy, isOwned)

          // Who begins to delete does not keep who fires waiting; and it is not known whether the pair will have a trigger.
          yield* deleting("begin")
          yield* remove
          expect(yield* create(strategy, "called off")).toEqual({ triggers: [], known: [], pending: [], held: [] })
          yield* deleting("rollback")
          const { triggers } = yield* create(strategy, "called off")
          expect(triggers).toHaveLength(1)

          // Who fires first is waited for.
          yield* firing("begin")
          const created = yield* create(strategy, "first")
          const [trigger] = created.triggers
          const removed = yield* Effect.forkChild(remove)
          yield* eventually(waiting, (isWaiting) => isWaiting)
          yield* firing("commit")
          yield* Fiber.join(removed)
          expect(yield* orphans).toBe("0")
          expect(Option.getOrThrow(yield* find(trigger?.id ?? assert.fail()))).toMatchObject({
            strategyName: strategy.name,
            alertState: "pending"
          })

          // Afterwards there is none.
          const { known, triggers: none } = yield* create(strategy, "afterwards")
          expect({ known, none }).toEqual({ known: [{ strategyId: strategy.id, matchId: "afterwards" }], none: [] })

          // One that says the same, and would go on with its record, has never fired when it goes.
          const other = expecting("total goals >= 2", newStrategy())
          yield* save(other, isOwned)
          yield* deleting("begin")
          yield* deleting(`delete from strategies where id = '${other.id}'`)
          expect((yield* create(other, "never")).triggers).toEqual([])
          yield* deleting("commit")
          expect((yield* create(other, "never")).known).toHaveLength(1)
          expect(yield* orphans).toBe("0")
        }
      })
  )
})
