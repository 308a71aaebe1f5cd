import { Redis as Client } from "ioredis"
import { startRedisServer } from "../test/fixtures/redisServer.ts"
const s = await startRedisServer()
const med = (n: number[]) => n.toSorted((a, b) => a - b)[n.length >> 1]!
const batch = (r: number) => Array.from({ length: 1000 }, (_, i) => `dedup:00000000-0000-4000-8000-${String(i % 50).padStart(12, "0")}:${r * 1000 + i}`)
for (const protocol of [3, 2] as const) {
  const c = new Client(s.port, "127.0.0.1", { protocol })
  const c2 = new Client(s.port, "127.0.0.1", { protocol, commandTimeout: 5000, socketTimeout: 5000 })
  for (const [name, k, seedEvery] of [["miss", c, false], ["hit", c, true], ["hit other client writes", c2, true],["hitbuf", c, true]] as const) {
    const t: number[] = []
    for (let r = 0; r < 300; r++) {
      const keys = batch(r + 1000)
      if (seedEvery) { const p = c.pipeline(); for (const key of keys.filter((_, i) => i % 2)) p.set(key, "1", "EX", 7200); await p.exec() }
      const a = performance.now(); await (name === "hitbuf" ? k.mgetBuffer(keys) : k.mget(keys)); const d = performance.now() - a
      if (r > 100) t.push(d)
    }
    await c.flushall()
    console.log(protocol, name, med(t).toFixed(3), Math.min(...t).toFixed(3))
  }
  c.disconnect(); c2.disconnect()
}
await s.stop()
