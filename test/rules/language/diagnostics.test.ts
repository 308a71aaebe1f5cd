import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { jsonFault } from "../../../src/rules/files/jsonFault.ts"
import { checkStrategyFile, decodeStrategy } from "../../../src/rules/files/StrategyFile.ts"
import { diagnosticText } from "../../../src/rules/language/Diagnostic.ts"
import { frame, frameOfText, positionAt } from "../../../src/rules/language/frame.ts"
import { diagnosticsOf, StrategyProblem } from "../../../src/rules/language/StrategyProblem.ts"

/** Everything that is said of a file, as a terminal shows it. */
const said = (text: string, name = "late.yaml"): string => checkStrategyFile(name, text).map(diagnosticText).join("\n")

/** The text that each fault of a file is said to be in, by its frame. */
const blamed = (text: string, name = "late.yaml"): ReadonlyArray<string> =>
  checkStrategyFile(name, text).map(({ frame = "" }) => {
    const [line = "", carets = ""] = frame.split("\n")
    return line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)
  })

const file = (...conditions: ReadonlyArray<string>): string =>
  `name: x\nwhen:\n${conditions.map((each) => `  - ${each}\n`).join("")}`

describe("a file that is wrong", () => {
  it("is shown like a compiler shows it", () => {
    expect(said(file("minute >= 70", "total cornrs last 15 minutes >= 4"), "strategies/late.yaml")).toBe(
      [
        "strategies/late.yaml:4:11: no metric is called cornrs (did you mean corners?)",
        "  4 |   - total cornrs last 15 minutes >= 4",
        "    |           ^^^^^^"
      ].join("\n")
    )
  })

  it.each([
    ["plain", "total cornrs > 1", "cornrs"],
    ["in single quotes", "'total cornrs > 1'", "cornrs"],
    ["in double quotes", '"total cornrs > 1"', "cornrs"],
    ["folded", "total\n     cornrs > 1", "cornrs"],
    ["in a block", ">-\n     total goals\n     last x minutes > 1", "x"],
    ["in a list in brackets", "any: [minute > 5, total cornrs > 1]", "cornrs"],
    ["in a list", "any:\n      - minute > 5\n      - total cornrs > 1", "cornrs"],
    ["on one line with others", "any: minute > 5 | total cornrs > 1", "cornrs"],
    ["structured", "{ left: { metric: cornrs }, comparator: '>', right: 1 }", "cornrs"],
    ["with an unknown key", "{ lft: minute, left: minute, comparator: '>', right: 1 }", "lft"]
  ])("shows the place in a condition %s", (_, condition, part) => {
    expect(blamed(file("minute >= 1", condition))).toEqual([part])
  })

  it("shows the place in JSON", () => {
    const text = JSON.stringify({ name: "x", when: ["minute > 1", { any: ["total cornrs > 1"] }] }, null, 2)
    expect(said(text, "late.json")).toContain("late.json:7:16: no metric is called cornrs (did you mean corners?)")
    expect(blamed(text, "late.json")).toEqual(["cornrs"])
    expect(blamed(JSON.stringify(JSON.parse(text)), "late.json")).toEqual(["cornrs"])
  })

  it("shows where something is missing", () => {
    expect(said(file("minute >="))).toBe(
      [
        "late.yaml:3:14: expected a number, minute, a metric or an opening parenthesis, found the end",
        "  3 |   - minute >=",
        "    |              ^"
      ].join("\n")
    )
    expect(said("name: x\nwhen: []\n")).toContain("late.yaml:2:7: when: needs at least one condition\n")
    expect(said("name: x\n")).toContain("late.yaml:1:1: when: is missing\n")
    expect(said(file("left: minute\n    comparator: '>'"))).toContain("late.yaml:3:5: when[0].right: is missing\n")
  })

  it("says what a condition is to what is none", () => {
    expect(said(file("5"))).toContain("when[0]: must be a condition, such as minute >= 70, got 5")
  })

  it.each([
    ["any: []", "3:10: when[0].any: needs at least one alternative"],
    ["any: [minute > 1, { any: [minute > 2, minute > 3] }]", "3:23: when[0].any[1]: groups are not nested"],
    ["all: [minute > 1, minute > 2]", "3:5: when[0].all: is not a key here: the conditions under when must all hold"],
    ["minute: 70", "3:5: when[0]: must be a condition, such as minute >= 70, written as text without a colon"],
    ["total goals : 3", "3:5: when[0]: must be a condition, such as minute >= 70, written as text without a colon"],
    [
      "{ left: minute, comparator: '=>', right: 70 }",
      "3:33: when[0].comparator: must be a comparator, got => (did you mean >=?)"
    ],
    [
      "{ left: minute, comparator: '==', right: 70 }",
      "3:33: when[0].comparator: must be a comparator, got == (did you mean =?)"
    ],
    [
      "{ left: minute, comparator: ≠, right: 70 }",
      "3:33: when[0].comparator: must be a comparator, got ≠ (did you mean !=?)"
    ],
    [
      "{ left: minute, comparator: gte, right: 70 }",
      "3:33: when[0].comparator: must be a comparator, got gte (did you mean >=?)"
    ],
    [
      "{ left: minute, comparator: constructor, right: 70 }",
      "3:33: when[0].comparator: must be one of >=, <=, >, <, =, !=, got"
    ],
    ["minute GTEE 70", "3:12: expected an operator or one of >=, <=, >, <, =, !=, found GTEE (did you mean GTE?)"],
    ["any: ['any: minute > 3']", "3:12: groups are not nested: list all alternatives under one any"],
    ["any: [{ all: [minute > 1, minute > 2] }]", "3:13: when[0].any[0].all: is not a key here: one condition stands"],
    ["anny: [minute > 1]", "3:5: when[0].anny: is not a key here (did you mean any?)"],
    ["minute <> 70", "3:12: no comparator is written <> (did you mean !=?)"],
    [
      "{ left: { metric: goals, window: last 15 minutes }, comparator: '>', right: 1 }",
      "3:38: when[0].left.window: must be one window: { last: 15 }, "
    ],
    [
      "{ left: { metric: goals, window: { last: 5, since: 60 } }, comparator: '>', right: 1 }",
      "when[0].left.window: must be one window: { last: 15 }, "
    ],
    ["minute last 5 minutes > 3", "3:12: no window can stand here: it follows a metric, and a value has one"],
    ["total goals in first half last 5 minutes > 1", "3:31: no window can stand here"],
    ["home away goals > 1", "3:10: a value has one scope, and this would be its second: home or away"],
    ["mins >= 70", "3:5: no metric is called mins (did you mean minute?)"],
    ["total goals GTEE 1", "3:17: after a metric comes a window or a comparator, not gtee (did you mean GTE?)"]
  ])("says once what is meant by %s", (condition, message) => {
    expect(checkStrategyFile("late.yaml", file(condition))).toHaveLength(1)
    expect(said(file(condition))).toContain(message)
  })

  it("shows characters that would steer the terminal as pictures of them", () => {
    const text = said('{"name": "x", "when": ["total \\u001b[31mgoals > 1", "\u007f"]}', "late.json")
    expect(text).toContain("\u2421")
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u)
  })

  it("shows no character that would turn the direction of the line", () => {
    expect(said(file("total \u202ecornrs > 1"))).not.toContain("\u202e")
  })

  it("has no such character in the message that is logged of it either", () => {
    const decoded = decodeStrategy("strategy 12", { name: "x", when: ["total \u001b[31mgoals > 1"] })
    expect(decoded._tag === "Failure" && decoded.failure.message).toBe(
      "when[0]: expected a metric after total, found \u241b"
    )
  })

  it("names a word of any length in a message that can be read", () => {
    for (const { message } of checkStrategyFile("late.yaml", file(`${"goals".repeat(8000)} > 1`))) {
      expect(message.length).toBeLessThan(200)
    }
  })

  it("says once that a key is misspelt, and not that it is missing", () => {
    expect(checkStrategyFile("late.yaml", "nme: x\nwhn:\n  - minute > 1\n").map(({ message }) => message)).toEqual([
      "nme: is not a key here (did you mean name?)",
      "whn: is not a key here (did you mean when?)"
    ])
  })

  it("is shown whole, in the order of its lines", () => {
    const text = `expct: HOME_WIN\n${file("total cornrs + golas > 1", "minute => 5")}expect: HOM_WIN\nactive: 1\n`
    expect(checkStrategyFile("late.yaml", text).map(({ column, line }) => `${line}:${column}`)).toEqual([
      "1:1",
      "4:11",
      "4:20",
      "5:12",
      "6:9",
      "7:9"
    ])
  })

  it("that cannot be read is shown where it breaks off", () => {
    expect(said("name: x\nwhen:\n\t- 1\n")).toContain("late.yaml:3:2: cannot be read as YAML: ")
    expect(said('{"name": "x",\n "when": [}', "late.json")).toContain("late.json:2:11: cannot be read as JSON: ")
  })

  it.each([
    ["description: he said: go", "2:21", "a second colon: put the text in quotes"],
    [" when:", "2:2", "unexpected indentation: a key stands under the keys beside it"],
    ["when:\n  - minute >= 1\n - minute >= 2", "4:2", "unexpected indentation"],
    ['description: "late', "2:14", "this quote is not closed"],
    ["when:\n  - 'minute >= 1", "3:5", "this quote is not closed"],
    ["when: [minute >= 1", "2:7", "this [ is not closed"],
    ["when:\n  - { left: minute, comparator: '>', right: 1", "3:5", "this { is not closed"],
    ['when: ["minute >= 1, minute > 2]', "2:8", "this quote is not closed"],
    ['description: "late\n  and later\nwhen: ["minute > 1"]', "2:14", "this quote is not closed"],
    ["when: [minute >= 1, { any: [minute > 2], minute > 3]", "2:21", "this { is not closed"],
    ["when: [minute >= 1}", "2:7", "this [ is not closed"],
    ["when: [minute >= 1] 2", "2:21", "Unexpected flow collection content"],
    ['description: "late" or not', "2:20", "a quoted text ends here: nothing may follow it on its line"],
    ['description: "\\q"', "2:14", "Invalid YAML escape '\\q'"],
    ['description: "\\U11111111"', "2:14", "Invalid code point 286331153"],
    ["when:\n  - *late", "3:5", "no anchor is called late"],
    ["when: [ # *late\n    minute > 1,\n    *late ]", "4:5", "no anchor is called late"],
    ["when: &all [*all]", "2:13", "no anchor is called all"],
    ["when: [{ left: 1,\n   left: 2 }]", "3:4", "Duplicate key 'left'"],
    ["late", "2:1", "expected a key and a colon"],
    ["when:\n  - minute > 1\n expect: DRAW", "4:2", "unexpected indentation"],
    ["name: y", "2:1", "Duplicate key 'name'"]
  ])("that is no YAML for %j is shown at %s", (lines, place, message) => {
    expect(said(`name: x\n${lines}\nactive: true\n`)).toContain(
      `late.yaml:${place}: cannot be read as YAML: ${message}\n`
    )
  })

  it.each([
    ["late.json", '{"name":"x","when":', "[", "]", 3000],
    ["late.json", '{"name":"x","when":', "[", "]", 200_000],
    ["late.yaml", '{"name":"x","when":', "[", "]", 3000],
    ["late.yaml", '{"name":"x","when":', '{"any":', "}", 3000]
  ])("that nests beyond measure is refused in a line: %s", (name, before, open, close, depth) => {
    const text = `${before}${open.repeat(depth)}1${close.repeat(depth)}}`
    expect(checkStrategyFile(name, text).map(({ message }) => message)).toEqual(["is nested more than 64 levels deep"])
  })

  it("that holds more than anyone writes, by naming parts of it again and again, is refused in a line", () => {
    const levels = Array.from({ length: 30 }, (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}]\n`)
    const [only, ...more] = checkStrategyFile("late.yaml", `name: x\na0: &a0 [1]\n${levels.join("")}when: [*a30]\n`)
    expect(only?.message).toBe("holds more than 100000 values")
    expect(more).toEqual([])
  })

  it.each(["name:x", "name x", "<<<<<<< HEAD"])("with %s for a key shows that line", (line) => {
    expect(said(`${line}\nwhen:\n  - minute >= 1\n`)).toContain(
      "late.yaml:1:1: cannot be read as YAML: expected a key, a colon and a space\n"
    )
  })

  it("with a key twice shows the second", () => {
    expect(said('{"name": "x",\n "name": "y", "when": ["minute > 1"]}', "late.json")).toContain(
      "late.json:2:2: has this key twice in one mapping"
    )
  })

  it.each([
    ["name", '"a\\u0000b"', "holds characters that are no text"],
    ["name", '"a\\ud800b"', "holds characters that are no text"],
    ["name", '"  "', "must not be blank"],
    ["description", '"a\\u0000b"', "holds characters that are no text"]
  ])("with a %s that no database takes, %s, says so", (key, text, message) => {
    const other = key === "name" ? "" : '"name": "x", '
    expect(said(`{${other}"${key}": ${text}, "when": ["minute > 1"]}`, "late.json")).toContain(`${key}: ${message}`)
  })

  it("keeps its columns with Windows line breaks", () => {
    expect(said("name: x\r\ndescription: he said: go\r\n")).toContain("late.yaml:2:21: ")
    expect(said(file("minute > 1", "total cornrs > 1").replaceAll("\n", "\r\n"))).toContain("late.yaml:4:11: ")
  })

  it("that is right has nothing to show", () => {
    expect(checkStrategyFile("late.yaml", file("minute >= 70"))).toEqual([])
  })
})

describe("a strategy from no file", () => {
  const problem = (content: unknown): ReadonlyArray<string> => {
    const decoded = decodeStrategy("strategy 12", content)
    return decoded._tag === "Failure" ? diagnosticsOf(decoded.failure).map(diagnosticText) : []
  }

  it("shows the condition that is wrong", () => {
    expect(problem({ name: "x", when: ["minute > 1", "total cornrs > 1"] })).toEqual([
      "strategy 12: when[1]: no metric is called cornrs (did you mean corners?)\n  total cornrs > 1\n        ^^^^^^"
    ])
  })

  it("has its problem as it is where nothing more is known", () => {
    expect(diagnosticsOf(new StrategyProblem({ source: "a", message: "b" }))).toEqual([
      { source: "a", path: "", message: "b" }
    ])
  })
})

describe("a frame", () => {
  it("has its carets under the part, tabs or not", () => {
    expect(frame("a\n\tb c\n", 5, 6)).toBe("  2 | \tb c\n    | \t  ^")
  })

  it("of several lines shows the first", () => {
    expect(frame("a b\nc", 2, 5)).toBe("  1 | a b\n    |   ^")
  })

  it("of a long line shows what surrounds the part", () => {
    const [line = "", carets = ""] = frameOfText(`${"x".repeat(500)}HERE${"y".repeat(500)}`, 500, 504).split("\n")
    expect(line.length).toBeLessThan(140)
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("HERE")
  })

  it("has its carets under wide characters, and as wide as they are", () => {
    expect(frame("日本 goals", 0, 2)).toBe("  1 | 日本 goals\n    | ^^^^")
    expect(frame("日本 goals", 3, 8)).toBe("  1 | 日本 goals\n    |      ^^^^^")
  })

  it("has its carets under what follows combined characters", () => {
    expect(frame("e\u0301 x", 3, 4)).toBe("  1 | e\u0301 x\n    |   ^")
  })

  it("of a part that is long shows no more than a few lines of a terminal", () => {
    expect(frame("x".repeat(40_000), 5, 39_000).length).toBeLessThan(500)
  })

  it("counts lines and columns from 1", () => {
    expect(positionAt("ab\r\ncd", 5)).toEqual({ line: 2, column: 2 })
  })
})

describe("the fault of a JSON text", () => {
  it.each([
    ["", 0],
    ["{", 1],
    ['{"a": 1,}', 8],
    ['{"a" 1}', 5],
    ["[1 2]", 3],
    ["[tru]", 1],
    ["1 1", 2],
    ['"a\nb"', 0]
  ])("of %j is at %i", (text, offset) => {
    expect(jsonFault(text)).toEqual({ kind: "syntax", offset })
  })

  it.each([
    ['{"a": 1, "b": 2, "a": 3}', 17],
    ['[{"a": {"b": 1, "\\u0062": 2}}, {"a": 1}]', 16]
  ])("is in %s the second of two keys that are the same, at %i", (text, offset) => {
    expect(jsonFault(text)).toEqual({ kind: "duplicate key", offset })
  })

  it("is the bracket that opens a level too many", () => {
    expect(jsonFault("[".repeat(3000))).toEqual({ kind: "depth", offset: 64 })
    expect(jsonFault(`${"[".repeat(64)}${"]".repeat(64)}`)).toBeUndefined()
  })

  it.prop("is none in JSON whose keys differ", [Schema.Json], ([json]) => {
    expect(jsonFault(JSON.stringify(json))).toBeUndefined()
    expect(jsonFault(JSON.stringify(json, null, 2))).toBeUndefined()
  })
})
