import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { makeWatchedSet, type Watched, watchedOf } from "../../src/strategies/Watched.ts"
import { newStrategy } from "../fixtures/pipeline.ts"

const [a, b, c] = [newStrategy({ name: "A" }), newStrategy({ name: "B" }), newStrategy({ name: "C" })]

const namesOf = ({ all }: Watched) => [...all()].map(({ name }) => name)

/** What `since` tells, by names and ids. */
const told = (watched: Watched, version: number) =>
  Option.getOrUndefined(
    Option.map(watched.since(version), ({ added, removed }) => ({ added: added.map(({ name }) => name), removed }))
  )

describe("What is watched", () => {
  it("tells what was added, edited and removed since a version", () => {
    const set = makeWatchedSet()
    set.change({ added: [a, b], removed: [], leftOut: 0 })
    const first = set.now()
    set.change({ added: [{ ...a, name: "A2" }, c], removed: [b.id], leftOut: 0 })
    const second = set.now()
    assert.deepStrictEqual(namesOf(second), ["A2", "C"])
    assert.deepStrictEqual(told(second, first.version), { added: ["A2", "C"], removed: [b.id] })
    assert.deepStrictEqual(told(second, second.version), { added: [], removed: [] })
    assert.deepStrictEqual(told(second, 0), { added: ["A2", "C"], removed: [b.id] })
  })

  it("has another version for what changes something, and only for that", () => {
    const set = makeWatchedSet()
    set.change({ added: [a], removed: [], leftOut: 0 })
    const { version } = set.now()
    set.change({ added: [], removed: [b.id], leftOut: 0 })
    assert.strictEqual(set.now().version, version)
    set.change({ added: [], removed: [], leftOut: 1 })
    assert.isAbove(set.now().version, version)
    assert.strictEqual(set.now().leftOut, 1)
  })

  it("holds no strategy that is switched off", () => {
    const set = makeWatchedSet()
    set.change({ added: [a, { ...b, active: false }], removed: [], leftOut: 0 })
    const { version } = set.now()
    set.change({ added: [{ ...a, active: false }], removed: [], leftOut: 0 })
    assert.strictEqual(set.now().size, 0)
    assert.deepStrictEqual(told(set.now(), version), { added: [], removed: [a.id] })
  })

  it("says that a version is too long ago, or unknown, rather than half of what happened", () => {
    const set = makeWatchedSet()
    set.change({ added: [a], removed: [], leftOut: 0 })
    const first = set.now()
    for (let edits = 0; edits < 3000; edits++)
      set.change({ added: [{ ...b, name: `${edits}` }], removed: [], leftOut: 0 })
    const now = set.now()
    assert.isUndefined(told(now, first.version))
    assert.isUndefined(told(now, now.version + 1))
    assert.deepStrictEqual(told(now, now.version - 900), { added: ["2999"], removed: [] })
  })

  it("forgets the changes of one version together", () => {
    const set = makeWatchedSet()
    const many = Array.from({ length: 3000 }, () => newStrategy())
    set.change({ added: many, removed: [], leftOut: 0 })
    const before = set.now().version
    set.change({ added: [], removed: many.map(({ id }) => id), leftOut: 0 })
    const told = set.now().since(before)
    assert.isTrue(Option.isNone(told) || told.value.removed.length === many.length)
  })

  it("may stand still", () => {
    assert.deepStrictEqual(namesOf(watchedOf([a, { ...b, active: false }, c])), ["A", "C"])
  })
})
