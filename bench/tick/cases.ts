/** What `bench:tick` measures, and how fast it should be on two cores. */
import type { Staged } from "./stage.ts"
import type { Size } from "./World.ts"

/** A case before its world is made. */
export interface Case extends Omit<Staged, "world" | "expected"> {
  readonly size: Size
  /** The steady tick should take no longer, in milliseconds. */
  readonly goalMs?: number
}

/** Ticks that are measured, and those after the first one in which the process gets into its stride. */
const steady = 30
const settling = 5

const ticks = (
  backend: Case["backend"],
  strategies: number,
  matches: number,
  more: { readonly heldShare?: number; readonly goalMs?: number; readonly knowsFirst?: boolean } = {}
): Case => {
  const { heldShare = 0.01, knowsFirst = false, ...goal } = more
  return {
    kind: "ticks",
    backend,
    size: { strategies, matches, heldShare, ticks: 1 + settling + steady },
    settling,
    steady,
    budgetMs: 45_000,
    activate: false,
    knowsFirst,
    ...goal
  }
}

/** Triggers created by one scan, and their alerts sent. */
const create = (backend: Case["backend"], strategies: number): Case => ({
  kind: "create",
  backend,
  size: { strategies, matches: 1000, heldShare: 0.012, ticks: 1 },
  settling: 0,
  steady: 0,
  budgetMs: 0,
  // The process of an embedded database has it to itself: there the strategies are on from the start.
  activate: backend === "redis",
  knowsFirst: false
})

export const cases: ReadonlyArray<Case> = [
  ticks("redis", 10, 100, { goalMs: 15 }),
  ticks("redis", 100, 100, { goalMs: 20 }),
  ticks("redis", 1000, 1000, { goalMs: 120 }),
  ticks("redis", 10_000, 1000),
  ticks("redis", 100_000, 1000, { goalMs: 300, knowsFirst: true }),
  ticks("redis", 100_000, 1000, { heldShare: 0.0001, knowsFirst: true }),
  ticks("embedded", 10, 100),
  ticks("embedded", 100, 100),
  ticks("embedded", 1000, 1000),
  ticks("embedded", 10_000, 1000, { knowsFirst: true }),
  create("redis", 1000),
  create("embedded", 500)
]

/** What a case is called, here and for `--only`: `redis 1000x1000 0.01`, `create redis 1000x1000 0.012`. */
export const nameOf = ({ backend, kind, size: { heldShare, matches, strategies } }: Case): string =>
  `${kind === "create" ? "create " : ""}${backend} ${strategies}x${matches} ${heldShare}`

export const goals = {
  createdPerSecond: 8000,
  alertsPerSecond: 1200,
  /** The memory of 100,000 strategies x 1,000 matches, in MB. */
  rssMB: 1000,
  /** 100,000 x 1,000 with 1 % holding, against the same with 0.01 %. */
  heldRatio: 1.3,
  /** 10,000 strategies against 1,000. */
  strategiesRatio: 1.5
}
