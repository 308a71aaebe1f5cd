import { describe, expect, layer, it as test } from "@effect/vitest"
import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { ownerLimitNames, ownerLimits } from "../../src/rules/rows/limits.ts"
import { eventually } from "../fixtures/eventually.ts"
import { Door, names } from "../fixtures/followed.ts"
import { noPostgrest } from "../fixtures/postgrest.ts"
import { ada, afresh, following, looks, mallory, onProject, reasonsOf, request, sql, writeStrategy } from "./project.ts"

const brackets = (count: number) => `${"[".repeat(count)}${"]".repeat(count)}`

/** A sum of so many numbers. */
const sum = (terms: number) => Array.from({ length: terms }, () => "minute").join(" + ")

const comparison = { left: "minute", comparator: ">=", right: 1 }

/** Rows that an owner's token may not write any more, and the reason that the answer gives. */
const refused: ReadonlyArray<readonly [what: string, row: object, reason: RegExp]> = [
  ["a name of 14 MB", { name: "x".repeat(14_000_000) }, /at most 200 characters/],
  ["a description of 14 MB", { description: "x".repeat(14_000_000) }, /at most 4000 characters/],
  ["an outcome of 20 kB", { desired_outcome: "x".repeat(20_000) }, /at most 4000 characters/],
  ["a name that is lines of a log", { name: "Goal\nERROR everything is lost" }, /without control characters/],
  ["a name that turns what follows it", { name: "\u202egoal" }, /without control characters/],
  ["no name", { name: "  " }, /has a name/],
  ["10,000 conditions", { definition: { when: Array.from({ length: 10_000 }, () => comparison) } }, /32000 bytes/],
  ["100,000 competitions", { league_ids: Array.from({ length: 100_000 }, (_, id) => `${id}`) }, /32000 bytes/],
  ["a mode of 1 MB", { mode: "x".repeat(1_000_000) }, /32000 bytes/],
  ["a number of 41 digits", { definition: { when: [1e40] } }, /at most 40 digits/],
  ["a number of 41 places", { definition: { when: [{ left: 1e-41 }] } }, /at most 40 digits/]
]

/** Rows that can be written, and the reason why they are left out, which their owner reads. */
const leftOut: ReadonlyArray<readonly [what: string, row: object, reason: RegExp]> = [
  ["4000 minus signs", { definition: { when: [`${"-".repeat(3900)}1 <= minute`] } }, /takes a sign/],
  ["10,000 minus signs", { definition: { when: [`${"-".repeat(10_000)}1 <= minute`] } }, /more than 4000 characters/],
  ["10,000 signs in pairs", { definition: { when: [`${"- ".repeat(1900)}1 <= minute`] } }, /takes a sign/],
  ["200 conditions", { definition: { when: Array.from({ length: 200 }, () => comparison) } }, /LIMIT_CONDITIONS/],
  ["41 terms", { definition: { when: [`${sum(40)} >= 1`] } }, /LIMIT_TERMS/],
  [
    "41 terms in an outcome",
    { definition: { when: ["minute >= 1"], expect: { any: [`${sum(19)} >= 1`, `${sum(20)} >= 1`] } } },
    /LIMIT_TERMS/
  ],
  [
    "an outcome of many pasts",
    { definition: { when: ["minute >= 1"], expect: `${"goals last 90 minutes + ".repeat(30)}0 >= 1` } },
    /LIMIT_PRICE/
  ],
  ["20 levels", { definition: { when: [`${"(1 + ".repeat(20)}1${")".repeat(20)} <= minute`] } }, /LIMIT_DEPTH/],
  ["100,000 brackets as JSON that is text", { definition: brackets(15_000) }, /nested more than/],
  ["text that is no JSON", { definition: '"\u2603' }, /definition/],
  ["a number beyond all numbers", { definition: '{"when":[{"left":1e999999,"comparator":">=","right":1}]}' }, /when/],
  [
    "an outcome of nothing but unknown words",
    { definition: null, desired_outcome: "corner ".repeat(500) },
    /conditions/
  ]
]

if (noPostgrest !== undefined) test.skip("Rows of a stranger (no PostgREST here)", () => {})

