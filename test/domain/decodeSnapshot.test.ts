import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { decodeSnapshot } from "../../src/domain/decodeSnapshot.ts"
import { metrics } from "../../src/domain/Metric.ts"
import { Snapshot } from "../../src/domain/Snapshot.ts"
import { shown } from "../fixtures/pipeline.ts"

const bySchema = Schema.decodeUnknownResult(Snapshot, { errors: "all" })

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

/** A copy with this value at this place, where there is such a place. */
const changed = (input: unknown, [key = "", ...rest]: ReadonlyArray<string>, value: unknown): unknown =>
  typeof input !== "object" || input === null || Array.isArray(input) || input instanceof Map
    ? input
    : { ...input, [key]: rest.length === 0 ? value : changed(Reflect.get(input, key), rest, value) }

describe("A snapshot", () => {
  it.prop("is decoded as its schema decodes it, whatever is in it", [changes], ([happened]) => {
    const input = happened.reduce<unknown>(
      (before, { path, value }) => changed(before, paths[path] ?? [], oddities[value]),
      base
    )
    const [decoded, expected] = [decodeSnapshot(input), bySchema(input)]
    assert.strictEqual(Result.isSuccess(decoded), Result.isSuccess(expected))
    if (Result.isSuccess(decoded) && Result.isSuccess(expected)) {
      assert.deepStrictEqual(decoded.success, expected.success)
    }
  })

  it("holds nothing of what the feed handed over: it may be changed afterwards", () => {
    const input = structuredClone(base)
    const decoded = Result.getOrThrow(decodeSnapshot(input))
    Object.assign(input.statistics?.corners ?? {}, { home: 9 })
    assert.deepStrictEqual(decoded.statistics.corners, { home: 3, away: 1 })
  })
})
