import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { makeKnownPairs } from "../../src/scan/KnownPairs.ts"
import { newStrategy, snapshotOf } from "../fixtures/pipeline.ts"
import { makeReference } from "./sets.ts"

const ttl = 1000

const strategies = Array.from({ length: 40 }, () => newStrategy())
const views = ["1", "2", "3"].map((id) => ({ snapshot: snapshotOf({ id }), timeline: [] }))
const matchIds = views.map(({ snapshot }) => `${snapshot.match.id}`)

/** A thing that happens to a strategy and a match, each by its number. */
const Event = Schema.Struct({
  what: Schema.Literals(["watch", "watch", "edit", "unwatch", "unwatch", "add", "add", "ask", "answer", "no answer"]),
  strategy: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: strategies.length - 1 })),
  match: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: matchIds.length - 1 }))
})

const events = Arbitrary.array(Arbitrary.schema(Event), { minLength: 100, maxLength: 400 })

describe("Known pairs", () => {
  it.prop(
    "are those of sets of pairs, whatever strategies come, go and take the places of others",
    [events],
    ([happened]) => {
      const known = makeKnownPairs({ ttl })
      const rules = RuleSet.make([])
      const reference = makeReference()
      for (const { match, strategy: number, what } of happened) {
        const strategy = strategies[number] ?? newStrategy()
        const matchId = matchIds[match] ?? ""
        const some = strategies.filter((_, index) => index % 3 === number % 3).map(({ id }) => `${id}`)
        switch (what) {
          case "watch":
          case "edit":
            if (what === "edit" && !reference.watched.has(strategy.id)) break
            reference.watched.add(strategy.id)
            rules.add({ ...strategy }, known.watch(strategy.id))
            break
          case "unwatch":
            reference.unwatch(strategy.id)
            rules.remove(strategy.id)
            known.unwatch(strategy.id)
            break
          case "add":
            reference.add(strategy.id, matchId)
            known.add({ strategyId: strategy.id, matchId }, 0)
            break
          case "ask":
            reference.ask(matchId)
            known.asking([matchId], 0)
            break
          case "answer":
            reference.answer(matchId, some)
            known.answered(matchId, some, 0)
            break
          case "no answer":
            reference.noAnswer(matchId)
            known.unanswered([matchId])
        }
        const unknown = known.unknown(rules.fired(views), rules.labels(), matchIds)
        const pairs = Array.from(
          unknown.strategies,
          (each, index) => `${rules.strategy(each)?.id} on ${matchIds[unknown.views[index] ?? -1]}`
        )
        const expected = matchIds.flatMap((id) =>
          [...reference.watched].filter((each) => !reference.of(id).has(each)).map((each) => `${each} on ${id}`)
        )
        assert.deepStrictEqual(pairs.sort(), expected.sort())
      }
    }
  )

  it("come due match by match within the time to live, and never many at a time", () => {
    const known = makeKnownPairs({ ttl })
    const all = Array.from({ length: 1000 }, (_, index) => `${index}`)
    for (const id of all) known.answered(id, [], 0)
    known.shown(all)
    const counts: Array<number> = []
    for (let now = 10; now <= ttl; now += 10) {
      const due = known.due(now)
      counts.push(due.length)
      for (const id of due) known.answered(id, [], now + ttl)
    }
    assert.strictEqual(
      counts.reduce((a, b) => a + b),
      1000
    )
    assert.isAtMost(Math.max(...counts), 30)
  })

  it("of a match that is seen no more are forgotten when they are due", () => {
    const known = makeKnownPairs({ ttl })
    known.watch("1")
    known.answered("left", ["1"], 0)
    assert.isTrue(known.isAsked("left"))
    assert.deepStrictEqual(known.due(ttl), [])
    assert.isFalse(known.isAsked("left"))
  })
})
