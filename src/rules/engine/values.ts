/**
 * Expressions, each distinct one held once, and their evaluation over a block of views as a column of numbers.
 */
import { metric } from "../../domain/Metric.ts"
import type { Expression, Operator, Scope } from "../../domain/Strategy.ts"
import { type TeamScope, teamOf, type View, valueOf } from "../evaluate.ts"
import { printExpression } from "../print.ts"
import { type Column, type Columns, type Combination, mostInteger } from "./columns.ts"
import { type FigureColumns, makeFigureTable, type Pair } from "./figureColumns.ts"
import type { Kernel } from "./Kernel.ts"
import { isCount } from "./slots.ts"

/** What an expression has become: one for all expressions that mean the same. */
export type Value = {
  /** Tells it from all others. */
  readonly id: number
  readonly text: string
  readonly expression: Expression
  /** It is a whole number between this and its negative. Undefined: it may be any number, and needs floats. */
  readonly most: number | undefined
  uses: number
} & (
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
  /** Reads what is needed of these views, at most `blockSize`. What follows is about them from now on. */
  readonly read: (views: ReadonlyArray<View>) => void
  /** The value for each of the views. To be read before the next call. */
  readonly column: (value: Value) => Column
  /**
   * Two values side by side, both floats; or, where both are whole numbers, the first less the second, which compares to 0
   * as they compare to each other. To be read before the next call.
   */
  readonly pair: (left: Value, right: Value) => { readonly left: Column; readonly right: Column } | Column
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

/** Nothing that is greater than an integer of a column. */
const fitting = (most: number | undefined): number | undefined =>
  most !== undefined && most <= mostInteger ? most : undefined

const mostOf = (op: Operator, left: number | undefined, right: number | undefined): number | undefined => {
  if (left === undefined || right === undefined || op === "/") return undefined
  return fitting(op === "*" ? left * right : left + right)
}

/** What operators do to integers. */
const onIntegers = { "+": "sum", "-": "difference", "*": "product" } as const satisfies Partial<
  Record<Operator, Combination>
>

const onBothTeams: { readonly [scope in Scope]?: Combination } = {
  total: "sum",
  difference: "distance",
  either: "larger",
  both: "smaller"
}

const isTeamScope = (scope: Scope): scope is TeamScope => onBothTeams[scope] === undefined

export const makeValues = (kernel: Kernel, columns: Columns): Values => {
  const figures = makeFigureTable(kernel, columns)
  const held = new Map<string, Value>()
  const minutes = columns.make("integers")
  const masks = new Map<TeamScope, { readonly pair: Pair; isCurrent: boolean }>()
  // Where results are kept until they are used, by depth.
  const scratch: Array<{ readonly integers: Column; readonly floats: Column }> = []
  let nextId = 0
  let views: ReadonlyArray<View> = []
  let misfits: ReadonlySet<number> = new Set()

  const spare = (depth: number, kind: Column["kind"]): Column => {
    const at = scratch[depth] ?? { integers: columns.make("integers"), floats: columns.make("floats") }
    scratch[depth] = at
    return at[kind]
  }

  const parts = (expression: Expression) => {
    if (typeof expression === "number") {
      const most = Number.isInteger(expression) ? fitting(Math.abs(expression)) : undefined
      return { kind: "constant", value: expression, most } as const
    }
    if (expression === "minute") return { kind: "minute", most: 120 } as const
    if ("op" in expression) {
      const { op } = expression
      const left = acquire(expression.left)
      const right = acquire(expression.right)
      return { kind: "arithmetic", op, left, right, most: mostOf(op, left.most, right.most) } as const
    }
    const { metric: name, scope = "total", window } = expression
    const { range, sided } = metric(name)
    const most = isCount(name)
      ? fitting(scope === "total" || scope === "difference" ? 2 * range[1] : range[1])
      : undefined
    return { kind: "metric", scope: sided ? scope : undefined, figures: figures.acquire(name, window), most } as const
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

  /** For each view whether a scope means its home team, and whether its away team. The same for every metric. */
  const masksOf = (scope: TeamScope): Pair => {
    const known = masks.get(scope) ?? {
      pair: { home: columns.make("integers"), away: columns.make("integers") },
      isCurrent: false
    }
    masks.set(scope, known)
    if (known.isCurrent) return known.pair
    known.isCurrent = true
    views.forEach(({ snapshot }, position) => {
      const side = teamOf(scope, snapshot)
      columns.put(known.pair.home, position, side === "home" ? -1 : 0)
      columns.put(known.pair.away, position, side === "away" ? -1 : 0)
    })
    return known.pair
  }

  const scoped = (pair: Pair, scope: Scope | undefined, depth: number): Column => {
    if (scope === undefined || scope === "home") return pair.home
    if (scope === "away") return pair.away
    const out = spare(depth, pair.home.kind)
    if (isTeamScope(scope)) return columns.choose(pair, masksOf(scope), out, views.length)
    return columns.combine(onBothTeams[scope] ?? "sum", pair.home, pair.away, out, views.length)
  }

  const asFloats = (column: Column, depth: number): Column =>
    columns.asFloats(column, spare(depth, "floats"), views.length)

  const compute = (value: Value, depth: number): Column => {
    switch (value.kind) {
      case "constant": {
        const out = spare(depth, value.most === undefined ? "floats" : "integers")
        return columns.fill(out, value.value, views.length)
      }
      case "minute":
        return minutes
      case "metric":
        return scoped(value.figures, value.scope, depth)
      case "arithmetic": {
        const left = compute(value.left, depth)
        const right = compute(value.right, depth + 1)
        if (value.most !== undefined && value.op !== "/") {
          return columns.combine(onIntegers[value.op], left, right, spare(depth, "integers"), views.length)
        }
        const [first, second] = [asFloats(left, depth), asFloats(right, depth + 1)]
        return columns.calculate(value.op, first, second, spare(depth, "floats"), views.length)
      }
    }
  }

  /** The column of a value in which the views that do not fit have theirs from the reference evaluator. */
  const complete = (value: Value, depth: number): Column => {
    const column = compute(value, depth)
    if (misfits.size === 0) return column
    const floats = asFloats(column, depth)
    for (const position of misfits) {
      const view = views[position]
      if (view !== undefined) columns.put(floats, position, valueOf(value.expression, view))
    }
    return floats
  }

  return {
    acquire: (expression) => acquire(normal(expression)),
    release,
    read: (next) => {
      views = next
      misfits = figures.read(next)
      for (const each of masks.values()) each.isCurrent = false
      views.forEach(({ snapshot }, position) => {
        columns.put(minutes, position, snapshot.clock.minute)
      })
    },
    column: (value) => complete(value, 0),
    pair: (first, second) => {
      const left = complete(first, 0)
      const right = complete(second, 1)
      const isWhole = misfits.size === 0 && mostOf("-", first.most, second.most) !== undefined
      if (isWhole) return columns.combine("difference", left, right, spare(0, "integers"), views.length)
      return { left: asFloats(left, 0), right: asFloats(right, 1) }
    }
  }
}
