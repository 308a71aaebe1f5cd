import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { Comparator, type Expression, Operator, scopes, type Window } from "../../src/domain/Strategy.ts"
import { printCondition, printExpression } from "../../src/rules/print.ts"

describe("conditions in the written language", () => {
  it("a metric with its scope and window", () => {
    const left = { metric: "corners", scope: "total", window: { last: 15 } } as const
    expect(printCondition({ left, comparator: ">=", right: 4 })).toBe("total corners last 15 minutes >= 4")
  })

  it("arithmetic on the left side", () => {
    const left = {
      op: "-",
      left: { metric: "shots_on_target", scope: "home" },
      right: { metric: "shots_on_target", scope: "away" }
    } as const
    expect(printCondition({ left, comparator: ">=", right: 3 })).toBe(
      "home shots_on_target - away shots_on_target >= 3"
    )
  })

  it("a group on one line", () => {
    const first = { left: { metric: "goals", scope: "favourite" }, comparator: "<", right: 1 } as const
    const second = {
      left: { metric: "red_cards", scope: "leading", window: "half-time" },
      comparator: ">=",
      right: 1
    } as const
    expect(printCondition({ any: [first, second] })).toBe(
      "any: favourite goals < 1 | leading red_cards at half-time >= 1"
    )
  })

  it.each<[Window, string]>([
    [{ last: 15 }, "last 15 minutes"],
    [{ last: 1 }, "last 1 minute"],
    [{ ago: 1 }, "1 minute ago"],
    [{ since: 60 }, "since minute 60"],
    [{ at: 60 }, "at minute 60"],
    [{ ago: 10 }, "10 minutes ago"],
    [{ between: [30, 60] }, "between minutes 30 and 60"],
    ["first half", "in first half"],
    ["second half", "in second half"],
    ["half-time", "at half-time"],
    ["since trigger", "since trigger"]
  ])("the window %j is: %s", (window, text) => {
    expect(printExpression({ metric: "goals", scope: "home", window })).toBe(`home goals ${text}`)
  })

  it.each(scopes)("the scope %s is written as it is", (scope) => {
    expect(printExpression({ metric: "goals", scope })).toBe(`${scope} goals`)
  })

  it("a metric of both teams without a scope is written as the total that it is", () => {
    expect(printExpression({ metric: "goals" })).toBe("total goals")
  })

  it("a single figure for the match has no scope", () => {
    expect(printExpression({ metric: "odds.draw" })).toBe("odds.draw")
  })
})

describe("parentheses", () => {
  const join = (left: Expression, op: "+" | "-" | "*" | "/", right: Expression): Expression => ({ op, left, right })

  it.each<[Expression, string]>([
    [join(join("minute", "+", 1), "+", 2), "minute + 1 + 2"],
    [join("minute", "+", join(1, "+", 2)), "minute + (1 + 2)"],
    [join("minute", "-", join(1, "-", 2)), "minute - (1 - 2)"],
    [join(join("minute", "*", 2), "+", 3), "minute * 2 + 3"],
    [join("minute", "+", join(2, "*", 3)), "minute + 2 * 3"],
    [join(join("minute", "+", 2), "*", 3), "(minute + 2) * 3"],
    [join("minute", "/", join(2, "*", 3)), "minute / (2 * 3)"],
    [join(join("minute", "/", 2), "*", 3), "minute / 2 * 3"],
    [join("minute", "-", -3), "minute - (-3)"],
    [join("minute", "-", -0), "minute - (-0)"],
    [join(-3, "*", "minute"), "-3 * minute"]
  ])("%j is %s", (expression, text) => {
    expect(printExpression(expression)).toBe(text)
  })

  // The grammar of print.ts, for numbers, the minute and the home goals.
  const read = (text: string): Expression => {
    const tokens =
      text.match(/home goals|minute|[()]|(?<=^|[(*/+-] |\()-?\d[\d.]*(e[+-]?\d+)?|[-+*/]/g)?.values() ?? [].values()
    let token = tokens.next().value
    const next = () => {
      const taken = token
      token = tokens.next().value
      return taken
    }
    const factor = (): Expression => {
      const taken = next()
      if (taken === "(") {
        const inner = sum()
        next()
        return inner
      }
      if (taken === "minute") return "minute"
      return taken === "home goals" ? { metric: "goals", scope: "home" } : Number(taken)
    }
    const chain = (operand: () => Expression, operators: string): Expression => {
      let left = operand()
      while (token !== undefined && operators.includes(token)) {
        const op = Schema.decodeUnknownSync(Operator)(next())
        left = { op, left, right: operand() }
      }
      return left
    }
    const product = () => chain(factor, "*/")
    const sum = (): Expression => chain(product, "+-")
    return sum()
  }

  const Tree: Schema.Codec<Expression> = Schema.Union([
    Schema.Finite,
    Schema.Literal("minute"),
    Schema.Struct({ metric: Schema.Literal("goals"), scope: Schema.Literal("home") }),
    Schema.Struct({
      op: Operator,
      left: Schema.suspend((): Schema.Codec<Expression> => Tree),
      right: Schema.suspend((): Schema.Codec<Expression> => Tree)
    })
  ])

  it.prop("what is printed reads back as what it was", [Tree, Comparator], ([tree, comparator]) => {
    expect(read(printExpression(tree))).toEqual(tree)
    expect(printCondition({ left: tree, comparator, right: 1 })).toBe(`${printExpression(tree)} ${comparator} 1`)
  })
})
