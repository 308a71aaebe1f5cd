/** Trials in the world of the chaos run that ask one thing each: a cluster against a single process, and stops under load. */
import { setTimeout } from "node:timers/promises"
import { Effect } from "effect"
import { badGateway } from "../fixtures/botApi.ts"
import { makeHistory } from "./History.ts"
import { countsOf, drain, jobsOf } from "./run.ts"
import { makeWorld, type World } from "./World.ts"

export interface TrialOptions {
  readonly seed: string
  readonly pairs: number
  readonly say: (line: string) => void
}

/** How long the evening of a trial takes, in milliseconds. */
const evening = 45_000

const begin = async ({ follow, instances }: World, history: ReturnType<typeof makeHistory>) => {
  for (const each of instances) each.start()
  while (new Set(history.runs.map(({ process }) => process)).size < instances.length) await setTimeout(100)
  const began = performance.now()
  follow(() => Math.min(1, (performance.now() - began) / evening))
}

const messagesOf = ({ deliveries }: ReturnType<typeof makeHistory>, { evening: { pairs } }: World) => {
  const all = deliveries.map(({ pair }) => pair).filter((pair) => pairs.has(pair))
  return { messages: all.length, pairs: new Set(all) }
}

/** The same evening with so many processes, and a channel that takes nothing for a minute in its middle. */
const played = Effect.fnUntraced(function* (processes: number, { pairs, say, seed }: TrialOptions) {
  const history = makeHistory()
  const world = yield* makeWorld({ seed, pairs, processes, history })
  return yield* Effect.promise(async () => {
    await begin(world, history)
    await setTimeout(evening / 3)
    for (const each of world.instances) each.refuse(badGateway)
    say(`${processes}: the channel says 502 for 60 s`)
    await setTimeout(60_000)
    for (const each of world.instances) each.refuse(undefined)
    await drain(world, 300_000, say)
    // What is sent twice is sent again by the next sweep.
    await setTimeout(35_000)
    return { expected: world.evening.pairs.size, ...messagesOf(history, world) }
  })
}, Effect.scoped)

/** A cluster of three against a single process: both must send each alert, once. */
export const compare = Effect.fnUntraced(function* (options: TrialOptions) {
  const [single, cluster] = [yield* played(1, options), yield* played(3, options)]
  const onlyOne = [...single.pairs].filter((pair) => !cluster.pairs.has(pair))
  const onlyThree = [...cluster.pairs].filter((pair) => !single.pairs.has(pair))
  const result = {
    pairs: single.expected,
    single: single.messages,
    cluster: cluster.messages,
    onlyOne: onlyOne.length,
    onlyThree: onlyThree.length
  }
  const isRight =
    onlyOne.length + onlyThree.length === 0 &&
    single.messages === single.expected &&
    cluster.messages === cluster.expected
  return { result, problems: isRight ? [] : ["a cluster and a single process do not send the same alerts, once each"] }
})

/** How long a stop may take, in milliseconds: STOP_TIMEOUT. */
const stopTimeout = 10_000

/** So many stops in a row under load: each is clean, within its bound, and doubles nothing. */
export const stops = Effect.fnUntraced(function* (count: number, { pairs, say, seed }: TrialOptions) {
  const history = makeHistory()
  const world = yield* makeWorld({ seed, pairs, processes: 3, history })
  return yield* Effect.promise(async () => {
    await begin(world, history)
    await setTimeout(evening / 4)
    const times: Array<number> = []
    const codes: Array<number | string> = []
    for (let index = 0; index < count; index += 1) {
      const instance = world.instances[index % world.instances.length]
      if (instance === undefined) break
      const before = history.runs.length
      const { code, ms } = await instance.stop()
      say(`${instance.name} stopped with ${code} after ${ms} ms`)
      times.push(ms)
      codes.push(code)
      instance.start()
      while (history.runs.length === before) await setTimeout(50)
      await setTimeout(500)
    }
    await drain(world, 300_000, say)
    await setTimeout(35_000)
    const { messages, pairs: told } = messagesOf(history, world)
    const result = {
      stops: times.length,
      slowestMs: Math.max(...times),
      codes: [...new Set(codes)],
      pairs: world.evening.pairs.size,
      messages,
      duplicates: messages - told.size,
      stuckJobs: await jobsOf(world),
      pendingLeft: (await countsOf(world)).pending
    }
    const isRight =
      codes.every((code) => code === 0) &&
      result.slowestMs <= stopTimeout &&
      result.duplicates + result.stuckJobs + result.pendingLeft === 0 &&
      told.size === result.pairs
    return { result, problems: isRight ? [] : ["a stop under load was not clean"] }
  })
})
