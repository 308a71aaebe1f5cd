/**
 * Expressions, each distinct one held once, and their evaluation over a block of views as a column of numbers, in which
 * NaN stands for no value. NaN spreads through arithmetic as a missing value must.
 */
import { metric } from "../../domain/Metric.ts"
import type { Expression, MetricValue, Operator, Scope } from "../../domain/Strategy.ts"
import { type TeamScope, teamOf, type View, valueOf } from "../evaluate.ts"
import { printExpression } from "../print.ts"
import { anchorsOf } from "./anchor.ts"
import { blockSize } from "./block.ts"
import { type FigureColumn, makeFigureColumns } from "./figureColumns.ts"

/** What an expression has become: one for all expressions that mean the same, which `id` tells from all others. */
export type Value = { readonly id: number; readonly text: string; readonly expression: Expression; uses: number } & (
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "minute" }
  | {
      readonly kind: "metric"
      /** Undefined for a metric with a single value for the match. */
      readonly scope: Scope | undefined
      readonly later: FigureColumn
      readonly earlier: FigureColumn | undefined
    }
  | { readonly kind: "arithmetic"; readonly op: Operator; readonly left: Value; readonly right: Value }
)

export interface Values {
  /** The value of an expression, new or shared. Every call must be matched by a `release`. */
  readonly acquire: (expression: Expression) => Value
  readonly release: (value: Value) => void
  /** Reads what is needed of these views, at most `blockSize`. `column` is about them from now on. */
  readonly read: (views: ReadonlyArray<View>) => void
  /** Writes the value for each of the views into `out`. */
  readonly column: (value: Value, out: Float64Array) => void
}

/** Sides as the columns of a block have them: 0 none, 1 home, 2 away. */
const sideCode = { home: 1, away: 2 } as const

/** One expression in place of several that mean the same: `total` written out, numbers calculated, sums in one order. */
const normal = (expression: Expression): Expression => {
  if (typeof expression !== "object") return expression
  if ("op" in expression) {
    const left = normal(expression.left)
    const right = normal(expression.right)
    const commutes = expression.op === "+" || expression.op === "*"
    return commutes && printExpression(left) > printExpression(right)
      ? { op: expression.op, left: right, right: left }
      : { op: expression.op, left, right }
  }
  return expression
}

const calculate = (op: Operator, left: Float64Array, right: Float64Array, count: number): void => {
  // Into `left`. What is not finite is no value.
  switch (op) {
    case "+":
      for (let i = 0; i < count; i++) left[i] = (left[i] ?? 0) + (right[i] ?? 0)
      break
    case "-":
      for (let i = 0; i < count; i++) left[i] = (left[i] ?? 0) - (right[i] ?? 0)
      break
    case "*":
      for (let i = 0; i < count; i++) left[i] = (left[i] ?? 0) * (right[i] ?? 0)
      break
    case "/":
      for (let i = 0; i < count; i++) left[i] = (left[i] ?? 0) / (right[i] ?? 0)
      break
  }
  for (let i = 0; i < count; i++) if (!Number.isFinite(left[i])) left[i] = Number.NaN
}

