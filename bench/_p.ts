import { Redis as Client } from "ioredis"
import { startRedisServer } from "../test/fixtures/redisServer.ts"
const s = await startRedisServer()
const c = new Client(s.port, "127.0.0.1", process.argv[2] === "2" ? { protocol: 2 } : {})
const med = (n: number[]) => n.toSorted((a, b) => a - b)[n.length >> 1]!
const batch = (r: number) => Array.from({ length: 1000 }, (_, i) => `dedup:00000000-0000-4000-8000-${String(i % 50).padStart(12, "0")}:${r * 1000 + i}`)
const m: number[] = [], ser: number[] = [], par: number[] = [], enc: number[] = []
for (let r = 0; r < 200; r++) {
  const keys = batch(r)
  const p = c.pipeline(); for (const k of keys.filter((_, i) => i % 2)) p.set(k, "1", "EX", 7200); await p.exec()
  let t = performance.now(); await c.mget(keys); m.push(performance.now() - t)
  t = performance.now(); await c.mget(keys); par.push(performance.now() - t)
  if (r % 4 === 0) { t = performance.now(); for (const k of keys) await c.exists(k); ser.push(performance.now() - t) }
  t = performance.now(); let out = `*${keys.length + 1}\r\n$4\r\nMGET\r\n`; for (const k of keys) out += `$${Buffer.byteLength(k)}\r\n${k}\r\n`; const b = Buffer.from(out); enc.push(performance.now() - t)
}
console.log({ mget: med(m), again: med(par), serial: med(ser), min: Math.min(...m), enc: med(enc) })
c.disconnect(); await s.stop()
