import { seeded } from "../../src/feed/SimulatedMatch.ts"
import { makeConditions } from "../../src/rules/engine/conditions.ts"
import { viewOrder } from "../../src/rules/engine/viewOrder.ts"
import { makeStrategies } from "./strategies.ts"
import { drawViews, loadMatches } from "./views.ts"

const next = seeded("bench")
const views = drawViews(loadMatches(), 1000, next)
const make = makeStrategies(views, [...new Set(views.map((v) => v.snapshot.match.competition.id))])
const N = 100000,
  strategies = make(N, next)
const c = makeConditions()
const lists = strategies.map((s) => {
  const r = s.when.map(c.acquire)
  if (s.competitions) r.push(c.acquireCompetitions(s.competitions))
  return r
})
const order = viewOrder(views)
c.evaluate([...order].map((i) => views[i]))
const words = c.words(),
  sums = c.summaries()
const pop = (x: number) => {
  let n = 0
  while (x) {
    n++
    x &= x - 1
  }
  return n
}
const rowPop = (r: number) => {
  let n = 0
  for (let w = 0; w < 32; w++) n += pop(words[r * 32 + w])
  return n
}
const P = new Map<number, number>()
const p = (r: number) => {
  let v = P.get(r)
  if (v === undefined) P.set(r, (v = rowPop(r)))
  return v
}
let live = 0,
  liveWords = 0,
  ands = 0,
  hit = 0,
  andsS = 0,
  sumSteps = 0,
  sumStepsS = 0,
  fired = 0
for (const l of lists) {
  let m = -1
  for (const r of l) {
    m &= sums[r]
    sumSteps++
    if (!m) break
  }
  const s = [...l].sort((a, b) => p(a) - p(b))
  let mm = -1
  for (const r of s) {
    mm &= sums[r]
    sumStepsS++
    if (!mm) break
  }
  if (m) {
    live++
    liveWords += pop(m)
    for (let w = 0; w < 32; w++)
      if ((m >>> w) & 1) {
        let b = -1
        for (const r of l) {
          b &= words[r * 32 + w]
          ands++
          if (!b) break
        }
        if (b) hit++, (fired += pop(b))
        b = -1
        for (const r of s) {
          b &= words[r * 32 + w]
          andsS++
          if (!b) break
        }
      }
  }
}
const avg = [...P.values()].reduce((a, b) => a + b) / P.size
console.log({
  avgRow: avg,
  empty: [...P.values()].filter((x) => x === 0).length,
  live,
  liveWords,
  ands,
  andsS,
  sumSteps,
  sumStepsS,
  hit,
  fired
})
// group by rarest pair / duplicates rows
const uniq = new Set<string>()
for (let r = 1; r < sums.length && r <= c.size(); r++) uniq.add(words.subarray(r * 32, r * 32 + 32).join())
console.log("distinct bitmaps", uniq.size, "rows", c.size())
const firsts = new Map<number, number>()
for (const l of lists) {
  const s = [...l].sort((a, b) => p(a) - p(b))
  firsts.set(s[0], (firsts.get(s[0]) ?? 0) + 1)
}
console.log("distinct rarest", firsts.size)
// run lengths: time of alternatives
const rows: number[] = [],
  starts = [0]
for (const l of lists) {
  rows.push(...l)
  starts.push(rows.length)
}
const rowsS: number[] = [],
  perm = lists.map((l, i) => [...l].sort((a, b) => p(a) - p(b)))
for (const l of perm) rowsS.push(...l)
const perm2 = [...perm].sort((a, b) => a[0] - b[0] || a[1] - b[1])
const rows2: number[] = [],
  starts2 = [0]
for (const l of perm2) {
  rows2.push(...l)
  starts2.push(rows2.length)
}
const outS = new Int32Array(3e6),
  outV = new Int32Array(3e6)
