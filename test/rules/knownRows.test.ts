import { describe, expect, it } from "@effect/vitest"
import { rowBytes } from "../../src/rules/engine/block.ts"
import { makeKernel } from "../../src/rules/engine/Kernel.ts"
import { makeKnownRows } from "../../src/rules/engine/knownRows.ts"
import { knownLabels, withBit } from "../../src/rules/KnownLabels.ts"

describe("Rows of what is known", () => {
  it("say nothing of the matches of a tick for which there was not memory enough", () => {
    const kernel = makeKernel()
    let isFull = false
    const rows = makeKnownRows({
      ...kernel,
      allocate: (bytes) => {
        if (isFull) throw new RangeError("no memory")
        return kernel.allocate(bytes)
      }
    })
    const at = kernel.allocate(4)
    const row = (label: number): number => {
      rows.stage(Int32Array.of(label), 0, at)
      const address = kernel.words()[at >> 2] ?? 0
      return kernel.words().subarray(address >> 2, (address + rowBytes) >> 2)[0] ?? 0
    }
    const knownOf = (...labels: ReadonlyArray<number>) =>
      knownLabels(labels.reduce((bits, label) => withBit(bits, label, 5000), new Int32Array(0)))
    const first = knownOf(1)
    rows.show(["a"], [first])
    isFull = true
    expect(() => rows.show(["b"], [knownOf(2, 4000)])).toThrow("no memory")
    isFull = false
    rows.show(["a"], [first])
    expect([row(1), row(2), row(4000)]).toEqual([1, 0, 0])
  })
})
