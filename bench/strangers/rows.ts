/** Rows that are made to be slow to read, and what reading each costs: at most 1 ms per kB, and 20 ms in all. */
import { decodeStrategyRow } from "../../src/rules/rows/StrategyRow.ts"

const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => make(index))

const nested = (depth: number, inner: unknown, wrap: (inner: unknown) => unknown): unknown => {
  let all = inner
  for (let level = 0; level < depth; level++) all = wrap(all)
  return all
}

/** Text without a pattern, so that no two typos share a beginning. */
const scrambled = (length: number, seed: number): string => {
  let state = seed + 1
  let text = ""
  while (text.length < length) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    text += state.toString(36)
  }
  return text.slice(0, length)
}

const comparison = { left: "minute", comparator: ">=", right: 1 }
const when = (...conditions: ReadonlyArray<unknown>) => ({ definition: { when: conditions } })
const rule = { id: "1", value_type: "IN_PLAY", metric: "goals", comparator: "GTE", value: 1, team_scope: "TOTAL" }

/** What an owner may try to write, by what it is. Most of it is refused when it is written; here it is read all the same. */
const corpus: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    [20, 200, 1000, 4000, 20_000].flatMap((length) => [
      [`an unknown outcome of ${length}`, { desired_outcome: scrambled(length, length), rules: [rule] }],
      [
        `an outcome almost right, of ${length}`,
        { desired_outcome: `OVER_2_5_GOAL${"S".repeat(length)}`, rules: [rule] }
      ],
      [`an unknown metric of ${length}`, { rules: [{ ...rule, metric: scrambled(length, length) }] }],
      [`a misspelt condition of ${length}`, when(`total ${scrambled(length, length)} >= 1`)],
      [`a condition of words, of ${length}`, when("total corner in lst ".repeat(length / 20))],
      [`a key unknown of ${length}`, { definition: { when: ["minute >= 1"], [scrambled(length, 1)]: 1 } }],
      [`a comparator of ${length}`, when({ ...comparison, comparator: scrambled(length, 2) })]
    ])
  ),
  "100 unknown metrics": { rules: times(100, (each) => ({ ...rule, id: `${each}`, metric: scrambled(30, each) })) },
  "100 unknown metrics of 250": {
    rules: times(100, (each) => ({ ...rule, id: `${each}`, metric: scrambled(250, each) }))
  },
  "100 misspelt conditions": when(...times(100, (each) => `total ${scrambled(30, each)} >= ${each}`)),
  "100 misspelt conditions of 250": when(...times(100, (each) => `total ${scrambled(250, each)} >= ${each}`)),
  "1,000 unknown keys": {
    definition: { when: ["minute >= 1"], ...Object.fromEntries(times(1000, (each) => [scrambled(20, each), each])) }
  },
  "100 conditions with 10 unknown keys each": when(
    ...times(100, (each) => ({
      ...comparison,
      ...Object.fromEntries(times(10, (key) => [scrambled(20, each * 10 + key), 1]))
    }))
  ),
  "3,900 minus signs": when(`${"-".repeat(3900)}1 <= minute`),
  "10,000 minus signs": when(`${"-".repeat(10_000)}1 <= minute`),
  "10,000 brackets": when(`${"(".repeat(10_000)}1${")".repeat(10_000)} <= minute`),
  "1,900 brackets": when(`${"(".repeat(1900)}1${")".repeat(1900)} <= minute`),
  "1,900 brackets left open": when(`${"(".repeat(3900)}`),
  "a sum of 1,300": when(`${"1 + ".repeat(990)}1 <= minute`),
  "an expression of 2,000 levels": when({
    ...comparison,
    left: nested(2000, 1, (inner) => ({ op: "-", left: inner, right: 1 }))
  }),
  "any in any, 2,000 levels": when(nested(2000, comparison, (inner) => ({ any: [inner] }))),
  "JSON of 1,500 levels": { definition: nested(1500, 1, (inner) => ({ when: inner })) },
  "JSON as text, of 100,000 brackets": { definition: "[".repeat(100_000) },
  "JSON of a rule, of 1,500 levels": { rules: [{ ...rule, lhs_json: nested(1500, 1, (left) => ({ left, op: "+" })) }] },
  "10,000 conditions": when(...times(10_000, () => comparison)),
  "10,000 written conditions": when(...times(10_000, (each) => `minute >= ${each}`)),
  "100 conditions, as large as may be": when(
    ...times(
      100,
      (each) => `home corners in last 10 minutes + away corners in last ${each} minutes >= ${each} + 1 + 2 + 3`
    )
  ),
  "an any of 10,000": when({ any: times(10_000, () => comparison) }),
  "10,000 rules": { rules: times(10_000, (each) => ({ ...rule, id: `${each}` })) },
  "10,000 competitions": { league_ids: times(10_000, (each) => `${each}`), ...when("minute >= 1") },
  "10,000 competitions of a definition": { definition: { when: ["minute >= 1"], competitions: times(10_000, String) } },
  "10,000 competitions that are none": { league_ids: times(10_000, () => ({})), ...when("minute >= 1") },
  "10,000 competitions of a definition that are none": {
    definition: { when: ["minute >= 1"], competitions: times(10_000, () => []) }
  },
  "100 conditions that are none": when(...times(100, () => ({}))),
  "100 rules that are none": { rules: times(100, () => ({})) },
  "100 rules, empty": { rules: times(100, () => null) },
  "a name of 1 MB": { ...when("minute >= 1"), name: "x".repeat(1_000_000) },
  "a description of 1 MB": { ...when("minute >= 1"), description: `${"x ".repeat(500_000)}` },
  "30 kB of spaces": when(`minute${" ".repeat(3900)}>= 1`),
  "digits of 4,000": when(`minute >= ${"9".repeat(3900)}`),
  "dots of 4,000": when(`minute >= ${"1.".repeat(1900)}`),
  "letters with marks": when(`total ${"e\u0301".repeat(1900)} >= 1`)
}

const most = { perKb: 1, all: 20 }

/** Milliseconds that this thread has had a processor: what else the machine does is not the row's. */
const used = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

/** The least that reading the row has cost, of a few times: at first it is also made fast, and at times there is garbage. */
const measure = (row: string): number =>
  Math.min(
    ...times(15, () => {
      const before = used()
      decodeStrategyRow(JSON.parse(row))
      return used() - before
    })
  )

/**
 * What reading the rows costs: the worst in all and per kB (a row of less than 1 kB counts as one), in ms, and the rows beyond
 * the limits.
 */
export const readRows = () => {
  const rows = Object.entries(corpus).map(([what, said]) => {
    const row = { id: "1", user_id: "a0000000-0000-4000-8000-000000000001", name: "Row", is_active: true, ...said }
    return { what, text: JSON.stringify(row) }
  })
  // Code that runs for the first time is slow, whatever it reads.
  for (const { text } of rows) measure(text)
  const read = rows.map(({ text, what }) => {
    const ms = measure(text)
    return { what, ms, perKb: ms / Math.max(1, Buffer.byteLength(text) / 1000) }
  })
  const worst = (key: "ms" | "perKb") => read.reduce((one, other) => (other[key] > one[key] ? other : one))
  return {
    rows: read.length,
    ms: worst("ms"),
    perKb: worst("perKb"),
    beyond: read.filter(({ ms, perKb }) => ms > most.all || perKb > most.perKb).map(({ what }) => what)
  }
}
