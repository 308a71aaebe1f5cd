import { Redis as Client } from "ioredis"
import { startRedisServer } from "../test/fixtures/redisServer.ts"
const s = await startRedisServer()
const c = new Client(s.port, "127.0.0.1")
const batch = (r: number) => Array.from({ length: 1000 }, (_, i) => `dedup:00000000-0000-4000-8000-${String(i % 50).padStart(12, "0")}:${r * 1000 + i}`)
const keys = batch(1)
for (let r = 0; r < 6000; r++) await c.mget(keys)
console.log(await c.info("commandstats"))
c.disconnect(); await s.stop()
