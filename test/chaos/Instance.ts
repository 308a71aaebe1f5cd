/** One process of the service under chaos, and the wires to all that it talks to: they fail for it alone. */
import { type ChildProcess, spawn } from "node:child_process"
import { createWriteStream, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { botApi, type Fault } from "../fixtures/botApi.ts"
import { type FaultProxy, faultProxy } from "../fixtures/faultProxy.ts"
import { pairOfText } from "./Evening.ts"
import type { History } from "./History.ts"

/** What an instance talks to. */
export const wireNames = ["redis", "database", "channel"] as const
export type WireName = (typeof wireNames)[number]

export interface InstanceOptions {
  readonly name: string
  readonly index: number
  /** Where its files go. */
  readonly directory: string
  /** The ports of Redis and of the database. */
  readonly ports: { readonly redis: number; readonly database: number }
  readonly history: History
  readonly environment: { readonly [name: string]: string }
  /** The repository whose source it runs. */
  readonly root: string
}

export interface Instance {
  readonly name: string
  readonly wires: { readonly [wire in WireName]: FaultProxy }
  readonly start: () => void
  /** Ends it at once. */
  readonly kill: () => Promise<void>
  /** Asks it to stop. Answers its exit code and how long that took. */
  readonly stop: () => Promise<{ readonly code: number | string; readonly ms: number }>
  readonly signal: (signal: NodeJS.Signals) => void
  readonly isRunning: () => boolean
  /** Its clock is ahead by so many milliseconds. */
  readonly setClock: (ahead: number) => void
  /** Whether the messages that it sends are taken, but not answered. */
  readonly loseAnswers: (fault: Fault | undefined) => void
  /** Plays a fault instead of taking its messages. */
  readonly refuse: (fault: Fault | undefined) => void
}

/** Lines of a log that nobody foresaw. */
const unforeseen = /unhandled|uncaught|a job broke|"level":"FATAL"/i

/** Makes one, not started yet, with a stand-in of the Bot API of its own. */
export const makeInstance = Effect.fnUntraced(function* ({
  directory,
  environment,
  history,
  index,
  name,
  ports,
  root
}: InstanceOptions) {
  let lost: Fault | undefined
  const bot = yield* botApi({
    firstId: 1_000_000 * (index + 1),
    taken: ({ messageId, text }) => {
      const pair = pairOfText(text)
      if (pair !== undefined)
        history.delivered({ pair, process: name, message: `${messageId}`, isAnswered: lost === undefined })
      return lost
    }
  })
  const wires = {
    redis: yield* faultProxy({ port: ports.redis }),
    database: yield* faultProxy({ port: ports.database }),
    channel: yield* faultProxy({ port: Number(bot.root.port) })
  }
  const clockFile = join(directory, `${name}.clock`)
  writeFileSync(clockFile, "0")
  const log = createWriteStream(join(directory, `${name}.log`))
  let child: ChildProcess | undefined
  let isWanted = false
  const chaos = (file: string) => join(root, "test/chaos", file)

  const start = () => {
    isWanted = true
    const { PATH = "", HOME = "" } = process.env
    const started = spawn(process.execPath, ["--import", chaos("clock.ts"), chaos("service.ts")], {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH,
        HOME,
        NODE_COMPILE_CACHE: join(fileURLToPath(new URL("../../", import.meta.url)), "node_modules/.cache/touchline"),
        CLOCK_FILE: clockFile,
        HTTP: "off",
        LOG_FORMAT: "json",
        // A message is one pair: nothing is gathered into digests.
        LIMIT_ALERTS: "1000000",
        TELEGRAM_LINKING: "off",
        REDIS_HOST: "127.0.0.1",
        REDIS_PORT: `${wires.redis.port}`,
        TELEGRAM_API_ROOT: `http://127.0.0.1:${wires.channel.port}`,
        TELEGRAM_BOT_TOKEN: bot.token,
        SUPABASE_URL: `http://127.0.0.1:${wires.database.port}`,
        ...environment,
        FEED_URL: `${environment.FEED_URL}?process=${name}`
      }
    })
    for (const stream of [started.stdout, started.stderr]) {
      let rest = ""
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        log.write(chunk)
        const lines = `${rest}${chunk}`.split("\n")
        rest = lines.pop() ?? ""
        for (const line of lines) {
          if (unforeseen.test(line)) history.unhandled(`${name}: ${line}`)
          if (!line.includes('"message":"Touchline"')) continue
          history.began(name)
          // What the clock was told while it started.
          started.kill("SIGUSR2")
        }
      })
    }
    started.once("exit", (code, signal) => {
      history.ended(name)
      if (!isWanted || started !== child) return
      // Nobody asked for it: a supervisor would start it again. Who meets no Redis or no database at the start ends, as is told.
      if (!history.wasTroubled(name, ["redis", "redis lost", "database"], 20_000))
        history.unexpected(`${name} ended with ${code ?? signal}`)
      setTimeout(() => isWanted && start(), 500)
    })
    child = started
  }
  const gone = (running: ChildProcess) =>
    new Promise<number | string>((resolve) => {
      if (running.exitCode !== null || running.signalCode !== null) return resolve(running.exitCode ?? "")
      running.once("exit", (code, signal) => resolve(code ?? `${signal}`))
    })
  const ending = async (signal: NodeJS.Signals) => {
    isWanted = false
    if (child === undefined) return 0
    const end = gone(child)
    child.kill(signal)
    return end
  }
  yield* Effect.addFinalizer(() => Effect.promise(() => ending("SIGKILL")))
  const instance: Instance = {
    name,
    wires,
    start,
    kill: async () => void (await ending("SIGKILL")),
    stop: async () => {
      const began = performance.now()
      const code = await ending("SIGTERM")
      return { code, ms: Math.round(performance.now() - began) }
    },
    signal: (signal) => void child?.kill(signal),
    isRunning: () => child !== undefined && child.exitCode === null && child.signalCode === null,
    setClock: (ahead) => {
      writeFileSync(clockFile, `${ahead}`)
      // The signal would end one that does not listen for it yet.
      if (history.isServing(name)) child?.kill("SIGUSR2")
    },
    loseAnswers: (fault) => {
      lost = fault
    },
    refuse: (fault) => bot.keepPlaying(fault)
  }
  return instance
})