const A = (starts: Int32Array, rows: Int32Array) => {
  let found = 0,
    to = 0
  for (let s = 0; s < N; s++) {
    const from = to
    to = starts[s + 1] ?? 0
    let live = -1
    for (let at = from; at < to && live !== 0; at++) live &= sums[rows[at] ?? 0] ?? 0
    while (live !== 0) {
      const w = 31 - Math.clz32(live & -live)
      live &= live - 1
      let b = -1
      for (let at = from; at < to && b !== 0; at++) b &= words[(rows[at] ?? 0) * 32 + w] ?? 0
      while (b !== 0) {
        const bit = 31 - Math.clz32(b & -b)
        b &= b - 1
        outS[found] = s
        outV[found] = order[w * 32 + bit] ?? 0
        found++
      }
    }
  }
  return found
}
// B: row-major accumulators: AND whole row into acc (32 words) then scan
const acc = new Int32Array(32)
const B = (starts: Int32Array, rows: Int32Array) => {
  let found = 0,
    to = 0
  for (let s = 0; s < N; s++) {
    const from = to
    to = starts[s + 1] ?? 0
    let live = -1
    for (let at = from; at < to && live !== 0; at++) live &= sums[rows[at] ?? 0] ?? 0
    if (live === 0) continue
    const a0 = (rows[from] ?? 0) * 32,
      a1 = (rows[from + 1] ?? rows[from] ?? 0) * 32
    const w0 = 31 - Math.clz32(live & -live),
      w1 = 32 - Math.clz32(live)
    for (let w = w0; w < w1; w++) acc[w] = (words[a0 + w] ?? 0) & (words[a1 + w] ?? 0)
    for (let at = from + 2; at < to; at++) {
      const a = (rows[at] ?? 0) * 32
      for (let w = w0; w < w1; w++) acc[w] = (acc[w] ?? 0) & (words[a + w] ?? 0)
    }
    for (let w = w0; w < w1; w++) {
      let b = acc[w] ?? 0
      while (b !== 0) {
        const bit = 31 - Math.clz32(b & -b)
        b &= b - 1
        outS[found] = s
        outV[found] = order[w * 32 + bit] ?? 0
        found++
      }
    }
  }
  return found
}
// C: branchless over all rows per live word, no early exit
const C = (starts: Int32Array, rows: Int32Array) => {
  let found = 0,
    to = 0
  for (let s = 0; s < N; s++) {
    const from = to
    to = starts[s + 1] ?? 0
    let live = -1
    for (let at = from; at < to; at++) live &= sums[rows[at] ?? 0] ?? 0
    while (live !== 0) {
      const w = 31 - Math.clz32(live & -live)
      live &= live - 1
      let b = words[(rows[from] ?? 0) * 32 + w] ?? 0
      for (let at = from + 1; at < to; at++) b &= words[(rows[at] ?? 0) * 32 + w] ?? 0
      while (b !== 0) {
        const bit = 31 - Math.clz32(b & -b)
        b &= b - 1
        outS[found] = s
        outV[found] = order[w * 32 + bit] ?? 0
        found++
      }
    }
  }
  return found
}
const time = (n: string, f: () => number) => {
  let best = 1e9,
    r = 0
  for (let i = 0; i < 12; i++) {
    const t = performance.now()
    r = f()
    best = Math.min(best, performance.now() - t)
  }
  console.log(n, best.toFixed(2), "ms", r)
}
const I = (a: number[]) => Int32Array.from(a)
const s1 = I(starts),
  r1 = I(rows),
  rS = I(rowsS),
  s2 = I(starts2),
  r2 = I(rows2)
for (const [n, f] of [
  ["A", A],
  ["B", B],
  ["C", C]
] as const) {
  time(n + " plain", () => f(s1, r1))
  time(n + " rarest first", () => f(s1, rS))
  time(n + " sorted too", () => f(s2, r2))
}
const range = (
  starts: Int32Array,
  rows: Int32Array,
  words: Int32Array,
  sums: Int32Array,
  order: Int32Array,
  outS: Int32Array,
  outV: Int32Array,
  begin: number,
  end: number,
  found: number
) => {
  let to = starts[begin] ?? 0
  for (let s = begin; s < end; s++) {
    const from = to
    to = starts[s + 1] ?? 0
    let live = -1
    for (let at = from; at < to; at++) live &= sums[rows[at] ?? 0] ?? 0
    while (live !== 0) {
      const w = 31 - Math.clz32(live & -live)
      live &= live - 1
      let b = words[(rows[from] ?? 0) * 32 + w] ?? 0
      for (let at = from + 1; at < to; at++) b &= words[(rows[at] ?? 0) * 32 + w] ?? 0
      while (b !== 0) {
        const bit = 31 - Math.clz32(b & -b)
        b &= b - 1
        outS[found] = s
        outV[found] = order[w * 32 + bit] ?? 0
        found++
      }
    }
  }
  return found
}
const D = (starts: Int32Array, rows: Int32Array) => {
  let f = 0
  for (let s = 0; s < N; s += 256) f = range(starts, rows, words, sums, order, outS, outV, s, Math.min(N, s + 256), f)
  return f
}
// E: two phases per strategy: gather candidate (word,bits) then emit
const bw = new Int32Array(32),
  bb = new Int32Array(32)
