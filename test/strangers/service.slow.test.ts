import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { Sql } from "../contracts/Sql.ts"
import { blocked, makeBotApi } from "../fixtures/botApi.ts"
import { eventually, pause } from "../fixtures/eventually.ts"
import { noPostgrest, SupabaseProject } from "../fixtures/postgrest.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"
import { ada, mallory, request, sql } from "./project.ts"

const carol = "c0000000-0000-4000-8000-00000000000c"

const always = { when: ["minute >= 1"] }

/** What the hostile owner has written: as much as fires, and all that might stop whoever reads it. */
const written = Effect.gen(function* () {
  /** What cannot be arranged is told as that, not as alerts that never come. */
  const done = <R extends { readonly error: unknown }>({ error }: R) => expect(error).toBeNull()
  const insert = (who: string, rows: ReadonlyArray<object>) =>
    Effect.map(
      request(who, (client) => client.from("strategies").insert(rows.map((row) => ({ user_id: who, ...row })))),
      done
    )
  for (const [who, name] of [
    [ada, "Ada"],
    [carol, "Carol"]
  ] as const) {
    yield* insert(
      who,
      [1, 2, 3].map((league) => ({ name: `${name} ${league}`, league_ids: [`${league}`], definition: always }))
    )
  }
  yield* insert(mallory, [
    ...Array.from({ length: 10 }, (_, number) => ({ name: `Mallory ${number}`, definition: always })),
    ...["{\\u0000", '{"when":1e999999}', `${"[".repeat(9000)}${"]".repeat(9000)}`].map((definition) => ({
      name: "No JSON",
      definition
    })),
    { name: "Signs", definition: { when: [`${"-".repeat(3900)}1 <= minute`] } },
    { name: "Conditions", definition: { when: Array.from({ length: 400 }, () => "minute >= 1") } }
  ])
  yield* insert(mallory, [{ name: "Typos", desired_outcome: "corner ".repeat(500), definition: null }])
  // As an older version took it. Four million characters are more than may be read, compressed too.
  yield* sql(`set session_replication_role = replica;
    insert into strategies (user_id, name, description, definition)
      values ('${mallory}', 'Huge', repeat('x', 4000000), '{"when":["minute >= 1"]}');
    set session_replication_role = origin`)
  for (const [who, chat] of [
    [mallory, "66"],
    [ada, "42"],
    [carol, "33"]
  ] as const) {
    const linked = request("service", (client) => client.from("user_telegram").insert({ user_id: who, chat_id: chat }))
    yield* Effect.map(linked, done)
  }
})

/** As eventually, for what a whole process does on a busy machine. */
const inTime = <A, E, R>(look: Effect.Effect<A, E, R>, holds: (seen: A) => boolean) =>
  eventually(Effect.andThen(Effect.repeat(pause, { times: 10 }), look), holds)

describe("The service among strangers", () => {
  it.live.skipIf(noPostgrest !== undefined)(
    "alerts the others at once, gathers what is beyond a chat's hour, and mutes who has blocked the bot",
    () =>
      Effect.gen(function* () {
        yield* written
        const bot = yield* makeBotApi
        bot.refuse("33", blocked)
        const { settings } = yield* SupabaseProject
        const service = yield* touchline(
          [],
          {
            HTTP: "off",
            DATA_DIR: yield* temporaryDirectory,
            SUPABASE_URL: settings.url.href,
            SUPABASE_SERVICE_ROLE_KEY: Redacted.value(settings.serviceRoleKey),
            TELEGRAM_BOT_TOKEN: bot.token,
            TELEGRAM_API_ROOT: bot.root.href,
            POLL_INTERVAL: "1000",
            LIMIT_ALERTS: "5",
            LIMIT_TRIGGERS: "30"
          },
          fileURLToPath(new URL("evening.ts", import.meta.url))
        )
        yield* service.saying(/INFO +scan /)
        const to = (chat: string) => bot.sent.filter((message) => message.chat === chat)
        yield* inTime(
          Effect.sync(() => to("42").length),
          (count) => count === 3
        )
        // The others' turns came between hers: as many messages as one chat takes meanwhile, and a few that were first.
        const before = bot.sent.findLastIndex(({ chat }) => chat === "42")
        expect(bot.sent.slice(0, before).filter(({ chat }) => chat === "66").length).toBeLessThanOrEqual(8)
        expect(
          to("42")
            .map(({ text }) => text.split("\n")[0])
            .sort()
        ).toEqual(["Ada 1", "Ada 2", "Ada 3"])

        const digests = sql("select count(*)::int as count from triggers where alert_digest = 'waiting'")
        yield* inTime(digests, ([row]) => JSON.stringify(row) === '{"count":25}')
        // The last of the five may still be under way: a chat takes one a second.
        yield* inTime(
          Effect.sync(() => to("66").length),
          (count) => count >= 5
        )
        const used = yield* sql(
          `select what, count from owner_usage where owner = '${mallory}' and what <> 'changes' order by what`
        )
        expect(used).toEqual([
          { what: "held_back", count: 270 },
          { what: "triggers", count: 30 }
        ])
        const held = yield* request(mallory, (client) =>
          client.from("strategy_reasons").select("reason").neq("match_id", "")
        )
        expect(held.data).toHaveLength(100)

        yield* inTime(
          sql(`select 1 from triggers t join strategies s on s.id = t.strategy_id
            where s.user_id = '${carol}' and t.alert_state = 'failed'`),
          (rows) => rows.length === 3
        )
        expect(
          yield* sql("select chat_id, muted_reason is not null as muted from chat_links where muted_at is not null")
        ).toEqual([{ chat_id: "33", muted: true }])
        yield* service.kill("SIGTERM")
        expect(yield* service.ended).toBe(0)
        expect(to("66")).toHaveLength(5)
        const { stderr, stdout } = service.output()
        expect(stdout.match(/a chat takes no alerts any more/g)).toHaveLength(1)
        expect(stdout.match(/an owner has had as many triggers today/g)).toHaveLength(1)
        expect(`${stdout}${stderr}`).not.toContain(bot.token)
        expect(`${stdout}${stderr}`).not.toContain(Redacted.value(settings.serviceRoleKey))
      }).pipe(
        Effect.scoped,
        Effect.provide(
          Sql.layerProject.pipe(
            Layer.provideMerge(SupabaseProject.layer()),
            Layer.provideMerge(EmbeddedPostgres.layer()),
            Layer.provideMerge(NodeServices.layer)
          )
        )
      )
  )
})
