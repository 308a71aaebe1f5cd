/** Answers of PostgREST and of the Bot API that went bad, over HTTP: each ends in a typed failure or in rows. */
import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Redacted, Schedule, type Scope } from "effect"
import { AlertChannel, ChannelError } from "../../src/alert/AlertChannel.ts"
import { layerTelegram } from "../../src/alert/telegram/TelegramChannel.ts"
import { TelegramLimits } from "../../src/alert/telegram/TelegramLimits.ts"
import { Database, DatabaseError } from "../../src/database/Database.ts"
import { layerSupabase } from "../../src/database/supabase/SupabaseDatabase.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import { alertOf } from "../fixtures/alertOf.ts"
import { quiet } from "../fixtures/logs.ts"
import { badTexts, badValues } from "../fixtures/mutated.ts"
import { shown } from "../fixtures/pipeline.ts"
import { listening } from "../fixtures/postgrest.ts"

const cases = 2000

/** A server that answers with the next of these, whatever it is asked. */
const answering = (next: () => { readonly status: number; readonly body: string }) =>
  Effect.map(
    listening(
      createServer((request, response) => {
        request.resume()
        request.once("end", () => {
          const { body, status } = next()
          response.writeHead(status, { "content-type": "application/json" }).end(body)
        })
      })
    ),
    (port) => new URL(`http://127.0.0.1:${port}`)
  )

/** Bodies that went bad: as values, and as texts. */
const bodies = (seed: string, good: ReadonlyArray<unknown>) => [
  ...Array.from(badValues(seed, good, cases / 2), (value) => JSON.stringify(value)),
  ...badTexts(
    seed,
    good.map((value) => JSON.stringify(value)),
    cases / 2
  )
]

const statuses = [200, 200, 200, 200, 400, 401, 403, 404, 409, 429, 500, 503]

/** Asks once for each body, and answers how many failed: each with an error of this kind. */
const askedFor = Effect.fnUntraced(function* <A, E>(
  seed: string,
  good: ReadonlyArray<unknown>,
  ask: (url: URL) => Effect.Effect<(index: number) => Effect.Effect<A, E>, never, Scope.Scope>,
  isOurs: (error: unknown) => boolean
) {
  const all = bodies(seed, good)
  let served = -1
  const url = yield* answering(() => {
    served += 1
    // The start is looked at elsewhere: it goes well.
    if (served === 0) return { status: 200, body: JSON.stringify([]) }
    return { status: statuses[served % statuses.length] ?? 200, body: all[served % all.length] ?? "" }
  })
  const once = yield* ask(url)
  const exits = yield* Effect.forEach(all, (_, index) => Effect.exit(once(index)), { concurrency: 8 })
  const failures = exits.filter(Exit.isFailure)
  for (const exit of failures) {
    const error = Option.getOrUndefined(Exit.findErrorOption(exit))
    assert.isTrue(isOurs(error), String(exit.cause))
  }
  assert.strictEqual(exits.length, cases)
  assert.isAbove(failures.length, 100)
  return exits.length - failures.length
})

describe("Two thousand answers that went bad", () => {
  it.live("of PostgREST are rows that are left out, or failures of the database", () =>
    Effect.gen(function* () {
      const row = {
        id: "1",
        strategy_id: "00000000-0000-4000-8000-000000000001",
        strategy_name: "A",
        owner: null,
        owner_chat: "42",
        snapshot: shown(),
        evidence: [],
        triggered_at: "2026-05-02T15:00:00Z",
        alert_state: "sent"
      }
      const good = [
        [row, { ...row, id: "2" }],
        [],
        { code: "23505", message: "duplicate key", details: null, hint: null }
      ]
      yield* askedFor(
        "postgrest",
        good,
        (url) =>
          Effect.gen(function* () {
            const database = layerSupabase(
              { url, serviceRoleKey: Redacted.make("a-key") },
              { timeout: "30 seconds", retry: Schedule.recurs(0) }
            )
            const context = yield* Layer.build(TriggerStore.layer.pipe(Layer.provideMerge(database)))
            return (index: number) =>
              Effect.provideContext(
                Effect.gen(function* () {
                  if (index % 2 === 0) return yield* (yield* Database).call("judged_triggers_by_id", { ids: ["1"] })
                  return yield* (yield* TriggerStore).find(TriggerId.make(`${index}`))
                }),
                context
              )
          }).pipe(Effect.orDie),
        (error) => error instanceof DatabaseError
      )
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("of the Bot API are receipts, or failures of the channel", () =>
    Effect.gen(function* () {
      const good = [
        { ok: true, result: { message_id: 7, chat: { id: 42 }, date: 0 } },
        { ok: false, error_code: 429, description: "Too Many Requests", parameters: { retry_after: 1 } },
        { ok: false, error_code: 400, description: "Bad Request", parameters: { migrate_to_chat_id: -100 } }
      ]
      const unlimited = Layer.mock(TelegramLimits, {
        turn: () => Effect.void,
        answered: () => Effect.void,
        refused: (_chat, error) => Effect.succeed(error)
      })
      yield* askedFor(
        "bot api",
        good,
        (apiRoot) =>
          Effect.map(
            Layer.build(
              layerTelegram({
                token: Redacted.make("1:secret"),
                chatId: Option.some("42"),
                chatFor: "everyone",
                apiRoot
              }).pipe(Layer.provide(unlimited))
            ),
            (context) => () =>
              Effect.provideContext(
                Effect.flatMap(AlertChannel, ({ send }) => send(alertOf())),
                context
              )
          ),
        (error) => error instanceof ChannelError && !error.message.includes("secret")
      )
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )
})
