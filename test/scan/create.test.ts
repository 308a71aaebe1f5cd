import { describe, expect, it } from "@effect/vitest"
import { OwnerId } from "../../src/domain/Strategy.ts"
import { roundsOf } from "../../src/scan/create.ts"
import type { Holding } from "../../src/scan/recall.ts"
import { newStrategy } from "../fixtures/pipeline.ts"

const fired = (owner: string | undefined, count: number): ReadonlyArray<Holding> => {
  const strategy = { ...newStrategy(), ...(owner === undefined ? undefined : { owner: OwnerId.make(owner) }) }
  return Array.from({ length: count }, () => ({ strategy, view: undefined as never }))
}

const ownersOf = (batch: ReadonlyArray<Holding>) => batch.map(({ strategy }) => strategy.owner ?? "operator")

describe("Triggers are created", () => {
  it("a few of each owner first, and what one owner fires beyond that when those are there, in calls of its own", () => {
    const [first = [], rest = []] = roundsOf([
      ...fired("mallory", 5000),
      ...fired("ada", 2),
      ...fired(undefined, 20)
    ]).map((round) => round.map(ownersOf))
    expect(first.map(({ length }) => length)).toEqual([32])
    expect(first[0]?.filter((owner) => owner === "mallory")).toHaveLength(10)
    expect(rest.map(({ length }) => length)).toEqual([...Array.from({ length: 9 }, () => 500), 490])
    expect(new Set(rest.flat())).toEqual(new Set(["mallory"]))
  })

  it("in no empty call", () => {
    expect(roundsOf([])).toEqual([[], []])
    expect(roundsOf(fired("ada", 1)).flat()).toHaveLength(1)
  })
})
