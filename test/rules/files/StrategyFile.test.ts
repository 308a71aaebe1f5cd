import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { decodeStrategyFile, isStrategyFile, toStrategyFile } from "../../../src/rules/files/StrategyFile.ts"

const yaml = `
name: Late pressure, no reward
description: Why someone would use it
competitions: [364, wc]
when:
  - { left: minute, comparator: ">=", right: 70 }
  - { left: { metric: corners, scope: total, window: { last: 15 } }, comparator: ">=", right: 4 }
  - any:
      - { left: { metric: goals, scope: favourite }, comparator: <, right: { metric: goals, scope: underdog } }
      - { left: { metric: red_cards, scope: leading, window: half-time }, comparator: ">=", right: 1 }
expect: { left: { metric: goals, scope: total, window: since trigger }, comparator: ">=", right: 1 }
`

/** The message of the problem with this text. */
const messageOf = (text: string, name = "late.yaml"): string =>
  Result.match(decodeStrategyFile(name, text), { onFailure: ({ message }) => message, onSuccess: () => "no problem" })

const withCondition = (condition: string) => messageOf(`name: x\nwhen:\n  - ${condition}\n`)

describe("the id of a competition", () => {
  const problem = (name: string, ids: string) =>
    Result.match(
      decodeStrategyFile(
        name,
        name.endsWith("json")
          ? `{"name": "a", "competitions": ${ids}, "when": ["minute >= 1"]}`
          : `name: a\ncompetitions: ${ids}\nwhen: [minute >= 1]\n`
      ),
      { onFailure: ({ message }) => message, onSuccess: ({ competitions = [] }) => competitions.join(" ") }
    )

  it("is what is spelled", () => {
    expect(problem("a.yaml", "[364, wc, '1e3', \"007\"]")).toBe("364 wc 1e3 007")
    expect(problem("a.yaml", "\n  - 364\n  - 28 # the cup")).toBe("364 28")
    expect(problem("a.json", '[364, "1e3"]')).toBe("364 1e3")
  })

  it.each(["1e3", "0x1F", "1_000", "007", "+5", "5.0", "0o17", "-3", "1E3"])(
    "is %s where that is spelled, whatever number it is to a reader of numbers",
    (id) => {
      expect(problem("a.yaml", `[28, ${id}]`)).toBe(`28 ${id}`)
      expect(problem("a.yaml", `\n  - ${id} # the cup\n  - 28`)).toBe(`${id} 28`)
    }
  )

  it("is so in JSON, in a list among others, and quoted", () => {
    expect(problem("a.json", "[ 1e3 , 28, 5.0]")).toBe("1e3 28 5.0")
    expect(problem("a.yaml", "['0x1F']")).toBe("0x1F")
  })

  it("stays what was spelled when it is written again", () => {
    const strategy = Result.getOrThrow(
      decodeStrategyFile("a.yaml", "name: a\ncompetitions: [1e3, 0x1F, 364]\nwhen: [minute >= 1]\n")
    )
    for (const name of ["b.yaml", "b.json"]) {
      const again = Result.getOrThrow(decodeStrategyFile(name, JSON.stringify(toStrategyFile(strategy))))
      expect(again.competitions).toEqual(["1e3", "0x1F", "364"])
    }
  })
})

describe("a strategy file", () => {
  it("in YAML is the structured form as it stands", () => {
    expect(Result.getOrThrow(decodeStrategyFile("late.yaml", yaml))).toEqual({
      name: "Late pressure, no reward",
      description: "Why someone would use it",
      competitions: ["364", "wc"],
      when: [
        { left: "minute", comparator: ">=", right: 70 },
        { left: { metric: "corners", scope: "total", window: { last: 15 } }, comparator: ">=", right: 4 },
        {
          any: [
            {
              left: { metric: "goals", scope: "favourite" },
              comparator: "<",
              right: { metric: "goals", scope: "underdog" }
            },
            {
              left: { metric: "red_cards", scope: "leading", window: "half-time" },
              comparator: ">=",
              right: 1
            }
          ]
        }
      ],
      expect: { left: { metric: "goals", scope: "total", window: "since trigger" }, comparator: ">=", right: 1 },
      active: true
    })
  })

  it("in JSON says the same", () => {
    const strategy = Result.getOrThrow(decodeStrategyFile("late.yaml", yaml))
    expect(decodeStrategyFile("late.json", JSON.stringify(toStrategyFile(strategy)))).toEqual(Result.succeed(strategy))
  })

  it("may end in .yml, in any case of letters", () => {
    expect(Result.isSuccess(decodeStrategyFile("LATE.YML", yaml))).toBe(true)
  })

  it("is known by its name", () => {
    expect(["a.yaml", "a.yml", "a.json", "a.txt", "yaml", "README", "a.constructor"].map(isStrategyFile)).toEqual([
      true,
      true,
      true,
      false,
      true,
      false,
      false
    ])
  })
})