const rangeE = (
  starts: Int32Array,
  rows: Int32Array,
  words: Int32Array,
  sums: Int32Array,
  order: Int32Array,
  outS: Int32Array,
  outV: Int32Array,
  begin: number,
  end: number,
  found: number
) => {
  let to = starts[begin] ?? 0
  for (let s = begin; s < end; s++) {
    const from = to
    to = starts[s + 1] ?? 0
    let live = -1
    for (let at = from; at < to; at++) live &= sums[rows[at] ?? 0] ?? 0
    let n = 0
    while (live !== 0) {
      const w = 31 - Math.clz32(live & -live)
      live &= live - 1
      let b = words[(rows[from] ?? 0) * 32 + w] ?? 0
      for (let at = from + 1; at < to; at++) b &= words[(rows[at] ?? 0) * 32 + w] ?? 0
      bw[n] = w
      bb[n] = b
      n += Number(b !== 0)
    }
    for (let k = 0; k < n; k++) {
      let b = bb[k] ?? 0
      const base = (bw[k] ?? 0) * 32
      do {
        const bit = 31 - Math.clz32(b & -b)
        b &= b - 1
        outS[found] = s
        outV[found] = order[base + bit] ?? 0
        found++
      } while (b !== 0)
    }
  }
  return found
}
const E = (starts: Int32Array, rows: Int32Array) => {
  let f = 0
  for (let s = 0; s < N; s += 256) f = rangeE(starts, rows, words, sums, order, outS, outV, s, Math.min(N, s + 256), f)
  return f
}
// F: no emission cost
const rangeF = (
  starts: Int32Array,
  rows: Int32Array,
  words: Int32Array,
  sums: Int32Array,
  begin: number,
  end: number,
  found: number
) => {
  let to = starts[begin] ?? 0
  for (let s = begin; s < end; s++) {
    const from = to
    to = starts[s + 1] ?? 0
    let live = -1
    for (let at = from; at < to; at++) live &= sums[rows[at] ?? 0] ?? 0
    while (live !== 0) {
      const w = 31 - Math.clz32(live & -live)
      live &= live - 1
      let b = words[(rows[from] ?? 0) * 32 + w] ?? 0
      for (let at = from + 1; at < to; at++) b &= words[(rows[at] ?? 0) * 32 + w] ?? 0
      found ^= b
    }
  }
  return found
}
const F = (starts: Int32Array, rows: Int32Array) => {
  let f = 0
  for (let s = 0; s < N; s += 256) f = rangeF(starts, rows, words, sums, s, Math.min(N, s + 256), f)
  return f
}
const rangeG = (starts: Int32Array, rows: Int32Array, sums: Int32Array, begin: number, end: number, found: number) => {
  let to = starts[begin] ?? 0
  for (let s = begin; s < end; s++) {
    const from = to
    to = starts[s + 1] ?? 0
    let live = -1
    for (let at = from; at < to; at++) live &= sums[rows[at] ?? 0] ?? 0
    found ^= live
  }
  return found
}
const G = (starts: Int32Array, rows: Int32Array) => {
  let f = 0
  for (let s = 0; s < N; s += 256) f = rangeG(starts, rows, sums, s, Math.min(N, s + 256), f)
  return f
}
for (const [n, f] of [
  ["D", D],
  ["E", E],
  ["F", F],
  ["G", G]
] as const) {
  time(n + " plain", () => f(s1, r1))
  time(n + " rarest first", () => f(s1, rS))
  time(n + " sorted too", () => f(s2, r2))
}
const padded=(m:number)=>{const r:number[]=[],s=[0];for(const l of lists){const u=[...new Set(l)];r.push(...u);while((r.length-s[s.length-1])%m)r.push(u[0]);s.push(r.length)}return [I(s),I(r)] as const}
const range2=(starts:Int32Array,rows:Int32Array,words:Int32Array,sums:Int32Array,order:Int32Array,outS:Int32Array,outV:Int32Array,begin:number,end:number,found:number)=>{
  let to=starts[begin]??0
  for(let s=begin;s<end;s++){const from=to; to=starts[s+1]??0; let live=-1
   for(let at=from;at<to;at+=2) live&=(sums[rows[at]??0]??0)&(sums[rows[at+1]??0]??0)
   while(live!==0){const w=31-Math.clz32(live&-live);live&=live-1;let b=-1
    for(let at=from;at<to;at+=2)b&=(words[(rows[at]??0)*32+w]??0)&(words[(rows[at+1]??0)*32+w]??0)
    while(b!==0){const bit=31-Math.clz32(b&-b);b&=b-1;outS[found]=s;outV[found]=order[w*32+bit]??0;found++}}}
  return found}
