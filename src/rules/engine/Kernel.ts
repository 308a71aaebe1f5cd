/**
 * The engine's loops in WebAssembly (`kernel/kernel.ts` says what each does) and the memory they work on, which is laid
 * out from here. Memory grows and never shrinks; all of it goes when the kernel does.
 */
import { setFlagsFromString } from "node:v8"
import { kernelBytes } from "./kernelBytes.ts"

/** Writes a column: what a calculation makes of two. The columns are given by their addresses; `out` may be one of them. */
export type Combine = (left: number, right: number, out: number, count: number) => void

type Choose = (home: number, away: number, isHome: number, isAway: number, out: number, count: number) => void

type Compare = (column: number, comparisons: number, length: number, count: number) => void

/** The loops. All arguments but lengths and counts are addresses. */
export interface Loops {
  readonly sumIntegers: Combine
  readonly sumFloats: Combine
  readonly differenceIntegers: Combine
  readonly differenceFloats: Combine
  readonly distanceIntegers: Combine
  readonly distanceFloats: Combine
  readonly largerIntegers: Combine
  readonly largerFloats: Combine
  readonly smallerIntegers: Combine
  readonly smallerFloats: Combine
  readonly productIntegers: Combine
  readonly productFloats: Combine
  readonly quotientFloats: Combine
  readonly finiteFloats: (column: number, count: number) => void
  readonly chooseIntegers: Choose
  readonly chooseFloats: Choose
  readonly widen: (integers: number, out: number, count: number) => void
  readonly compareIntegers: Compare
  readonly compareFloats: Compare
  readonly comparePair: (left: number, right: number, row: number, relations: number, count: number) => void
  readonly orRows: (addresses: number, length: number, row: number) => void
  readonly fire: (
    starts: number,
    rows: number,
    length: number,
    first: number,
    live: number,
    base: number,
    out: number,
    apart: number
  ) => number
  readonly fireUnknown: (
    starts: number,
    rows: number,
    length: number,
    first: number,
    live: number,
    base: number,
    out: number,
    apart: number,
    known: number,
    held: number
  ) => number
}

export interface Kernel {
  readonly loops: Loops
  /** The address of so many bytes that are not in use, a multiple of 64. What they hold is left over. */
  readonly allocate: (bytes: number) => number
  /** Gives back what was allocated. */
  readonly free: (address: number, bytes: number) => void
  // The whole memory, as of now: `allocate` may put other arrays in the place of these.
  readonly words: () => Int32Array<ArrayBuffer>
  readonly integers: () => Int16Array<ArrayBuffer>
  readonly floats: () => Float64Array<ArrayBuffer>
}

// What is used of WebAssembly, which the types of neither ECMAScript nor Node declare.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (size: {
    readonly initial: number
  }) => { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number }
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

const pageSize = 65_536

const isLoops = (exports: object): exports is Loops => "fire" in exports

/**
 * Compiles all of it with V8's optimizing compiler at once. By itself V8 begins with the other one and comes back to what
 * runs often, unless the process leaves that out: EmbeddedPostgres does, and the loops would be half as fast for good.
 */
const compile = (): object => {
  setFlagsFromString("--no-liftoff")
  setFlagsFromString("--no-wasm-lazy-compilation")
  const module = new WebAssembly.Module(Buffer.from(kernelBytes, "base64"))
  setFlagsFromString("--liftoff")
  setFlagsFromString("--wasm-lazy-compilation")
  return module
}

let compiled: object | undefined

export const makeKernel = (): Kernel => {
  compiled ??= compile()
  const memory = new WebAssembly.Memory({ initial: 16 })
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
  if (!isLoops(exports)) throw new Error("the rules engine's kernel is not what it was compiled from: npm run kernel")
  const views = () => ({
    words: new Int32Array(memory.buffer),
    integers: new Int16Array(memory.buffer),
    floats: new Float64Array(memory.buffer)
  })
  let now = views()
  // Address 0 is nothing's.
  let used = 64
  // By size: few sizes are asked for, again and again.
  const free = new Map<number, Array<number>>()
  const rounded = (bytes: number): number => (bytes + 63) & ~63

  return {
    loops: exports,
    allocate: (bytes) => {
      const size = rounded(bytes)
      const known = free.get(size)?.pop()
      if (known !== undefined) return known
      const address = used
      used += size
      const missing = used - memory.buffer.byteLength
      if (missing > 0) {
        memory.grow(Math.ceil(Math.max(missing, memory.buffer.byteLength / 8) / pageSize))
        now = views()
      }
      return address
    },
    free: (address, bytes) => {
      const size = rounded(bytes)
      const known = free.get(size)
      if (known === undefined) free.set(size, [address])
      else known.push(address)
    },
    words: () => now.words,
    integers: () => now.integers,
    floats: () => now.floats
  }
}
