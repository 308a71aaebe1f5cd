/**
 * The loops of the rules engine, in AssemblyScript: TypeScript's syntax compiled to WebAssembly, which has what JavaScript
 * lacks, instructions on 16 bytes at a time. `npm run kernel` compiles this file into `../kernelBytes.ts`.
 *
 * All arguments that are addresses are byte offsets in the module's memory, which its user lays out. A column holds one
 * number for each view of a block: a 16-bit integer, of which -32768 stands for no value, or a 64-bit float, of which NaN
 * does. A row holds one bit for each. Loops go up to the next whole vector, for columns and rows have room to spare; what
 * lies beyond `count` is left over from earlier blocks and means nothing.
 */

/** No value, in a column of integers. */
const none: i16 = -32768

@inline
function isPresent(integers: v128): v128 {
  return i16x8.ne(integers, i16x8.splat(none))
}

/** What was calculated where both operands exist, and no value elsewhere. Of floats, NaN sees to that itself. */
@inline
function where<T>(result: v128, left: v128, right: v128): v128 {
  if (isFloat<T>()) return result
  return v128.bitselect(result, i16x8.splat(none), v128.and(isPresent(left), isPresent(right)))
}

@inline
function sum<T>(left: usize, right: usize, out: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count * sizeof<T>(); at < end; at += 16) {
    const a = v128.load(left + at)
    const b = v128.load(right + at)
    v128.store(out + at, where<T>(v128.add<T>(a, b), a, b))
  }
}

export function sumIntegers(left: usize, right: usize, out: usize, count: i32): void {
  sum<i16>(left, right, out, count)
}

export function sumFloats(left: usize, right: usize, out: usize, count: i32): void {
  sum<f64>(left, right, out, count)
}

@inline
function difference<T>(left: usize, right: usize, out: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count * sizeof<T>(); at < end; at += 16) {
    const a = v128.load(left + at)
    const b = v128.load(right + at)
    v128.store(out + at, where<T>(v128.sub<T>(a, b), a, b))
  }
}

export function differenceIntegers(left: usize, right: usize, out: usize, count: i32): void {
  difference<i16>(left, right, out, count)
}

export function differenceFloats(left: usize, right: usize, out: usize, count: i32): void {
  difference<f64>(left, right, out, count)
}

@inline
function distance<T>(left: usize, right: usize, out: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count * sizeof<T>(); at < end; at += 16) {
    const a = v128.load(left + at)
    const b = v128.load(right + at)
    v128.store(out + at, where<T>(v128.abs<T>(v128.sub<T>(a, b)), a, b))
  }
}

export function distanceIntegers(left: usize, right: usize, out: usize, count: i32): void {
  distance<i16>(left, right, out, count)
}

export function distanceFloats(left: usize, right: usize, out: usize, count: i32): void {
  distance<f64>(left, right, out, count)
}

@inline
function larger<T>(left: usize, right: usize, out: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count * sizeof<T>(); at < end; at += 16) {
    const a = v128.load(left + at)
    const b = v128.load(right + at)
    v128.store(out + at, where<T>(v128.max<T>(a, b), a, b))
  }
}

export function largerIntegers(left: usize, right: usize, out: usize, count: i32): void {
  larger<i16>(left, right, out, count)
}

export function largerFloats(left: usize, right: usize, out: usize, count: i32): void {
  larger<f64>(left, right, out, count)
}

/** The smaller of two numbers. No value is less than any integer, so it needs no care. */
@inline
function smaller<T>(left: usize, right: usize, out: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count * sizeof<T>(); at < end; at += 16) {
    v128.store(out + at, v128.min<T>(v128.load(left + at), v128.load(right + at)))
  }
}

export function smallerIntegers(left: usize, right: usize, out: usize, count: i32): void {
  smaller<i16>(left, right, out, count)
}

export function smallerFloats(left: usize, right: usize, out: usize, count: i32): void {
  smaller<f64>(left, right, out, count)
}

