/** What goes wrong in a chaos run, drawn from its seed: with one process, and with what all of them talk to. */
import { setTimeout } from "node:timers/promises"
import { Effect } from "effect"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import { badGateway, type Fault, internalError, tooMany } from "../fixtures/botApi.ts"
import type { FaultProxy } from "../fixtures/faultProxy.ts"
import type { History } from "./History.ts"
import { type Instance, type WireName, wireNames } from "./Instance.ts"
import type { World } from "./World.ts"

export interface Counts {
  kills: number
  terms: number
  pauses: number
  clockSteps: number
  redisDeaths: number
  wiped: number
  failovers: number
  outages: number
}

/** One thing that goes wrong, until its promise ends. */
interface Nemesis {
  readonly what: string
  readonly run: () => Promise<void>
}

const ways = ["refuse", "reset", "silence", "stall", "delay", "loseAnswers"] as const

const begin = (wire: FaultProxy, way: (typeof ways)[number]) =>
  Effect.runPromise(way === "delay" ? wire.delay(400) : wire[way])
const end = async (wire: FaultProxy) => {
  await Effect.runPromise(wire.accept)
  await Effect.runPromise(wire.flow)
  // What was held back for long is answered by nobody any more.
  await Effect.runPromise(wire.reset)
}

export interface NemesesOptions {
  readonly seed: string
  readonly minutes: number
  readonly world: World
  readonly history: History
  readonly say: (line: string) => void
}

