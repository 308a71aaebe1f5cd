import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { sportMonksFeed } from "../../fixtures/liveFeed.ts"
import { Logs } from "../../fixtures/logs.ts"
import { dayStart } from "../../fixtures/matchDay.ts"
import { shown } from "../../fixtures/pipeline.ts"
import { json, makeProviderServer } from "../../fixtures/providerServer.ts"
import { fixtureOf } from "../../fixtures/sportMonksServer.ts"

const minute = 60_000

const isolated = <A, E>(effect: Effect.Effect<A, E, Logs | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(Logs.layer))

const lines = (message: string) => Effect.flatMap(Logs, (logs) => logs.lines(message))
const out = "SportMonks does not give this with the plan: polls go on without it"

const optional = ["league.country", "statistics", "events", "inplayOdds"]

/** SportMonks that refuses what `refuses` says of the includes of a request, and the optional ones of each request for the list. */
const world = Effect.fnUntraced(function* (message: (include: string) => string) {
  const refused = new Set<string>()
  const requests: Array<ReadonlyArray<string>> = []
  const server = yield* makeProviderServer(({ path, query }) => {
    const includes = query.get("include")?.split(";") ?? []
    if (!path.startsWith("livescores")) return json({ message: "No result(s) found matching your request." })
    requests.push(includes.filter((each) => optional.includes(each)))
    const bad = includes.find((each) => refused.has(each))
    if (bad !== undefined) return json({ message: message(bad), code: 5002 }, 403)
    return json({ data: [fixtureOf(shown({ competition: "8" }))] })
  })
  const feed = yield* sportMonksFeed(server.url)
  return {
    refused,
    requests,
    /** The optional includes of the answer to a poll at this minute. */
    poll: (at: number) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(dayStart + at * minute)
        assert.lengthOf(yield* feed.poll, 1)
        return requests.findLast((each) => !each.some((include) => refused.has(include)))
      }),
    fails: Effect.flip(feed.poll)
  }
})

const unnamed = () => "The requested include does not exist"
const named = (include: string) => `You do not have access to the '${include}' include`

describe("An include that SportMonks refuses", () => {
  it.effect.each([
    ["without a name", unnamed, ["statistics"]],
    ["by its name", named, ["statistics"]],
    ["together with another, without names", unnamed, ["events", "inplayOdds"]],
    ["together with another, by their names", named, ["events", "inplayOdds"]]
  ] as const)("%s is left out by itself, told, and asked for again every half hour", ([, message, bad]) =>
    Effect.gen(function* () {
      const { poll, refused, requests } = yield* world(message)
      for (const each of bad) refused.add(each)
      const others = optional.filter((each) => !refused.has(each))
      assert.deepStrictEqual(yield* poll(0), others)
      assert.isAtMost(requests.length, 7)
      assert.deepStrictEqual(
        (yield* lines(out)).map(({ fields }) => fields.include),
        [...bad]
      )
      const before = requests.length
      for (let at = 1; at < 30; at++) assert.deepStrictEqual(yield* poll(at), others)
      assert.lengthOf(requests, before + 29)
      yield* poll(30)
      assert.lengthOf(requests, before + 30 + bad.length)
      refused.clear()
      yield* poll(59)
      assert.isEmpty(yield* lines("SportMonks gives this again"))
      assert.deepStrictEqual(yield* poll(60), optional)
      assert.lengthOf(yield* lines("SportMonks gives this again"), bad.length)
      assert.lengthOf(yield* lines(out), bad.length)
    }).pipe(isolated)
  )

  it.effect("once, with no name, costs none", () =>
    Effect.gen(function* () {
      const { poll, refused, requests } = yield* world(() => {
        refused.clear()
        return unnamed()
      })
      refused.add("statistics")
      assert.deepStrictEqual(yield* poll(0), optional)
      const before = requests.length
      assert.deepStrictEqual(yield* poll(1), optional)
      assert.lengthOf(requests, before + 1)
      assert.isEmpty(yield* lines(out))
    }).pipe(isolated)
  )

  it.effect("where leaving out none helps fails the poll, and all are asked for again by the next", () =>
    Effect.gen(function* () {
      const { fails, poll, refused, requests } = yield* world(unnamed)
      refused.add("state")
      const { message, reason } = yield* fails
      assert.deepStrictEqual([reason, requests], ["refused", [optional, []]])
      assert.include(message, "The requested include does not exist. Check that the plan")
      refused.clear()
      assert.deepStrictEqual(yield* poll(1), optional)
      assert.lengthOf(requests, 3)
      assert.isEmpty(yield* lines(out))
    }).pipe(isolated)
  )
})