@inline
function product<T>(left: usize, right: usize, out: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count * sizeof<T>(); at < end; at += 16) {
    const a = v128.load(left + at)
    const b = v128.load(right + at)
    v128.store(out + at, where<T>(v128.mul<T>(a, b), a, b))
  }
}

export function productIntegers(left: usize, right: usize, out: usize, count: i32): void {
  product<i16>(left, right, out, count)
}

export function productFloats(left: usize, right: usize, out: usize, count: i32): void {
  product<f64>(left, right, out, count)
}

export function quotientFloats(left: usize, right: usize, out: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count * 8; at < end; at += 16) {
    v128.store(out + at, f64x2.div(v128.load(left + at), v128.load(right + at)))
  }
}

/** Makes what is not finite no value. */
export function finiteFloats(column: usize, count: i32): void {
  for (let at: usize = column, end = column + <usize>count * 8; at < end; at += 16) {
    const floats = v128.load(at)
    const isFinite = f64x2.eq(f64x2.sub(floats, floats), f64x2.splat(0))
    v128.store(at, v128.bitselect(floats, f64x2.splat(NaN), isFinite))
  }
}

/** The home column where `isHome` has all bits, the away column where `isAway` has, and no value elsewhere. */
export function chooseIntegers(
  home: usize,
  away: usize,
  isHome: usize,
  isAway: usize,
  out: usize,
  count: i32
): void {
  for (let at: usize = 0, end = <usize>count * 2; at < end; at += 16) {
    const h = v128.load(isHome + at)
    const a = v128.load(isAway + at)
    const other = v128.andnot(v128.andnot(i16x8.splat(none), h), a)
    v128.store(out + at, v128.or(v128.or(v128.and(v128.load(home + at), h), v128.and(v128.load(away + at), a)), other))
  }
}

/** The two integers at an address, each as wide as a float and with its sign. */
@inline
function widened(address: usize): v128 {
  return v128.extend_low<i32>(v128.extend_low<i16>(v128.load_zero<u32>(address)))
}

/** The same of floats. The masks are still of 16 bits. */
export function chooseFloats(home: usize, away: usize, isHome: usize, isAway: usize, out: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count * 8; at < end; at += 16) {
    const h = widened(isHome + (at >> 2))
    const a = widened(isAway + (at >> 2))
    const other = v128.bitselect(v128.load(away + at), f64x2.splat(NaN), a)
    v128.store(out + at, v128.bitselect(v128.load(home + at), other, h))
  }
}

/** Integers as floats. */
export function widen(integers: usize, out: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count * 2; at < end; at += 4) {
    const pair = v128.extend_low<i16>(v128.load_zero<u32>(integers + at))
    const missing = v128.extend_low<i32>(i32x4.eq(pair, i32x4.splat(none)))
    v128.store(out + (at << 2), v128.bitselect(f64x2.splat(NaN), f64x2.convert_low_i32x4_s(pair), missing))
  }
}

/**
 * Compares a column of integers with numbers: writes a row for each of `comparisons`, which are four 32-bit words each. The row
 * is at the first; the bit of an integer is whether it lies within the second and so many more, the third; where the
 * fourth is not 0, whether it lies elsewhere. No value lies nowhere: -32768 must not be within.
 */
