import { describe, expect, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { problemText } from "../../src/domain/problems.ts"
import { StrategyDefinition, speaksOfTrigger, watches } from "../../src/domain/Strategy.ts"

const late = { left: "minute", comparator: ">=", right: 70 } as const
const sinceTrigger = { left: { metric: "goals", window: "since trigger" }, comparator: ">=", right: 1 } as const

const decodeUnknown = Schema.decodeUnknownResult(StrategyDefinition, {
  errors: "all",
  onExcessProperty: "error",
  reportInput: true
})

const decode = (changes: Record<string, unknown>) => {
  const input: unknown = { name: "Late", when: [late], ...changes }
  return decodeUnknown(input)
}

const problem = (changes: Record<string, unknown>): string =>
  Result.match(decode(changes), { onFailure: ({ issue }) => problemText(issue), onSuccess: () => "no problem" })

describe("a strategy", () => {
  it("is active unless it says otherwise", () => {
    expect(Result.getOrThrow(decode({})).active).toBe(true)
    expect(Result.getOrThrow(decode({ active: false })).active).toBe(false)
  })

  it("names competitions by numbers or by text", () => {
    expect(Result.getOrThrow(decode({ competitions: [364, "wc"] })).competitions).toEqual(["364", "wc"])
  })

  it("may expect something since its trigger, alone or among alternatives", () => {
    expect(problem({ expect: sinceTrigger })).toBe("no problem")
    expect(problem({ expect: { any: [late, sinceTrigger] } })).toBe("no problem")
  })

  it("cannot ask for something since its trigger, however deep", () => {
    const deep = { left: { op: "+", left: 1, right: sinceTrigger.left }, comparator: ">=", right: 1 }
    for (const condition of [sinceTrigger, deep, { any: [late, sinceTrigger] }]) {
      expect(problem({ when: [late, condition] })).toContain(
        "when[1]: the window since trigger is for the expectation only"
      )
    }
  })

  it("must have a name and a condition", () => {
    expect(problem({ name: "" })).toContain("name: must be")
    expect(problem({ when: [] })).toContain("when[0]: is missing")
    expect(problem({ when: [{ any: [] }] })).toContain("when[0].any[0]: is missing")
  })

  it("takes numbers that are numbers only", () => {
    expect(problem({ when: [{ ...late, right: Number.NaN }] })).toContain("when[0].right: must be")
    expect(problem({ when: [{ ...late, right: "70" }] })).toContain("when[0].right: must be")
  })

  it("speaks of the trigger where a condition does", () => {
    expect([speaksOfTrigger(late), speaksOfTrigger(sinceTrigger)]).toEqual([false, true])
  })

  it("without competitions watches them all", () => {
    expect(watches({}, "28")).toBe(true)
    expect(watches({ competitions: ["364"] }, "28")).toBe(false)
    expect(watches({ competitions: ["364", "28"] }, "28")).toBe(true)
  })
})