/** Both lanes of a run: what goes wrong with processes, and with what they talk to. */
export const drawNemeses = ({ history, minutes, seed, world }: NemesesOptions) => {
  const next = seeded(`nemeses/${seed}`)
  const between = (least: number, most: number) => Math.round(least + next() * (most - least))
  const oneOf = <A>(all: ReadonlyArray<A>): A => all[Math.floor(next() * all.length)] as A
  const scale = minutes / 20
  const many = (full: number, least: number) => Math.max(least, Math.round(full * scale))
  // One of each kind is much for a run of less than a minute: there they are half as long.
  const lasts = (least: number, most: number) =>
    Math.round(between(least, most) * Math.min(1, Math.max(0.5, scale * 4)))
  const counts: Counts = {
    kills: 0,
    terms: 0,
    pauses: 0,
    clockSteps: 0,
    redisDeaths: 0,
    wiped: 0,
    failovers: 0,
    outages: 0
  }
  const { instances, redis } = world
  /** Waits until it serves: on a busy machine a start takes a while, and one that met an outage then has to start again. */
  const serving = async ({ name }: Instance) => {
    while (!history.isServing(name)) await setTimeout(100)
  }

  const kill = (instance: Instance, pause: number): Nemesis => ({
    what: `kill ${instance.name}`,
    run: async () => {
      await serving(instance)
      counts.kills += 1
      const over = history.trouble("kill", instance.name)
      await instance.kill()
      await setTimeout(pause)
      instance.start()
      over()
    }
  })
  const term = (instance: Instance): Nemesis => ({
    what: `stop ${instance.name}`,
    run: async () => {
      await serving(instance)
      counts.terms += 1
      const over = history.trouble("stop", instance.name)
      const { code } = await instance.stop()
      // One that was told to stop while it started, or in an outage, has not begun to serve.
      if (code !== 0 && !history.wasTroubled(instance.name, ["redis", "redis lost", "database", "kill"], 30_000))
        history.unexpected(`${instance.name} stopped with ${code}`)
      over()
      instance.start()
    }
  })
  const pause = (instance: Instance, ms: number): Nemesis => ({
    what: `pause ${instance.name} for ${ms} ms`,
    run: async () => {
      counts.pauses += 1
      const over = history.trouble("pause", instance.name)
      instance.signal("SIGSTOP")
      await setTimeout(ms)
      instance.signal("SIGCONT")
      await setTimeout(1000)
      over()
    }
  })
  const clock = (instance: Instance, ahead: number): Nemesis => ({
    what: `clock of ${instance.name} ${ahead} ms ahead`,
    run: async () => {
      counts.clockSteps += 1
      instance.setClock(ahead)
    }
  })
  const ofProcesses = [
    ...Array.from({ length: many(64, 6) }, () => kill(oneOf(instances), between(100, 1500))),
    ...Array.from({ length: many(11, 2) }, () => term(oneOf(instances))),
    ...Array.from({ length: many(6, 1) }, () => pause(oneOf(instances), lasts(2000, 15_000))),
    ...Array.from({ length: many(8, 2) }, () => clock(oneOf(instances), between(-3_000_000, 3_000_000)))
  ]

  const died = (ms: number, isWiped: boolean): Nemesis => ({
    what: `Redis dies for ${ms} ms${isWiped ? " and forgets" : ""}`,
    run: async () => {
      counts.redisDeaths += 1
      if (isWiped) counts.wiped += 1
      const over = history.trouble("redis lost")
      await redis.die(ms, isWiped)
      await setTimeout(1000)
      over()
    }
  })
  const flushed: Nemesis = {
    what: "FLUSHALL",
    run: async () => {
      const over = history.trouble("redis lost")
      await redis.ask("flushall")
      await setTimeout(1000)
      over()
    }
  }
  const failedOver: Nemesis = {
    what: "Redis fails over",
    run: async () => {
      counts.failovers += 1
      const over = history.trouble("redis lost")
      const port = await redis.failOver()
      for (const { wires } of instances) await Effect.runPromise(wires.redis.leadTo(port))
      await setTimeout(3000)
      over()
    }
  }
  /** A fault of the wires to one thing, of all processes or of one. */
  const wire = (name: WireName, way: (typeof ways)[number], ms: number, only?: Instance): Nemesis => ({
    what: `${name} ${way}${only === undefined ? "" : ` for ${only.name}`} for ${ms} ms`,
    run: async () => {
      if (only === undefined) counts.outages += 1
      const hit = only === undefined ? instances : [only]
      const over = hit.map((each) => history.trouble(name, each.name))
      for (const { wires } of hit) await begin(wires[name], way)
      await setTimeout(ms)
      for (const { wires } of hit) await end(wires[name])
      await setTimeout(1000)
      for (const each of over) each()
    }
  })
  const channel = (fault: Fault, ms: number, isTaken: boolean, what: string): Nemesis => ({
    what: `the channel ${what} for ${ms} ms`,
    run: async () => {
      counts.outages += 1
      const over = isTaken ? undefined : history.trouble("channel")
      for (const each of instances) isTaken ? each.loseAnswers(fault) : each.refuse(fault)
      await setTimeout(ms)
      for (const each of instances) isTaken ? each.loseAnswers(undefined) : each.refuse(undefined)
      over?.()
    }
  })
  const someone = () => (next() < 0.4 ? oneOf(instances) : undefined)
  const ofInfrastructure = [
    ...Array.from({ length: many(4, 1) }, () => died(lasts(500, 4000), false)),
    ...Array.from({ length: many(2, 1) }, () => died(lasts(500, 3000), true)),
    ...Array.from({ length: many(2, 1) }, () => flushed),
    ...Array.from({ length: many(4, 1) }, () => failedOver),
    ...Array.from({ length: many(8, 2) }, () => wire("redis", oneOf(ways), lasts(2000, 10_000), someone())),
    ...Array.from({ length: many(4, 1) }, () => wire("database", oneOf(ways), lasts(4000, 15_000))),
    ...Array.from({ length: many(4, 1) }, () => wire("database", oneOf(ways), lasts(2000, 8000), oneOf(instances))),
    ...Array.from({ length: many(3, 1) }, () => wire("channel", oneOf(ways), lasts(2000, 8000), someone())),
    channel(badGateway, Math.min(60_000, Math.max(8000, 60_000 * scale)), false, "says 502"),
    ...Array.from({ length: many(2, 1) }, () => channel(internalError, lasts(3000, 8000), false, "says 500")),
    ...Array.from({ length: many(2, 1) }, () => channel(tooMany(2), lasts(1000, 4000), false, "says 429")),
    ...Array.from({ length: many(2, 1) }, () => channel("never answer", 1500, true, "takes and does not answer")),
    ...Array.from({ length: many(2, 1) }, () => channel("drop the connection", 1500, true, "takes and hangs up"))
  ]

  const shuffled = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> => {
    const left = [...all]
    return all.map(() => left.splice(Math.floor(next() * left.length), 1)[0] as A)
  }
  return { counts, lanes: [shuffled(ofProcesses), shuffled(ofInfrastructure)] as const }
}

/** Runs a lane, evenly over so many milliseconds. */
export const runLane = async (lane: ReadonlyArray<Nemesis>, ms: number, say: (line: string) => void) => {
  const began = performance.now()
  for (const [index, nemesis] of lane.entries()) {
    const due = began + (ms * index) / lane.length
    await setTimeout(Math.max(0, due - performance.now()))
    say(nemesis.what)
    await nemesis.run()
  }
  await setTimeout(Math.max(0, began + ms - performance.now()))
}

/** Everything is as it should be again. */
export const heal = async ({ instances }: World, history: History) => {
  for (const each of instances) {
    // The answers that are on their way are lost with the connections.
    const over = wireNames.map((wire) => history.trouble(wire, each.name))
    each.refuse(undefined)
    each.loseAnswers(undefined)
    each.signal("SIGCONT")
    each.setClock(0)
    for (const wire of Object.values(each.wires)) await end(wire)
    for (const ended of over) ended()
    if (!each.isRunning()) each.start()
  }
}