export const makeValues = (): Values => {
  const figures = makeFigureColumns()
  const held = new Map<string, Value>()
  let nextId = 0
  let views: ReadonlyArray<View> = []
  let misfits: ReadonlySet<number> = new Set()
  const teams = new Map<TeamScope, Uint8Array>()
  const differences = new Float64Array(2 * blockSize)
  // Where the right-hand sides of nested arithmetic are kept, by depth.
  const stack: Array<Float64Array> = []

  const scratch = (depth: number): Float64Array => {
    const known = stack[depth]
    if (known !== undefined) return known
    const fresh = new Float64Array(blockSize)
    stack[depth] = fresh
    return fresh
  }

  const metricValue = ({ metric: name, scope = "total", window }: MetricValue) => {
    const { earlier, later } = anchorsOf(window)
    return {
      kind: "metric",
      scope: metric(name).sided ? scope : undefined,
      later: figures.acquire(name, later),
      earlier: earlier && figures.acquire(name, earlier)
    } as const
  }

  const parts = (expression: Expression) => {
    if (typeof expression === "number") return { kind: "constant", value: expression } as const
    if (expression === "minute") return { kind: "minute" } as const
    if (!("op" in expression)) return metricValue(expression)
    const { left, op, right } = expression
    return { kind: "arithmetic", op, left: acquireNormal(left), right: acquireNormal(right) } as const
  }

  const acquireNormal = (expression: Expression): Value => {
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
    if (value.kind === "metric") {
      figures.release(value.later)
      if (value.earlier !== undefined) figures.release(value.earlier)
    } else if (value.kind === "arithmetic") {
      release(value.left)
      release(value.right)
    }
  }

  /** For each view the side that a scope means, as its code. The same for every metric, so found once a block. */
  const sidesOf = (scope: TeamScope): Uint8Array => {
    const known = teams.get(scope)
    if (known !== undefined) return known
    const codes = new Uint8Array(blockSize)
    views.forEach(({ snapshot }, position) => {
      const side = teamOf(scope, snapshot)
      if (side !== undefined) codes[position] = sideCode[side]
    })
    teams.set(scope, codes)
    return codes
  }

  const metricColumn = (value: Extract<Value, { kind: "metric" }>, out: Float64Array): void => {
    const count = views.length
    let data = figures.data()
    let { away, home } = value.later
    if (value.earlier !== undefined) {
      const { away: earlierAway, home: earlierHome } = value.earlier
      for (let i = 0; i < count; i++) differences[i] = (data[home + i] ?? 0) - (data[earlierHome + i] ?? 0)
      for (let i = 0; i < count; i++) differences[blockSize + i] = (data[away + i] ?? 0) - (data[earlierAway + i] ?? 0)
      data = differences
      home = 0
      away = blockSize
    }
    switch (value.scope) {
      case undefined:
      case "home":
        for (let i = 0; i < count; i++) out[i] = data[home + i] ?? 0
        break
      case "away":
        for (let i = 0; i < count; i++) out[i] = data[away + i] ?? 0
        break
      case "total":
        for (let i = 0; i < count; i++) out[i] = (data[home + i] ?? 0) + (data[away + i] ?? 0)
        break
      case "difference":
        for (let i = 0; i < count; i++) out[i] = Math.abs((data[home + i] ?? 0) - (data[away + i] ?? 0))
        break
      case "either":
        for (let i = 0; i < count; i++) out[i] = Math.max(data[home + i] ?? 0, data[away + i] ?? 0)
        break
      case "both":
        for (let i = 0; i < count; i++) out[i] = Math.min(data[home + i] ?? 0, data[away + i] ?? 0)
        break
      default: {
        const codes = sidesOf(value.scope)
        for (let i = 0; i < count; i++) {
          const code = codes[i]
          out[i] =
            code === sideCode.home ? (data[home + i] ?? 0) : code === sideCode.away ? (data[away + i] ?? 0) : Number.NaN
        }
      }
    }
  }

  const compute = (value: Value, out: Float64Array, depth: number): void => {
    switch (value.kind) {
      case "constant":
        out.fill(value.value, 0, views.length)
        break
      case "minute":
        views.forEach(({ snapshot }, position) => {
          out[position] = snapshot.clock.minute
        })
        break
      case "metric":
        metricColumn(value, out)
        break
      case "arithmetic": {
        const right = scratch(depth)
        compute(value.left, out, depth + 1)
        compute(value.right, right, depth + 1)
        calculate(value.op, out, right, views.length)
      }
    }
  }

  return {
    acquire: (expression) => acquireNormal(normal(expression)),
    release,
    read: (next) => {
      views = next
      misfits = figures.read(next)
      teams.clear()
    },
    column: (value, out) => {
      compute(value, out, 0)
      for (const position of misfits) {
        const view = views[position]
        if (view !== undefined) out[position] = valueOf(value.expression, view) ?? Number.NaN
      }
    }
  }
}
