import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { decodeSnapshot, isPlain } from "../../src/domain/decodeSnapshot.ts"
import { metrics } from "../../src/domain/Metric.ts"
import { withMomentum } from "../../src/domain/momentum.ts"
import { Snapshot } from "../../src/domain/Snapshot.ts"
import { shown } from "../fixtures/pipeline.ts"

const bySchema = Schema.decodeUnknownResult(Snapshot, { errors: "all" })

/** The snapshot with what is made of the rest. */
const derivedOf = (snapshot: Snapshot): Snapshot => ({ ...snapshot, statistics: withMomentum(snapshot.statistics) })

/** Values of every kind that a feed may put anywhere, the odd ones among them. */
const oddities: ReadonlyArray<unknown> = [
  undefined,
  null,
  0,
  -1,
  1.5,
  64,
  101,
  1e21,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "",
  "7",
  "a\0b",
  "\ud83d",
  "2018-07-06T20:00:00+02:00",
  "+200000-01-01T00:00:00Z",
  "yesterday",
  "P",
  "break",
  "scheduled",
  "suspended",
  "7".repeat(201),
  "walkover",
  true,
  [],
  {},
  { home: 1, away: 2 },
  { home: 1, away: 2, more: 3 },
  { home: 1 },
  { home: "1", away: 2 },
  JSON.parse('{"__proto__": {"home": 1, "away": 2}}'),
  new Map([["home", 1]])
]

const paths = [
  ["match"],
  ["match", "id"],
  ["match", "competition"],
  ["match", "competition", "id"],
  ["match", "competition", "name"],
  ["match", "home"],
  ["match", "away", "name"],
  ["match", "kickOff"],
  ["match", "venue"],
  ["clock"],
  ["clock", "period"],
  ["clock", "minute"],
  ["clock", "added"],
  ["clock", "status"],
  ["score"],
  ["score", "home"],
  ["statistics"],
  ["prematch"],
  ["odds"],
  ["more"],
  ...["statistics", "prematch", "odds"].flatMap((group) =>
    [...metrics.keys(), "aerials", "win", "draw", "position"].map((name) => [group, name.replace(/^.*\./, "")])
  )
]

const whole = (length: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: length - 1 }))
const changes = Arbitrary.array(
  Arbitrary.schema(Schema.Struct({ path: whole(paths.length), value: whole(oddities.length) })),
  { maxLength: 3 }
)

const base = shown({
  id: "7",
  minute: 60,
  statistics: { corners: { home: 3, away: 1 }, possession: { home: 55, away: 45 } },
  prematch: { position: { home: 1, away: 2 }, draw_odds: 3.2 },
  odds: { win: { home: 2, away: 3 }, draw: 3.4 }
})

/** What is left of a group or clock of which every part is bad. */
const emptied = (changes: Record<string, unknown>) =>
  Object.fromEntries(
    Object.keys(changes).map((key) => [
      key,
      key === "clock" ? { period: "2H", minute: 60, added: 0, status: "live" } : {}
    ])
  )

/** A copy with this value at this place, where there is such a place. */
const changed = (input: unknown, [key = "", ...rest]: ReadonlyArray<string>, value: unknown): unknown =>
  typeof input !== "object" || input === null || Array.isArray(input) || input instanceof Map
    ? input
    : { ...input, [key]: rest.length === 0 ? value : changed(Reflect.get(input, key), rest, value) }

const encode = Schema.encodeSync(Snapshot)

describe("A snapshot", () => {
  it.prop(
    "is read as its schema reads it where that takes it, and is one that it takes in any case",
    [changes],
    ([happened]) => {
      const input = happened.reduce<unknown>(
        (before, { path, value }) => changed(before, paths[path] ?? [], oddities[value]),
        base
      )
      const [decoded, expected] = [decodeSnapshot(input), bySchema(input)]
      if (Result.isSuccess(expected)) {
        assert.deepStrictEqual(Result.getOrThrow(decoded), { snapshot: derivedOf(expected.success), faults: [] })
      } else if (Result.isSuccess(decoded)) {
        const { snapshot } = decoded.success
        assert.deepStrictEqual(Result.getOrThrow(bySchema(encode(snapshot))), snapshot)
      }
    }
  )

  it("holds nothing of what the feed handed over: it may be changed afterwards", () => {
    const input = structuredClone(base)
    const { snapshot } = Result.getOrThrow(decodeSnapshot(input))
    Object.assign(input.statistics?.corners ?? {}, { home: 9 })
    assert.deepStrictEqual(snapshot.statistics.corners, { home: 3, away: 1 })
  })
})

