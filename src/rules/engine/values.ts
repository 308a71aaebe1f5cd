/**
 * Expressions, each distinct one held once, and their evaluation over a block of views as a column of numbers, in which
 * NaN stands for no value.
 */
import { metric } from "../../domain/Metric.ts"
import type { Expression, Operator, Scope } from "../../domain/Strategy.ts"
import { type TeamScope, teamOf, type View, valueOf } from "../evaluate.ts"
import { printExpression } from "../print.ts"
import {
  type Column,
  calculate,
  choose,
  distance,
  larger,
  makeColumn,
  type Pair,
  sideOffset,
  smaller,
  sum
} from "./columns.ts"
import { type FigureColumns, makeFigures } from "./figureColumns.ts"

/** What an expression has become: one for all expressions that mean the same, which `id` tells from all others. */
export type Value = { readonly id: number; readonly text: string; readonly expression: Expression; uses: number } & (
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "minute" }
  // The scope is undefined for a metric with a single value for the match.
  | { readonly kind: "metric"; readonly scope: Scope | undefined; readonly figures: FigureColumns }
  | { readonly kind: "arithmetic"; readonly op: Operator; readonly left: Value; readonly right: Value }
)

export interface Values {
  /** The value of an expression, new or shared. Every call must be matched by a `release`. */
  readonly acquire: (expression: Expression) => Value
  readonly release: (value: Value) => void
  /** Reads what is needed of these views, at most `blockSize`. `column` is about them from now on. */
  readonly read: (views: ReadonlyArray<View>) => void
  /** The value for each of the views: `out`, or a column that has it already. To be read before the next call. */
  readonly column: (value: Value, out: Column) => Column
}

/** One expression in place of two that mean the same: the operands of a sum or a product in one order. */
const normal = (expression: Expression): Expression => {
  if (typeof expression !== "object" || !("op" in expression)) return expression
  const left = normal(expression.left)
  const right = normal(expression.right)
  const commutes = expression.op === "+" || expression.op === "*"
  return commutes && printExpression(left) > printExpression(right)
    ? { op: expression.op, left: right, right: left }
    : { op: expression.op, left, right }
}

export const makeValues = (): Values => {
  const figures = makeFigures()
  const held = new Map<string, Value>()
  let nextId = 0
  let views: ReadonlyArray<View> = []
  let misfits: ReadonlySet<number> = new Set()
  const places = new Map<TeamScope, Int32Array>()
  // Where the right-hand sides of nested arithmetic are kept, by depth.
  const stack: Array<Column> = []

  const parts = (expression: Expression) => {
    if (typeof expression === "number") return { kind: "constant", value: expression } as const
    if (expression === "minute") return { kind: "minute" } as const
    if ("op" in expression) {
      const { left, op, right } = expression
      return { kind: "arithmetic", op, left: acquire(left), right: acquire(right) } as const
    }
    const { metric: name, scope = "total", window } = expression
    const columns = figures.acquire(name, window)
    return { kind: "metric", scope: metric(name).sided ? scope : undefined, figures: columns } as const
  }

  /** The value of an expression in normal form. */
  const acquire = (expression: Expression): Value => {
    const text = printExpression(expression)
    let value = held.get(text)
    if (value === undefined) {
      value = { id: nextId++, text, expression, uses: 0, ...parts(expression) }
      held.set(text, value)
    }
    value.uses += 1
    return value
  }

  const release: Values["release"] = (value) => {
    value.uses -= 1
    if (value.uses > 0) return
    held.delete(value.text)
    if (value.kind === "metric") figures.release(value.figures)
    if (value.kind === "arithmetic") {
      release(value.left)
      release(value.right)
    }
  }

  /** For each view where in a pair of columns a scope finds its value. The same for every metric, so found once a block. */
  const placesOf = (scope: TeamScope): Int32Array => {
    const known = places.get(scope)
    if (known !== undefined) return known
    const found = new Int32Array(views.length)
    views.forEach(({ snapshot }, position) => {
      found[position] = sideOffset[teamOf(scope, snapshot) ?? "none"] + position
    })
    places.set(scope, found)
    return found
  }

  const scoped = (pair: Pair, scope: Scope | undefined, out: Column, count: number): Column => {
    const { away, home } = pair
    switch (scope) {
      case undefined:
      case "home":
        return home
      case "away":
        return away
      case "total":
        return sum(home, away, out, count)
      case "difference":
        return distance(home, away, out, count)
      case "either":
        return larger(home, away, out, count)
      case "both":
        return smaller(home, away, out, count)
      default:
        return choose(pair, placesOf(scope), out, count)
    }
  }

  const compute = (value: Value, out: Column, depth: number): Column => {
    switch (value.kind) {
      case "constant":
        return out.fill(value.value, 0, views.length)
      case "minute":
        views.forEach(({ snapshot }, position) => {
          out[position] = snapshot.clock.minute
        })
        return out
      case "metric":
        return scoped(value.figures, value.scope, out, views.length)
      case "arithmetic": {
        const right = stack[depth] ?? makeColumn()
        stack[depth] = right
        const first = compute(value.left, out, depth + 1)
        const second = compute(value.right, right, depth + 1)
        return calculate(value.op, first, second, out, views.length)
      }
    }
  }

  return {
    acquire: (expression) => acquire(normal(expression)),
    release,
    read: (next) => {
      views = next
      misfits = figures.read(next)
      places.clear()
    },
    column: (value, out) => {
      const column = compute(value, out, 0)
      if (misfits.size === 0) return column
      const patched = column.slice()
      for (const position of misfits) {
        const view = views[position]
        if (view !== undefined) patched[position] = valueOf(value.expression, view) ?? Number.NaN
      }
      return patched
    }
  }
}