export function compareIntegers(column: usize, comparisons: usize, length: i32, count: i32): void {
  const words = (count + 31) >> 5
  for (let end = comparisons + (<usize>length << 4); comparisons < end; comparisons += 16) {
    const row = load<usize>(comparisons)
    const least = i16x8.splat(load<i16>(comparisons, 4))
    const span = i16x8.splat(load<i16>(comparisons, 8))
    // As unsigned numbers, those below the least come out above every span.
    if (load<i32>(comparisons, 12) == 0) {
      for (let word = 0; word < words; word++) {
        const at = column + (<usize>word << 6)
        const a = i16x8.le_u(i16x8.sub(v128.load(at), least), span)
        const b = i16x8.le_u(i16x8.sub(v128.load(at, 16), least), span)
        const c = i16x8.le_u(i16x8.sub(v128.load(at, 32), least), span)
        const d = i16x8.le_u(i16x8.sub(v128.load(at, 48), least), span)
        store<i32>(row + (<usize>word << 2), bitsOf(a, b, c, d))
      }
    } else {
      for (let word = 0; word < words; word++) {
        const at = column + (<usize>word << 6)
        const a = isElsewhere(v128.load(at), least, span)
        const b = isElsewhere(v128.load(at, 16), least, span)
        const c = isElsewhere(v128.load(at, 32), least, span)
        const d = isElsewhere(v128.load(at, 48), least, span)
        store<i32>(row + (<usize>word << 2), bitsOf(a, b, c, d))
      }
    }
  }
}

@inline
function isElsewhere(integers: v128, least: v128, span: v128): v128 {
  return v128.and(isPresent(integers), i16x8.gt_u(i16x8.sub(integers, least), span))
}

/** A bit for each of 32 lanes of 16 bits. */
@inline
function bitsOf(a: v128, b: v128, c: v128, d: v128): i32 {
  return i8x16.bitmask(i8x16.narrow_i16x8_s(a, b)) | (i8x16.bitmask(i8x16.narrow_i16x8_s(c, d)) << 16)
}

/**
 * Compares a column of floats with numbers: writes a row for each of `comparisons`, of 16 bytes each. The row is at the first
 * four; the next four say which relations to the number hold, less in bit 0, equal in bit 1, greater in bit 2; the
 * number is in the last eight.
 */
export function compareFloats(column: usize, comparisons: usize, length: i32, count: i32): void {
  const words = (count + 31) >> 5
  for (let end = comparisons + (<usize>length << 4); comparisons < end; comparisons += 16) {
    const row = load<usize>(comparisons)
    const relations = load<i32>(comparisons, 4)
    const less = i64x2.splat(-(<i64>relations & 1))
    const equal = i64x2.splat(-((<i64>relations >> 1) & 1))
    const greater = i64x2.splat(-((<i64>relations >> 2) & 1))
    const threshold = f64x2.splat(load<f64>(comparisons, 8))
    for (let word = 0; word < words; word++) {
      const at = column + (<usize>word << 8)
      const a = eightRelated(at, threshold, less, equal, greater)
      const b = eightRelated(at + 64, threshold, less, equal, greater)
      const c = eightRelated(at + 128, threshold, less, equal, greater)
      const d = eightRelated(at + 192, threshold, less, equal, greater)
      store<i32>(row + (<usize>word << 2), bitsOf(a, b, c, d))
    }
  }
}

/** How far two floats may be apart and still be equal, as a share of the larger one: `compare.ts` says why. */
const tolerance: f64 = 1e-9

/** Whether two floats are related so: all bits of each lane, or none. */
@inline
function related(floats: v128, others: v128, less: v128, equal: v128, greater: v128): v128 {
  const apart = f64x2.abs(f64x2.sub(floats, others))
  const slack = f64x2.mul(f64x2.splat(tolerance), f64x2.max(f64x2.abs(floats), f64x2.abs(others)))
  const same = f64x2.le(apart, slack)
  const low = v128.and(f64x2.lt(floats, others), less)
  const high = v128.and(f64x2.gt(floats, others), greater)
  return v128.or(v128.andnot(v128.or(low, high), same), v128.and(same, equal))
}

/** The same of eight floats, in lanes of 16 bits. */
@inline
function eightRelated(at: usize, threshold: v128, less: v128, equal: v128, greater: v128): v128 {
  const a = related(v128.load(at), threshold, less, equal, greater)
  const b = related(v128.load(at, 16), threshold, less, equal, greater)
  const c = related(v128.load(at, 32), threshold, less, equal, greater)
  const d = related(v128.load(at, 48), threshold, less, equal, greater)
  return narrowed(a, b, c, d)
}