const range4=(starts:Int32Array,rows:Int32Array,words:Int32Array,sums:Int32Array,order:Int32Array,outS:Int32Array,outV:Int32Array,begin:number,end:number,found:number)=>{
  let to=starts[begin]??0
  for(let s=begin;s<end;s++){const from=to; to=starts[s+1]??0; let live=-1
   for(let at=from;at<to;at+=4) live&=(sums[rows[at]??0]??0)&(sums[rows[at+1]??0]??0)&(sums[rows[at+2]??0]??0)&(sums[rows[at+3]??0]??0)
   while(live!==0){const w=31-Math.clz32(live&-live);live&=live-1;let b=-1
    for(let at=from;at<to;at+=4)b&=(words[(rows[at]??0)*32+w]??0)&(words[(rows[at+1]??0)*32+w]??0)&(words[(rows[at+2]??0)*32+w]??0)&(words[(rows[at+3]??0)*32+w]??0)
    while(b!==0){const bit=31-Math.clz32(b&-b);b&=b-1;outS[found]=s;outV[found]=order[w*32+bit]??0;found++}}}
  return found}
const rangeL=(starts:Int32Array,rows:Int32Array,words:Int32Array,sums:Int32Array,order:Int32Array,outS:Int32Array,outV:Int32Array,begin:number,end:number,found:number)=>{
  let to=starts[begin]??0
  for(let s=begin;s<end;s++){const from=to; to=starts[s+1]??0; let live=-1
   for(let at=from;at<to;at+=4) live&=(sums[rows[at]??0]??0)&(sums[rows[at+1]??0]??0)&(sums[rows[at+2]??0]??0)&(sums[rows[at+3]??0]??0)
   const a=(rows[from]??0)*32,b1=(rows[from+1]??0)*32,c1=(rows[from+2]??0)*32,d1=(rows[from+3]??0)*32
   while(live!==0){const w=31-Math.clz32(live&-live);live&=live-1;let b=(words[a+w]??0)&(words[b1+w]??0)&(words[c1+w]??0)&(words[d1+w]??0)
    for(let at=from+4;at<to;at++)b&=(words[(rows[at]??0)*32+w]??0)
    while(b!==0){const bit=31-Math.clz32(b&-b);b&=b-1;outS[found]=s;outV[found]=order[w*32+bit]??0;found++}}}
  return found}
const [p2s,p2r]=padded(2),[p4s,p4r]=padded(4)
time('pad2',()=>{let f=0;for(let s=0;s<N;s+=1024)f=range2(p2s,p2r,words,sums,order,outS,outV,s,Math.min(N,s+1024),f);return f})
time('pad4',()=>{let f=0;for(let s=0;s<N;s+=1024)f=range4(p4s,p4r,words,sums,order,outS,outV,s,Math.min(N,s+1024),f);return f})
time('pad4L',()=>{let f=0;for(let s=0;s<N;s+=1024)f=rangeL(p4s,p4r,words,sums,order,outS,outV,s,Math.min(N,s+1024),f);return f})
