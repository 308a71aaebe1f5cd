import { describe, expect, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import { RecordedMoment, readMoment } from "../../src/history/recordedMoment.ts"

const bySchema = Schema.decodeUnknownOption(RecordedMoment)

const oddities: ReadonlyArray<unknown> = [
  undefined,
  null,
  0,
  -1,
  1.5,
  64,
  121,
  2 ** 53,
  Number.NaN,
  "",
  "7",
  "a\0b",
  "\ud83d",
  "P",
  "1H",
  true,
  [],
  {},
  { home: 1, away: 2 },
  { home: 1 },
  { home: 1, away: 2, more: 3 },
  { shots: 4 },
  { shots: { home: 1, away: 2 } },
  { shots: { home: "1", away: 2 } },
  JSON.parse('{"__proto__": 1}')
]

describe("A recorded moment", () => {
  const Part = Schema.Literals(["match_id", "period", "minute", "added", "figures", "play"])
  const Place = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: oddities.length - 1 })))

  it.prop("is read by hand as the schema reads it, or left to the schema", [Part, Place], ([part, place]) => {
    const moment = {
      match_id: "7",
      period: "2H",
      minute: 60,
      added: 0,
      figures: { goals: { home: 1, away: 0 }, "odds.draw": 3.4, unknown: { home: 1, away: 2 } },
      play: 1
    }
    expect(readMoment(moment)).toEqual(Option.getOrThrow(bySchema(moment)))
    const odd = { ...moment, [part]: oddities[place] }
    const read = readMoment(odd)
    if (read !== undefined) expect(Option.some(read)).toEqual(bySchema(odd))
  })

  it("that is nothing of the kind is left to the schema", () => {
    expect(oddities.map(readMoment).filter((read) => read !== undefined)).toEqual([])
  })
})