/** The lanes of four vectors of 64 bits in lanes of 16. */
@inline
function narrowed(a: v128, b: v128, c: v128, d: v128): v128 {
  return i16x8.narrow_i32x4_s(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(c, d, 0, 2, 4, 6))
}

/** Compares two columns of floats: writes a row, whose bit says whether the relations of `compareFloats` hold. */
export function comparePair(left: usize, right: usize, row: usize, relations: i32, count: i32): void {
  const less = i64x2.splat(-(<i64>relations & 1))
  const equal = i64x2.splat(-((<i64>relations >> 1) & 1))
  const greater = i64x2.splat(-((<i64>relations >> 2) & 1))
  for (let at: usize = 0, end = <usize>(count + 7) >> 3; at < end; at++) {
    const first = left + (at << 6)
    const second = right + (at << 6)
    const a = related(v128.load(first), v128.load(second), less, equal, greater)
    const b = related(v128.load(first, 16), v128.load(second, 16), less, equal, greater)
    const c = related(v128.load(first, 32), v128.load(second, 32), less, equal, greater)
    const d = related(v128.load(first, 48), v128.load(second, 48), less, equal, greater)
    const lanes = narrowed(a, b, c, d)
    store<u8>(row + at, <u8>i8x16.bitmask(i8x16.narrow_i16x8_s(lanes, lanes)))
  }
}

/** Writes a row: the rows at so many addresses ORed. */
export function orRows(addresses: usize, length: i32, row: usize): void {
  for (let at: usize = 0; at < 128; at += 16) {
    let bits = i64x2.splat(0)
    for (let member = 0; member < length; member++) {
      bits = v128.or(bits, v128.load(load<usize>(addresses + (<usize>member << 2)) + at))
    }
    v128.store(row + at, bits)
  }
}

/**
 * The pairs that fire of so many strategies on the views of a block. Their rows' addresses lie one after another in
 * `rows`: of strategy i, as many as `starts[i + 1]` is more than `starts[i]`. A strategy fires on the views that all its
 * rows have, and that `live` has. Writes for each pair the strategy's place plus `first` to `out` and the view's position plus
 * `base` to `apart` bytes after it; answers with how many pairs it wrote.
 */
export function fire(
  starts: usize,
  rows: usize,
  length: i32,
  first: i32,
  live: usize,
  base: i32,
  out: usize,
  apart: usize
): i32 {
  return list(starts, rows, length, first, live, base, out, apart, 0, 0)
}

/**
 * The same less the pairs that are known. The addresses of as many rows lie in `known`: pairs that the row of their
 * strategy has are not written. How many pairs fire, those included, is added to the number at `held`.
 */
export function fireUnknown(
  starts: usize,
  rows: usize,
  length: i32,
  first: i32,
  live: usize,
  base: i32,
  out: usize,
  apart: usize,
  known: usize,
  held: usize
): i32 {
  return list(starts, rows, length, first, live, base, out, apart, known, held)
}

