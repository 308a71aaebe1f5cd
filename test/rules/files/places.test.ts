import { describe, expect, it } from "@effect/vitest"
import { Predicate } from "effect"
import { Yaml } from "effect/encoding"
import { partIn } from "../../../src/rules/files/partIn.ts"
import { placesOf } from "../../../src/rules/files/places.ts"
import { printStrategy } from "../../../src/rules/files/printStrategy.ts"
import { toStrategyFile } from "../../../src/rules/files/StrategyFile.ts"
import { strategies } from "../arbitraries.ts"

/** Every scalar of plain data by its path. */
const scalars = (value: unknown, path = ""): ReadonlyArray<readonly [path: string, scalar: unknown]> =>
  Array.isArray(value)
    ? value.flatMap((each, index) => scalars(each, `${path}[${index}]`))
    : Predicate.isObject(value)
      ? Object.entries(value).flatMap(([key, each]) => scalars(each, path === "" ? key : `${path}.${key}`))
      : [[path, value]]

/** What stands in the text at a path. */
const at = (text: string, path: string): string | undefined => {
  const place = placesOf(text).get(path)
  return place && text.slice(place.start, place.end)
}

const everyScalarIsFound = (text: string, content: unknown): void => {
  const places = placesOf(text)
  for (const [path, scalar] of scalars(content)) {
    const place = places.get(path)
    expect(place, `${path} in ${text}`).toBeDefined()
    if (place === undefined || place.style === "block") continue
    expect(Yaml.parse(text.slice(place.start, place.end)), `${path} in ${text}`).toEqual(scalar)
  }
}

const yaml = `# a comment
name: "Late: 1"   # another
'quoted key': &anchor 'it''s'
description: >-
  folded
  text

list:
- one # indentless
-   two
  words
- a: 1
  b: { c: [x, "y, z", {d: e}],
       f: g }
-
  deep:
    - nested
copy: *anchor
last:
`

describe("the places of a text", () => {
  it.each([
    ["name", '"Late: 1"'],
    ["quoted key", "'it''s'"],
    ["description", "folded\n  text"],
    ["list[0]", "one"],
    ["list[1]", "two\n  words"],
    ["list[2].a", "1"],
    ["list[2].b.c[0]", "x"],
    ["list[2].b.c[1]", '"y, z"'],
    ["list[2].b.c[2].d", "e"],
    ["list[2].b.f", "g"],
    ["list[3].deep[0]", "nested"],
    ["copy", "*anchor"],
    ["last", ""]
  ])("has %s", (path, text) => {
    expect(at(yaml, path)).toBe(text)
  })

  it("has keys", () => {
    const key = placesOf(yaml).get("list[2].b")?.key
    expect(key && yaml.slice(key.start, key.end)).toBe("b")
  })

  it.each(["\r\n", "\r"])("is the same with the line break %j", (lineBreak) => {
    expect(at(yaml.replaceAll("\n", lineBreak), "list[3].deep[0]")).toBe("nested")
  })

  it("begins after a byte order mark", () => {
    expect(at("\uFEFFname: x", "name")).toBe("x")
  })

  it.prop("has every scalar of a strategy that was printed", [strategies], ([strategy]) => {
    const text = printStrategy(strategy)
    everyScalarIsFound(text, Yaml.parse(text))
  })

  it.prop("has every scalar of a strategy in JSON", [strategies], ([strategy]) => {
    const content = JSON.parse(JSON.stringify(toStrategyFile(strategy)))
    everyScalarIsFound(JSON.stringify(content), content)
    everyScalarIsFound(JSON.stringify(content, null, 2), content)
  })
})

describe("a part of a scalar", () => {
  it.each([
    ["plain", "x: total cornrs > 1"],
    ["in single quotes", "x: 'total cornrs > 1'"],
    ["in double quotes", 'x: "total cornrs > 1"'],
    ["in double quotes with escapes", 'x: "\\u0074otal\\tcornrs > 1"'],
    ["folded", "x: total\n  cornrs > 1"],
    ["a block", "x: >-\n  total\n  cornrs\n  > 1\n"]
  ])("%s is found", (_, text) => {
    const place = placesOf(text).get("x")
    const part = place && partIn(text, place, "total cornrs > 1", { start: 6, end: 12 })
    expect(part && text.slice(part.start, part.end)).toBe("cornrs")
  })

  it("after its end is after its last character", () => {
    const text = 'x: "total \\u003e"'
    const place = placesOf(text).get("x")
    expect(place && partIn(text, place, "total >", { start: 7, end: 7 }).start).toBe(text.length - 1)
  })
})
