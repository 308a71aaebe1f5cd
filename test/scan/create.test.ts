import { describe, expect, it } from "@effect/vitest"
import { OwnerId } from "../../src/domain/Strategy.ts"
import { batchesOf } from "../../src/scan/create.ts"
import type { Holding } from "../../src/scan/recall.ts"
import { newStrategy } from "../fixtures/pipeline.ts"

const fired = (owner: string | undefined, count: number): ReadonlyArray<Holding> => {
  const strategy = { ...newStrategy(), ...(owner === undefined ? undefined : { owner: OwnerId.make(owner) }) }
  return Array.from({ length: count }, () => ({ strategy, view: undefined as never }))
}

const ownersOf = (batch: ReadonlyArray<Holding>) => batch.map(({ strategy }) => strategy.owner ?? "operator")

describe("Triggers are created", () => {
  it("a few of each owner first, and what one owner fires beyond that in calls of its own", () => {
    const batches = batchesOf([...fired("mallory", 3000), ...fired("ada", 2), ...fired(undefined, 20)]).map(ownersOf)
    expect(batches.map(({ length }) => length)).toEqual([32, 2000, 990])
    expect(batches[0]?.filter((owner) => owner === "mallory")).toHaveLength(10)
    expect(new Set(batches.slice(1).flat())).toEqual(new Set(["mallory"]))
  })

  it("in no empty call", () => {
    expect(batchesOf([])).toEqual([])
    expect(batchesOf(fired("ada", 1))).toHaveLength(1)
  })
})
