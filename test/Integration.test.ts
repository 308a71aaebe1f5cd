import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer, Schema } from "effect"
import { allSettings } from "../src/Chosen.ts"
import { checkedLine } from "../src/cli/doctor.ts"
import { diagnose } from "../src/doctor/diagnose.ts"
import {
  AlertChannel,
  type Check,
  check,
  Dedup,
  type Extensions,
  type Integration,
  integration,
  integrations,
  MatchFeed,
  noSettings,
  ok,
  optional,
  Strategies,
  settingsOf,
  watchedOf
} from "../src/index.ts"
import { chosenBy } from "../src/Touchline.ts"
import { environment } from "./fixtures/environment.ts"
import { quiet } from "./fixtures/logs.ts"

const feed = Layer.succeed(MatchFeed, MatchFeed.of({ name: "whistle", poll: Effect.succeed([]) }))

const key = optional({
  name: "WHISTLE_KEY",
  takes: "the key of a Whistle account, of four digits",
  meaning: "The account that is asked for matches.",
  isSecret: true,
  schema: Schema.String.pipe(Schema.check(Schema.isPattern(/^\d{4}$/)))
})

/** From outside: a feed with a setting of its own and a check. */
const whistle = integration({
  name: "whistle",
  settings: settingsOf({ key }, key.read),
  brings: ["feed"],
  feed: "asks Whistle",
  bring: (account) => ({
    parts: { feed },
    checks: () => [check("whistle account", Effect.succeed(ok(`account of ${account.length} digits`)))]
  })
})

const outside: Extensions = { integrations: [whistle] }

/** The lines of the doctor by these settings; what is embedded cannot be opened, so that nothing has to start. */
const doctor = (extensions: Extensions, env: Record<string, string> = {}) =>
  diagnose(
    () => Effect.void,
    () => extensions
  ).pipe(
    Effect.map((checks) => checks.map((each) => checkedLine({ ...each, latencyMs: 1 }))),
    Effect.provide(Layer.mergeAll(environment({ DATA_DIR: "/dev/null/data", ...env }), NodeServices.layer, quiet))
  )

/** Another that means the same account, and does not know that its key is a secret. */
const referee = integration({
  name: "referee",
  settings: ((open) => settingsOf({ open }, open.read))(
    optional({ name: "WHISTLE_KEY", takes: "letters", meaning: "The account.", schema: Schema.Literals(["a", "b"]) })
  ),
  brings: [],
  bring: () => ({ parts: {} })
})

const chosen = (extensions: Extensions, env: Record<string, string> = {}) =>
  chosenBy(() => extensions).pipe(Effect.provide(environment(env)))

describe("An integration from outside", () => {
  it.effect("that shows what is a secret of another is refused, and shows it not even then", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(
        chosen({ integrations: [whistle, referee] }, { FEED: "whistle", WHISTLE_KEY: "1234" })
      )
      assert.strictEqual(
        message,
        "WHISTLE_KEY is a secret of one integration and none of another. Call it a secret in both."
      )
    })
  )

  it.effect(
    "is the feed where FEED names no other, and its settings are told with the others when they are wrong",
    () =>
      Effect.gen(function* () {
        const { filledBy } = yield* chosen(outside, { WHISTLE_KEY: "1234" })
        assert.strictEqual(filledBy("feed"), whistle)
        const { message } = yield* Effect.flip(chosen(outside, { WHISTLE_KEY: "secret", POLL_INTERVAL: "abc" }))
        expect(message.split("\n")).toEqual([
          'POLL_INTERVAL is "abc". It takes a whole number of milliseconds from 100 to 3600000.',
          "WHISTLE_KEY cannot be used. It takes the key of a Whistle account, of four digits."
        ])
        const unset = yield* Effect.flip(chosen(outside))
        assert.strictEqual(
          unset.message,
          "WHISTLE_KEY is not set, but FEED is whistle. It takes the key of a Whistle account, of four digits."
        )
      })
  )

  it.effect("is left alone, set or not, where FEED names another, and FEED takes both", () =>
    Effect.gen(function* () {
      const { filledBy } = yield* chosen(outside, { FEED: "Simulated" })
      assert.strictEqual(filledBy("feed")?.name, "simulated")
      const { message } = yield* Effect.flip(chosen(outside, { FEED: "whisle" }))
      assert.include(message, 'FEED is "whisle" (did you mean whistle?). It takes whistle or simulated')
      const feed = allSettings([whistle, ...integrations()]).find(({ name }) => name === "FEED")
      assert.include(feed?.meaning, "Where matches come from: `whistle` asks Whistle, `simulated` invents them")
    })
  )

  it.effect("needs no settings where FEED names it and the program has a feed of its own", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(chosen(outside, { FEED: "whistle" }))
      assert.include(message, "WHISTLE_KEY is not set")
      const { filledBy, isOwn, problems } = yield* chosen({ ...outside, feed }, { FEED: "whistle" })
      expect([filledBy("feed"), isOwn("feed"), problems]).toEqual([undefined, true, []])
    })
  )

  it.effect("is found under its name in whatever case that is", () =>
    Effect.gen(function* () {
      const odd = integration({
        name: "Whistle 2",
        settings: settingsOf({ key }, key.read),
        brings: ["feed"],
        feed: "asks Whistle",
        bring: () => ({ parts: { feed } })
      })
      for (const env of [{}, { FEED: "whistle 2" }, { FEED: "Whistle 2" }]) {
        const { filledBy, problems } = yield* chosen({ integrations: [odd] }, { WHISTLE_KEY: "1234", ...env })
        expect([filledBy("feed")?.name, problems]).toEqual(["Whistle 2", []])
      }
    })
  )

  it.live("is asked by the doctor for any part that it fills", () =>
    Effect.gen(function* () {
      const quietOne = integration({
        name: "quiet",
        settings: noSettings,
        brings: [],
        bring: () => ({
          parts: { dedup: Dedup.layerMemory({ ttl: Duration.minutes(5) }) },
          checks: ({ fills }) => [check("quiet", Effect.succeed(ok([...fills].join())))]
        })
      })
      assert.match((yield* doctor({ integrations: [quietOne] })).join("\n"), /^✓ quiet .* dedup$/m)
    })
  )

  it.live("has checks that break told by the doctor, which makes all others", () =>
    Effect.gen(function* () {
      const broken = (name: string, checks: () => ReadonlyArray<Check>) =>
        integration({ name, settings: noSettings, brings: ["channel"], bring: () => ({ parts: { channel }, checks }) })
      const channel = Layer.succeed(AlertChannel, AlertChannel.of({ name: "bell", send: () => Effect.die("unused") }))
      const throws = broken("bell", () => {
        throw new Error("no rope")
      })
      const dies = broken("bell", () => [Effect.die(new Error("no tower")), check("rope", Effect.succeed(ok("long")))])
      const told = (each: Integration) => doctor({ integrations: [each, whistle] }, { WHISTLE_KEY: "1234" })
      expect((yield* told(throws)).join("\n")).toMatch(/✗ bell .*no rope.*✓ feed/s)
      expect((yield* told(dies)).join("\n")).toMatch(/✗ bell .*no tower.*✓ rope.*✓ feed/s)
    })
  )

  it.live("is asked by the doctor", () =>
    Effect.gen(function* () {
      const lines = (yield* doctor(outside, { WHISTLE_KEY: "1234" })).join("\n")
      assert.match(lines, /^✓ whistle account .* account of 4 digits$/m)
      assert.match(lines, /^✓ feed .* whistle: 0 matches$/m)
      const broken = (yield* doctor(outside, { WHISTLE_KEY: "secret" })).join("\n")
      assert.match(broken, /^✗ settings .* WHISTLE_KEY cannot be used → It takes/m)
      assert.match(broken, /^– feed .* not checked: its settings cannot be used$/m)
      assert.notInclude(broken, "secret")
    })
  )
})