/** Either of them: without known rows, what is for them alone is not compiled. */
@inline
function list(
  starts: usize,
  rows: usize,
  length: i32,
  first: i32,
  live: usize,
  base: i32,
  out: usize,
  apart: usize,
  known: usize,
  held: usize
): i32 {
  const before = out
  let count: i64 = 0
  for (let strategy = first; strategy < first + length; strategy++) {
    const end = rows + (<usize>(load<i32>(starts, 4) - load<i32>(starts)) << 2)
    starts += 4
    let a = v128.load(live)
    let b = v128.load(live, 16)
    let c = v128.load(live, 32)
    let d = v128.load(live, 48)
    let e = v128.load(live, 64)
    let f = v128.load(live, 80)
    let g = v128.load(live, 96)
    let h = v128.load(live, 112)
    for (; rows < end; rows += 4) {
      const row = load<usize>(rows)
      a = v128.and(a, v128.load(row))
      b = v128.and(b, v128.load(row, 16))
      c = v128.and(c, v128.load(row, 32))
      d = v128.and(d, v128.load(row, 48))
      e = v128.and(e, v128.load(row, 64))
      f = v128.and(f, v128.load(row, 80))
      g = v128.and(g, v128.load(row, 96))
      h = v128.and(h, v128.load(row, 112))
    }
    if (!anyOf(a, b, c, d, e, f, g, h)) continue
    if (known != 0) {
      const row = load<usize>(known + (<usize>(strategy - first) << 2))
      count += bitsIn(a) + bitsIn(b) + bitsIn(c) + bitsIn(d) + bitsIn(e) + bitsIn(f) + bitsIn(g) + bitsIn(h)
      a = v128.andnot(a, v128.load(row))
      b = v128.andnot(b, v128.load(row, 16))
      c = v128.andnot(c, v128.load(row, 32))
      d = v128.andnot(d, v128.load(row, 48))
      e = v128.andnot(e, v128.load(row, 64))
      f = v128.andnot(f, v128.load(row, 80))
      g = v128.andnot(g, v128.load(row, 96))
      h = v128.andnot(h, v128.load(row, 112))
      if (!anyOf(a, b, c, d, e, f, g, h)) continue
    }
    out = write(i64x2.extract_lane(a, 0), strategy, base, out, apart)
    out = write(i64x2.extract_lane(a, 1), strategy, base + 64, out, apart)
    out = write(i64x2.extract_lane(b, 0), strategy, base + 128, out, apart)
    out = write(i64x2.extract_lane(b, 1), strategy, base + 192, out, apart)
    out = write(i64x2.extract_lane(c, 0), strategy, base + 256, out, apart)
    out = write(i64x2.extract_lane(c, 1), strategy, base + 320, out, apart)
    out = write(i64x2.extract_lane(d, 0), strategy, base + 384, out, apart)
    out = write(i64x2.extract_lane(d, 1), strategy, base + 448, out, apart)
    out = write(i64x2.extract_lane(e, 0), strategy, base + 512, out, apart)
    out = write(i64x2.extract_lane(e, 1), strategy, base + 576, out, apart)
    out = write(i64x2.extract_lane(f, 0), strategy, base + 640, out, apart)
    out = write(i64x2.extract_lane(f, 1), strategy, base + 704, out, apart)
    out = write(i64x2.extract_lane(g, 0), strategy, base + 768, out, apart)
    out = write(i64x2.extract_lane(g, 1), strategy, base + 832, out, apart)
    out = write(i64x2.extract_lane(h, 0), strategy, base + 896, out, apart)
    out = write(i64x2.extract_lane(h, 1), strategy, base + 960, out, apart)
  }
  if (known != 0) store<i32>(held, load<i32>(held) + <i32>count)
  return <i32>((out - before) >> 2)
}

/** Whether there is a bit in any of these. */
@inline
function anyOf(a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128, h: v128): bool {
  return v128.any_true(v128.or(v128.or(v128.or(a, b), v128.or(c, d)), v128.or(v128.or(e, f), v128.or(g, h))))
}

/** How many bits there are in it. */
@inline
function bitsIn(bits: v128): i64 {
  return popcnt(i64x2.extract_lane(bits, 0)) + popcnt(i64x2.extract_lane(bits, 1))
}

/** Writes a pair for each bit, and answers with the address after the last. */
@inline
function write(bits: i64, strategy: i32, base: i32, out: usize, apart: usize): usize {
  while (bits != 0) {
    store<i32>(out, strategy)
    store<i32>(out + apart, base + <i32>ctz(bits))
    out += 4
    bits &= bits - 1
  }
  return out
}
