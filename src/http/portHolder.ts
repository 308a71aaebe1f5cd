/** Who has a port that the server cannot have. */
import { readdir, readFile, readlink } from "node:fs/promises"
import { basename } from "node:path"
import { Effect, Option, Schema } from "effect"
import { ownName, Vitals } from "./probes.ts"
import { type HttpConfig, isLoopback, urlOf } from "./settings.ts"

/** The process that has a port, as far as it can be told. */
export interface PortHolder {
  /** As people read it, such as `process 4711 (nginx)`. */
  readonly text: string
  /** Whether it is a Touchline. */
  readonly isTouchline: boolean
}

/** A Touchline says so itself. */
const asked = (config: HttpConfig) =>
  Effect.tryPromise(async (signal) => {
    const host = isLoopback(config.host) ? config.host : "127.0.0.1"
    const answer = await fetch(`${urlOf({ ...config, host })}/healthz`, { signal, redirect: "error" })
    return await answer.json()
  }).pipe(
    Effect.timeout("5 seconds"),
    Effect.flatMap(Schema.decodeUnknownEffect(Vitals)),
    Effect.map(
      ({ pid, version }): PortHolder => ({ text: `process ${pid} (${ownName} ${version})`, isTouchline: true })
    )
  )

/** The sockets that listen on a port (Linux: the tables of proc_net(5), whose fields are in hexadecimal). */
const listening = async (port: number): Promise<ReadonlySet<string>> => {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0")
  const tables = await Promise.all(["tcp", "tcp6"].map((table) => readFile(`/proc/net/${table}`, "utf8")))
  const rows = tables.flatMap((table) => table.split("\n").map((line) => line.trim().split(/\s+/)))
  return new Set(
    rows
      .filter(([, local, , state]) => local?.endsWith(`:${wanted}`) && state === "0A")
      .map((row) => `socket:[${row[9]}]`)
  )
}

/** What others' processes do not show is passed over. */
const orNone = <A>(asked: Promise<ReadonlyArray<A>>): Promise<ReadonlyArray<A>> => asked.catch(() => [])

/** The process that has one of these sockets open. */
const processOf = async (sockets: ReadonlySet<string>): Promise<string> => {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of await orNone(readdir(`/proc/${pid}/fd`))) {
      const [target = ""] = await orNone(readlink(`/proc/${pid}/fd/${descriptor}`).then((found) => [found]))
      // Not what it calls its first thread, which is `MainThread` of every Node.js.
      if (sockets.has(target)) return `process ${pid} (${basename(await readlink(`/proc/${pid}/exe`))})`
    }
  }
  throw new Error("it is another user's")
}

const found = (port: number) =>
  Effect.tryPromise(
    async (): Promise<PortHolder> => ({ text: await processOf(await listening(port)), isTouchline: false })
  )

/** The holder of the port: what it says of itself, or else what the system says. Never fails. */
export const portHolder = (config: HttpConfig): Effect.Effect<PortHolder> =>
  asked(config).pipe(
    Effect.catch(() => found(config.port)),
    Effect.option,
    Effect.map(Option.getOrElse(() => ({ text: "another process", isTouchline: false })))
  )