describe("A part that a program replaces", () => {
  const feed = Layer.succeed(MatchFeed, MatchFeed.of({ name: "mine", poll: Effect.succeed([]) }))
  const channel = Layer.succeed(
    AlertChannel,
    AlertChannel.of({ name: "pigeons", send: () => Effect.succeed({ channel: "pigeons", text: "" }) })
  )
  const dedup = Dedup.layerMemory({ ttl: Duration.minutes(5) })
  const telegram = { TELEGRAM_BOT_TOKEN: "1:a", TELEGRAM_CHAT_ID: "1" }

  it.effect("goes before whatever the settings choose, and nothing else changes", () =>
    Effect.gen(function* () {
      const { filledBy, parts } = yield* chosen({ feed, channel, dedup }, { ...telegram, REDIS_HOST: "localhost" })
      expect([parts.feed, parts.channel, parts.dedup]).toEqual([feed, channel, dedup])
      expect((["feed", "channel", "dedup", "queue"] as const).map((part) => filledBy(part)?.name)).toEqual([
        undefined,
        undefined,
        undefined,
        "redis"
      ])
    })
  )

  it.live("is named by the doctor as the program's own, and what is configured in its place as not in use", () =>
    Effect.gen(function* () {
      const lines = (yield* doctor({ feed, channel, dedup }, telegram)).join("\n")
      assert.match(lines, /^✓ feed .* mine, of this program: 0 matches$/m)
      assert.match(lines, /^✓ alerts .* pigeons, of this program$/m)
      assert.match(lines, /^✓ dedup .* in memory, for 5m, of this program$/m)
      assert.match(lines, /^– telegram .* not in use: another is, of this program$/m)
    })
  )

  it.effect("is refused where a program brings it in two ways", () =>
    Effect.gen(function* () {
      const strategies = Layer.succeed(
        Strategies,
        Strategies.of({ name: "mine", set: "mine", watched: Effect.succeed(watchedOf([])) })
      )
      const { message } = yield* Effect.flip(chosen({ strategies, strategyDirectory: "/strategies" }))
      assert.strictEqual(message, "The program brings strategies and a strategyDirectory. It can bring one of them.")
      const { replaced } = yield* chosenBy(() => ({ strategies }), { strategyDirectory: "/strategies" }).pipe(
        Effect.provide(environment({}))
      )
      expect([...replaced]).toEqual([])
    })
  )

  it.live("fails the doctor where it does not start", () =>
    Effect.gen(function* () {
      const broken = Layer.effect(Dedup, Effect.fail({ message: "no room. Make some." }))
      assert.match((yield* doctor({ dedup: broken })).join("\n"), /^✗ dedup .* no room → Make some\.$/m)
    })
  )
})