describe.skipIf(noPostgrest !== undefined)("Among strangers", () => {
  layer(onProject)("rows", (it) => {
    it.effect("are bounded by one table of limits, which the database has as well", () =>
      Effect.gen(function* () {
        expect(yield* sql("select name, most from owner_limits order by name")).toEqual(
          [...ownerLimitNames].sort().map((name) => ({ name, most: ownerLimits[name].default }))
        )
      })
    )

    for (const [what, row, reason] of refused) {
      it.effect(`cannot be written by an owner: ${what}`, () =>
        Effect.gen(function* () {
          yield* afresh
          const { error, status } = yield* request(mallory, (client) =>
            client
              .from("strategies")
              .insert({ user_id: mallory, name: "M", definition: { when: ["minute >= 1"] }, ...row })
          )
          expect(status).toBe(400)
          expect(error?.message).toMatch(reason)
        })
      )
    }

    for (const [what, row, reason] of leftOut) {
      it.effect(`are left out by themselves, with a reason for their owner alone: ${what}`, () =>
        Effect.gen(function* () {
          yield* afresh
          const door = new Door()
          yield* writeStrategy(ada, { name: "Ada's" })
          const id = yield* writeStrategy(mallory, row)
          yield* Effect.gen(function* () {
            yield* looks(door)
            expect(yield* names).toEqual(["Ada's"])
            const told = yield* eventually(reasonsOf(mallory), (rows) => (rows?.length ?? 0) > 0)
            expect(told).toEqual([{ strategy_id: id, match_id: "", reason: expect.stringMatching(reason) }])
            expect(yield* reasonsOf(ada)).toEqual([])
            expect(yield* reasonsOf("nobody")).toBeNull()
            yield* request(mallory, (client) =>
              client
                .from("strategies")
                .update({ definition: { when: ["minute >= 2"] } })
                .eq("id", id)
            )
            yield* looks(door)
            expect(yield* names).toHaveLength(2)
            expect(yield* eventually(reasonsOf(mallory), (rows) => rows?.length === 0)).toEqual([])
          }).pipe(Effect.provide(following(door)))
        })
      )
    }

    it.effect("from before the limits are left out by themselves, and can still be updated and deleted", () =>
      Effect.gen(function* () {
        yield* afresh
        const door = new Door()
        yield* writeStrategy(ada, { name: "Ada's" })
        yield* sql(`set session_replication_role = replica;
          insert into strategies (user_id, name, description, definition) values
            ('${mallory}', repeat('x', 1500), null, '{"when":["minute >= 1"]}'),
            ('${mallory}', 'Descriptions', repeat('y', 14000000), '{"when":["minute >= 1"]}'),
            ('${mallory}', 'Deep', null, to_jsonb(repeat('[', 100000)));
          insert into strategies (user_id, name) values ('${mallory}', 'Rules');
          insert into rules (strategy_id, metric, value) select id, 'goals', n from strategies, generate_series(1, 20000) n
            where name = 'Rules';
          set session_replication_role = origin`)
        yield* Effect.gen(function* () {
          expect(yield* names).toEqual(["Ada's"])
          const reasons = yield* eventually(reasonsOf(mallory), (rows) => rows?.length === 4)
          expect(reasons?.map(({ reason }) => reason).sort()).toEqual([
            expect.stringMatching(/LIMIT_NAME/),
            expect.stringMatching(/LIMIT_RULES/),
            expect.stringMatching(/LIMIT_SIZE/),
            expect.stringMatching(/LIMIT_SIZE/)
          ])
          for (const name of ["Descriptions", "Rules", "Deep"]) {
            const { error } = yield* request(mallory, (client) =>
              client.from("strategies").update({ is_active: false }).eq("name", name)
            )
            expect(error).toBeNull()
          }
          const { error } = yield* request(mallory, (client) =>
            client.from("strategies").delete().eq("user_id", mallory)
          )
          expect(error).toBeNull()
        }).pipe(Effect.provide(following(door)))
      })
    )

    it.effect("of rules are bounded by what all of a strategy have written out, in one request or in many", () =>
      Effect.gen(function* () {
        yield* afresh
        const id = yield* writeStrategy(mallory, { definition: null })
        const rule = { strategy_id: id, metric: "goals", comparator: "GTE", value: 1 }
        const write = (count: number, row: object) =>
          Effect.map(
            request(mallory, (client) =>
              client.from("rules").insert(Array.from({ length: count }, () => ({ ...rule, ...row })))
            ),
            ({ error }) => error?.message
          )
        const long = { lhs_json: { said: "x".repeat(700) } }
        expect(yield* write(1, { value: "1e31500" })).toMatch(/at most 40 digits/)
        expect(yield* write(1, { lhs_json: { left: [1e300] } })).toMatch(/at most 40 digits/)
        expect(yield* write(50, long)).toMatch(/at most 32000 bytes, all its rules included/)
        expect(yield* write(40, long)).toBeUndefined()
        expect(yield* write(10, long)).toMatch(/at most 32000 bytes, all its rules included/)
        const change = (row: object) =>
          Effect.map(
            request(mallory, (client) => client.from("rules").update(row).eq("strategy_id", id)),
            ({ error }) => error?.message
          )
        expect(yield* change({ lhs_json: { said: "x".repeat(2000) } })).toMatch(/at most 32000 bytes, all its rules/)
        expect(yield* change({ lhs_json: null })).toBeUndefined()
        expect(yield* write(60, {})).toBeUndefined()
      })
    )

    it.effect("of rules that were written before are read no further than may be", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* writeStrategy(ada, { name: "Ada's" })
        // Written out, these are more than a gigabyte, which is more than PostgreSQL takes.
        yield* sql(`set session_replication_role = replica;
          insert into strategies (user_id, name) values ('${mallory}', 'Long');
          insert into rules (strategy_id, metric, lhs_json) select id, 'goals', n.numbers from strategies, generate_series(1, 10),
            (select jsonb_agg('1e131071'::jsonb) as numbers from generate_series(1, 1000)) n where name = 'Long';
          set session_replication_role = origin`)
        yield* Effect.gen(function* () {
          expect(yield* names).toEqual(["Ada's"])
          const reasons = yield* eventually(reasonsOf(mallory), (rows) => rows?.length === 1)
          expect(reasons?.[0]?.reason).toMatch(/LIMIT_SIZE/)
        }).pipe(
          Effect.provide(following(new Door())),
          Effect.ensuring(
            sql(`set session_replication_role = replica; delete from rules; set session_replication_role = origin`)
          )
        )
      })
    )

    it.effect("cannot be more than an owner's share: strategies, rules, and changes in an hour", () =>
      Effect.gen(function* () {
        yield* afresh
        const row = (name: string) => ({ user_id: mallory, name, definition: { when: ["minute >= 1"] } })
        const many = yield* request(mallory, (client) =>
          client.from("strategies").insert(Array.from({ length: 201 }, (_, number) => row(`${number}`)))
        )
        expect(many.error?.message).toMatch(/at most 200 strategies/)
        const id = yield* writeStrategy(mallory)
        const rule = { strategy_id: id, metric: "goals", comparator: "GTE", value: 1 }
        const rules = yield* request(mallory, (client) =>
          client.from("rules").insert(Array.from({ length: 101 }, () => rule))
        )
        expect(rules.error?.message).toMatch(/at most 100 rules/)
        yield* sql(`update owner_usage set count = 4999 where owner = '${mallory}' and what = 'changes'`)
        const flip = (who: string, is_active: boolean) =>
          request(who, (client) => client.from("strategies").update({ is_active }).eq("user_id", who))
        expect((yield* flip(mallory, false)).error).toBeNull()
        expect((yield* flip(mallory, true)).error?.message).toMatch(/at most 5000 rows/)
        // It is refused before any row is looked at.
        const long = yield* request(mallory, (client) =>
          client
            .from("strategies")
            .update({ name: "x".repeat(1000) })
            .eq("user_id", mallory)
        )
        expect(long.error?.message).toMatch(/at most 5000 rows/)
        yield* writeStrategy(ada)
        expect((yield* flip(ada, false)).error).toBeNull()
      })
    )

    it.effect("that cost a scan more than an owner's share are put aside, the same ones in every process", () =>
      Effect.gen(function* () {
        yield* afresh
        const door = new Door()
        yield* writeStrategy(ada, { name: "Ada's" })
        const costly = (from: number) => ({
          name: `Costly ${from}`,
          definition: {
            when: Array.from({ length: 50 }, (_, number) => `corners since minute 0 >= ${from * 100 + number}`)
          }
        })
        const ids: Array<string> = []
        for (const from of [1, 2, 3]) ids.push(yield* writeStrategy(mallory, costly(from)))
        const [last] = [...ids].sort().slice(-1)
        yield* Effect.gen(function* () {
          yield* looks(door)
          expect(yield* names).toHaveLength(2)
          const told = yield* eventually(reasonsOf(mallory), (rows) => (rows?.length ?? 0) === 2)
          expect(told?.map(({ strategy_id }) => strategy_id)).toContain(last)
          expect(told?.[0]?.reason).toMatch(/LIMIT_PRICE/)
          // Room that is made is used.
          const [first = ""] = [...ids].sort()
          yield* request(mallory, (client) => client.from("strategies").delete().eq("id", first))
          yield* looks(door)
          expect(yield* names).toHaveLength(2)
          expect(yield* eventually(reasonsOf(mallory), (rows) => rows?.length === 1)).toHaveLength(1)
        }).pipe(Effect.provide(following(door)))
      })
    )

    it.effect("that cannot be converted fail by themselves for versions that read all at once", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* writeStrategy(ada, { name: "Ada's" })
        for (const text of ["{\\u0000", "1e999999", brackets(15_000)])
          yield* writeStrategy(mallory, { definition: text })
        const { call } = yield* Database
        expect((yield* call("active_strategies", {})).length).toBeGreaterThanOrEqual(1)
      })
    )
  })
})