/** What is made of the rest of a snapshot, or of its past. */
const derived = new Set(["goals", "momentum", "minutes_since_last_goal"])

/** A snapshot with every other figure of the catalogue. */
const rich = [...metrics].reduce<unknown>(
  (before, [name, { group, range, sided }]) => {
    const key = name.replace(/^.*\./, "")
    const value = sided ? { home: range[0], away: range[1] } : range[0]
    return derived.has(name) ? before : changed(before, [group === "in-play" ? "statistics" : group, key], value)
  },
  shown({ score: { home: 1, away: 0 }, statistics: {}, prematch: {}, odds: {} })
)

/** Its parts that may be missing. */
const removable: ReadonlyArray<ReadonlyArray<string>> = [
  ["statistics"],
  ["prematch"],
  ["odds"],
  ["statistics", "aerials"],
  ...[...metrics].flatMap(([name, { group }]) =>
    derived.has(name) ? [] : [[group === "in-play" ? "statistics" : group, name.replace(/^.*\./, "")]]
  )
]

const without = (input: unknown, [key = "", ...rest]: ReadonlyArray<string>): unknown => {
  if (typeof input !== "object" || input === null) return input
  if (rest.length > 0) return { ...input, [key]: without(Reflect.get(input, key), rest) }
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== key))
}

const damages = Arbitrary.array(
  Arbitrary.schema(Schema.Struct({ part: whole(removable.length), value: whole(oddities.length) })),
  { minLength: 1, maxLength: 12 }
)

describe("Momentum", () => {
  const of = (statistics: Record<string, unknown>) =>
    Result.getOrThrow(decodeSnapshot({ ...base, statistics })).snapshot.statistics.momentum
  const parts = {
    attacks: { home: 10, away: 1 },
    dangerous_attacks: { home: 5, away: 0 },
    shots_on_target: { home: 2, away: 1 }
  }

  it("is attacks, dangerous attacks twice and shots on target three times over", () => {
    assert.deepStrictEqual(of(parts), { home: 26, away: 4 })
    assert.deepStrictEqual(of({ ...parts, momentum: { home: 1, away: 1 } }), { home: 26, away: 4 })
  })

  it("is not known where one of them is not, whatever a feed calls by that name", () => {
    for (const part of Object.keys(parts)) {
      assert.isUndefined(of({ ...parts, [part]: null, momentum: { home: 1, away: 1 } }))
    }
  })
})

