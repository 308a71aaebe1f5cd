/** Timing and memory for the benchmark. Times are in milliseconds. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** The shortest of several runs: what the machine does when nothing else disturbs it. */
export const best = <A>(runs: number, run: () => A): { readonly elapsed: number; readonly result: A } => {
  const timed = () => {
    const started = performance.now()
    const result = run()
    return { elapsed: performance.now() - started, result }
  }
  let shortest = timed()
  for (let more = 1; more < runs; more++) {
    const next = timed()
    if (next.elapsed < shortest.elapsed) shortest = next
  }
  return shortest
}

/** The same for what is asynchronous. */
export const bestOf = async (runs: number, run: () => unknown): Promise<number> => {
  let shortest = Number.POSITIVE_INFINITY
  for (let times = 0; times < runs; times++) {
    const started = performance.now()
    await run()
    shortest = Math.min(shortest, performance.now() - started)
  }
  return shortest
}

setFlagsFromString("--expose-gc")
const collectGarbage: unknown = runInNewContext("gc")

/** The value in the middle. */
export const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** Bytes in use after collecting garbage: the JavaScript heap, and the array buffers and WebAssembly memory outside it. */
export const bytesHeld = (): number => {
  if (typeof collectGarbage === "function") {
    collectGarbage()
    collectGarbage()
  }
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}
