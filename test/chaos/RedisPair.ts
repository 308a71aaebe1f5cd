/** Two private Redis servers that log their writes, one the replica of the other: they die, forget, and change places. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { Effect } from "effect"
import { Redis as Client } from "ioredis"
import { listen } from "../fixtures/redisServer.ts"

const freePort = async () => {
  const server = createServer()
  const port = await listen(server, 0)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** One of the two: a process that comes back on the same port, with its data unless they were wiped. */
const makeServer = async (root: string, name: string) => {
  const [port, directory] = [await freePort(), join(root, name)]
  let server: ChildProcess | undefined
  const start = async () => {
    mkdirSync(directory, { recursive: true })
    const settings = [
      "--appendonly",
      "yes",
      "--save",
      "",
      "--maxmemory-policy",
      "noeviction",
      "--repl-diskless-sync-delay",
      "0"
    ]
    server = spawn("redis-server", ["--port", `${port}`, "--dir", directory, ...settings], { stdio: "ignore" })
    const client = new Client(port, "127.0.0.1", { maxRetriesPerRequest: null, retryStrategy: () => 50 })
    client.on("error", () => undefined)
    await client.ping()
    client.disconnect()
  }
  const kill = async () => {
    const running = server
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const gone = new Promise((resolve) => running.once("exit", resolve))
    running.kill("SIGKILL")
    await gone
  }
  const ask = async (...command: readonly [string, ...ReadonlyArray<string>]) => {
    const client = new Client(port, "127.0.0.1", { lazyConnect: true, retryStrategy: () => null })
    client.on("error", () => undefined)
    try {
      await client.connect()
      const [name_, ...args] = command
      return await client.call(name_, ...args)
    } finally {
      client.disconnect()
    }
  }
  return { port, start, kill, ask, wipe: () => rmSync(directory, { recursive: true, force: true }) }
}

/** Starts both; they end with the scope. */
export const redisPair = Effect.acquireRelease(
  Effect.promise(async () => {
    const root = mkdtempSync(join(tmpdir(), "touchline-chaos-redis-"))
    const [one, two] = [await makeServer(root, "one"), await makeServer(root, "two")]
    await Promise.all([one.start(), two.start()])
    let [primary, replica] = [one, two]
    const follow = () => replica.ask("replicaof", "127.0.0.1", `${primary.port}`)
    const end = async () => {
      await Promise.all([one.kill(), two.kill()])
      rmSync(root, { recursive: true, force: true })
    }
    await follow()
    return {
      port: () => primary.port,
      ask: (...command: readonly [string, ...ReadonlyArray<string>]) => primary.ask(...command),
      /** Dies and comes back after so long, with what it has logged or with nothing. */
      die: async (ms: number, isWiped: boolean) => {
        await primary.kill()
        if (isWiped) primary.wipe()
        await setTimeout(ms)
        await primary.start()
        await follow()
      },
      /** The replica becomes the primary, and the other way round. Answers where the new primary is. */
      failOver: async () => {
        for (let looks = 0; looks < 100; looks += 1) {
          if (`${await replica.ask("info", "replication")}`.includes("master_link_status:up")) break
          await setTimeout(100)
        }
        await replica.ask("replicaof", "no", "one")
        ;[primary, replica] = [replica, primary]
        await follow()
        return primary.port
      },
      end
    }
  }),
  ({ end }) => Effect.promise(end)
)