describe("a file that is no strategy", () => {
  it("is named in its problem", () => {
    expect(decodeStrategyFile("bad.yaml", "")).toMatchObject({
      failure: { _tag: "StrategyProblem", source: "bad.yaml" }
    })
  })

  it("with another extension says which are taken", () => {
    expect(messageOf("{}", "late.txt")).toBe("is no strategy file: its name must end in .yaml, .yml or .json")
  })

  it.each([
    ["late.yaml", ""],
    ["late.yaml", "# a comment\n\n"],
    ["late.json", " \n"]
  ])("that is empty says what is wanted: %s, %j", (name, text) => {
    expect(messageOf(text, name)).toContain("is empty: a strategy has a name, and conditions under when")
  })

  it.each([
    ["a tab in the indentation", "name: x\nwhen:\n\t- 1\n", "3:2"],
    ["a brace left open", "name: x\nwhen:\n  - { left: minute,\n      right: 1 }\n  - { left: minute\n  - 5\n", "5:5"],
    ["a quote left open", 'name: x\nwhen: []\ndescription: "x\n', "3:14"],
    ["a key given twice", "name: x\nname: y\n", "2:1"]
  ])("with %s names the place", (_, text, place) => {
    expect(messageOf(text)).toMatch(new RegExp(`^${place}: cannot be read as YAML: `))
  })

  it("with a fault of JSON shows the place", () => {
    expect(messageOf('{"name": "x",\n "when": [}', "late.json")).toBe(
      "2:11: cannot be read as JSON: Unexpected token '}'"
    )
  })

  it("with an unknown key names the nearest one", () => {
    expect(messageOf("name: x\nwhn: []\n")).toContain("whn: is not a key here (did you mean when?)")
  })

  it("nested beyond all measure is refused like any other", () => {
    const deep = `${'{"left":'.repeat(1000)}1${"}".repeat(1000)}`
    expect(messageOf(`{"name": "x", "when": [${deep}]}`, "deep.json")).toBe("1:520: is nested more than 64 levels deep")
    expect(messageOf(`{"name": "x", "when": [${deep}]}`, "deep.yaml")).toBe("is nested more than 64 levels deep")
  })

  it("without a condition is refused", () => {
    expect(messageOf("name: x\nwhen: []\n")).toContain("when: needs at least one condition")
  })

  it("with several faults reports them all", () => {
    const message = messageOf("name: 5\nwhen:\n  - { left: minute, comparator: '>>', right: 1 }\nactive: maybe\n")
    expect(message).toContain("name: must be text, got 5")
    expect(message).toContain("when[0].comparator: must be one of >=, <=, >, <, =, !=")
    expect(message).toContain('active: must be true or false, got "maybe"')
  })
})

describe("a condition that cannot be", () => {
  it.each([
    [
      "an unknown metric",
      "{ left: { metric: cornrs }, comparator: '>=', right: 1 }",
      'when[0].left.metric: must be a known name, got "cornrs" (did you mean corners?)'
    ],
    [
      "an unknown scope",
      "{ left: { metric: goals, scope: favorite }, comparator: '>=', right: 1 }",
      '"favorite" (did you mean favourite?)'
    ],
    [
      "an unknown window",
      "{ left: { metric: goals, window: halftime }, comparator: '>=', right: 1 }",
      '"halftime" (did you mean half-time?)'
    ],
    [
      "a window out of range",
      "{ left: { metric: goals, window: { last: 500 } }, comparator: '>=', right: 1 }",
      "when[0].left.window.last: must be a value between 1 and 120, got 500"
    ],
    [
      "minutes in the wrong order",
      "{ left: { metric: goals, window: { between: [60, 30] } }, comparator: '>=', right: 1 }",
      "when[0].left.window.between: the first minute must be less than the second"
    ],
    [
      "a scope on a single figure",
      "{ left: { metric: odds.draw, scope: home }, comparator: '>=', right: 1 }",
      "when[0].left.scope: odds.draw has one value for the match: leave the scope out"
    ],
    [
      "a window on what does not change",
      "{ left: { metric: prematch.position, window: { last: 5 } }, comparator: '>=', right: 1 }",
      "when[0].left.window: prematch.position does not change during the match: leave the window out"
    ],
    [
      "a trigger that is still to come",
      "{ left: { metric: goals, window: since trigger }, comparator: '>=', right: 1 }",
      "when[0]: the window since trigger is for the expectation only"
    ]
  ])("%s is explained", (_, condition, message) => {
    expect(withCondition(condition)).toContain(message)
  })

  it.each([
    ["a condition", "total cornrs >= 4", "when[0]: no metric is called cornrs (did you mean corners?)"],
    ["an alternative", "any: [total golas = 0]", "when[0].any[0]: no metric is called golas (did you mean goals?)"],
    ["a list of alternatives", "any: minute > 5 | golas > 1", "when[0].any: no metric is called golas"],
    ["an outcome", "HOME_WIN", "when[0]: HOME_WIN is an outcome, which only expect takes"],
    ["a trigger that is still to come", "goals since trigger > 1", "when[0]: the window since trigger is for the"]
  ])("%s written as text is explained too", (_, condition, message) => {
    expect(withCondition(condition)).toContain(message)
  })

  it("an expectation written as text is explained too", () => {
    const text = "name: x\nwhen:\n  - minute = 1\nexpect: HOM_WIN\n"
    expect(messageOf(text)).toBe("4:9: expect: no outcome is called HOM_WIN (did you mean HOME_WIN?)")
  })
})