describe("One bad part", () => {
  it.prop("costs that part", [damages], ([happened]) => {
    const groups = new Set(happened.flatMap(({ part }) => (removable[part]?.length === 1 ? removable[part] : [])))
    let [damaged, expected] = [rich, rich]
    const bad = new Set<string>()
    for (const { part, value } of new Map(happened.map((each) => [each.part, each])).values()) {
      const path = removable[part] ?? []
      const oddity = oddities[value]
      // Names in place of a whole group are names that nobody knows, and what is in a group that is no more is nowhere.
      if (path.length === 1 ? isPlain(oddity) : groups.has(path[0] ?? "")) continue
      damaged = changed(damaged, path, oddity)
      const isTaken = Result.isSuccess(bySchema(changed(expected, path, oddity)))
      expected = isTaken ? changed(expected, path, oddity) : without(expected, path)
      if (!isTaken && (path.length > 1 || oddity !== undefined)) bad.add(path.join("."))
    }
    const { faults, snapshot } = Result.getOrThrow(decodeSnapshot(damaged))
    assert.deepStrictEqual(snapshot, derivedOf(Result.getOrThrow(bySchema(expected))))
    bad.delete("statistics.aerials")
    assert.deepStrictEqual(new Set(faults.map(({ part }) => part)), bad)
  })

  const read = (changes: Record<string, unknown>) => Result.getOrThrow(decodeSnapshot({ ...base, ...changes }))

  it.each<[string, Record<string, unknown>, ReadonlyArray<string>]>([
    ["no fouls of either team", { statistics: { fouls: { home: null, away: null } } }, ["statistics.fouls"]],
    ["no fouls of one", { statistics: { fouls: { home: 3, away: null } } }, ["statistics.fouls"]],
    ["a suspended market", { odds: { win: { home: 0, away: 0 }, draw: -1 } }, ["odds.win", "odds.draw"]],
    ["no place in the table", { prematch: { position: { home: 0, away: 3 } } }, ["prematch.position"]],
    ["no statistics", { statistics: null }, ["statistics"]],
    ["percent signs", { statistics: { possession: { home: "55%", away: "45%" } } }, ["statistics.possession"]],
    ["a number that the catalogue does not know", { statistics: { aerials: 7 } }, []],
    ["nothing under an unknown name", { statistics: { aerials: null, blocks: {} } }, []],
    ["a name that no database takes", { statistics: { "a\0b": { home: 1, away: 2 } } }, []],
    ["added minutes that are null", { clock: { ...base.clock, added: null } }, []],
    ["no added minutes", { clock: { period: "2H", minute: 60, status: "live" } }, []],
    ["added minutes that are none", { clock: { ...base.clock, added: -2 } }, ["clock.added"]]
  ])("such as %s is left out, and named", (_, changes, parts) => {
    const { faults, snapshot } = read(changes)
    assert.deepStrictEqual(
      faults.map(({ part }) => part),
      parts
    )
    assert.deepStrictEqual(snapshot, { ...read({}).snapshot, ...emptied(changes) })
  })

  it("such as the clock of a match that has not begun costs nothing", () => {
    for (const status of ["scheduled", "postponed", "delayed", "cancelled", "awarded", "walkover"]) {
      const { faults, snapshot } = read({ clock: { status, period: null, minute: null }, score: null })
      assert.deepStrictEqual(faults, [])
      assert.deepStrictEqual(snapshot.clock, { period: "1H", minute: 0, added: 0, status: snapshot.clock.status })
      assert.deepStrictEqual(snapshot.score, { home: 0, away: 0 })
    }
  })

  it("such as the minute at which a match stopped costs that: it waits, or is over, all the same", () => {
    const stopped = (status: string) => decodeSnapshot({ ...shown({}), clock: { status }, score: null })
    for (const [status, taken] of [
      ["suspended", "delayed"],
      ["interrupted", "delayed"],
      ["abandoned", "cancelled"]
    ] as const) {
      const { faults, snapshot } = Result.getOrThrow(stopped(status))
      assert.deepStrictEqual(snapshot.clock, { period: "1H", minute: 0, added: 0, status: taken })
      assert.deepStrictEqual(faults, [
        { part: "clock", reason: `${status} at no minute of play is taken for ${taken}` }
      ])
    }
    for (const status of ["live", "break", "finished"]) assert.isTrue(Result.isFailure(stopped(status)))
  })

  it("such as the minute at which a match ended costs that: its final score stays", () => {
    for (const [clock, period, minute] of [
      [{ status: "finished" }, "2H", 90],
      [{ status: "finished", period: "1H", minute: null }, "2H", 90],
      [{ status: "finished", period: "2H", minute: -1 }, "2H", 90],
      [{ status: "finished", period: "E1", minute: 1e9 }, "E2", 120],
      [{ status: "finished", period: "E2" }, "E2", 120],
      [{ status: "finished", period: "P", minute: "late" }, "P", 120]
    ] as const) {
      const { faults, snapshot } = read({ clock, score: { home: 2, away: 1 } })
      assert.deepStrictEqual(snapshot.clock, { period, minute, added: 0, status: "finished" })
      assert.deepStrictEqual(snapshot.score, { home: 2, away: 1 })
      assert.deepStrictEqual(
        faults.map(({ part }) => part),
        ["clock"]
      )
    }
  })

  it.each([
    ["what is too long of it", `${"x".repeat(499)}⚽⚽ and more`, `${"x".repeat(499)}⚽`],
    ["half a character at the end", `${"x".repeat(499)}🏟 and more`, "x".repeat(499)],
    ["what is no text in it", "Real\0 Madrid", "Real Madrid"]
  ])("such as a name costs %s", (_, name, kept) => {
    for (const part of ["competition", "home", "away"] as const) {
      const { faults, snapshot } = read({ match: { ...base.match, [part]: { ...base.match[part], name } } })
      assert.strictEqual(snapshot.match[part].name, kept)
      assert.deepStrictEqual(
        faults.map((fault) => fault.part),
        [`match.${part}.name`]
      )
    }
  })

  it("costs the match where that is its clock, its score or its name", () => {
    for (const changes of [
      { clock: { ...base.clock, minute: null } },
      { clock: { ...base.clock, status: "asleep" } },
      { score: { home: null, away: 0 } },
      { match: { ...base.match, home: { name: "" } } },
      { match: { ...base.match, id: "7".repeat(10_000) } },
      { match: { ...base.match, kickOff: "+200000-01-01T00:00:00Z" } }
    ]) {
      assert.isTrue(Result.isFailure(decodeSnapshot({ ...base, ...changes })), JSON.stringify(changes).slice(0, 200))
    }
  })
})
