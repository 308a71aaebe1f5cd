/**
 * The hostile owner, with everything at once, through PostgREST with a token of their own, until told to stop: a process by
 * itself (`node attack.ts URL TOKEN OWNER`), so that what it costs to be hostile slows nobody who is measured. What an owner may
 * do in an hour is spread over two minutes, so that it lasts; what is refused or costs nothing of it is done without a pause.
 */
import { fork } from "node:child_process"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { matches } from "./evening.ts"

type Send = (method: string, path: string, body?: unknown) => Promise<number>

/** How often each attack was made, how often it was refused, and how long its answers took in all, in milliseconds. */
export type Tally = { [attack: string]: { made: number; refused: number; ms: number } }

/** Attacks by name; each is made again and again, and is told how often it was made before. */
type Attacks = Readonly<Record<string, (send: Send, round: number) => Promise<number>>>

const comparison = { left: "minute", comparator: ">=", right: 1 }

/** Milliseconds between two steps: the changes of an hour are spent in two minutes. */
const stepEvery = 1100

/** The step at which more fires at once than at all others. */
const burstAt = 10

/** Strategies that are made at each step, and for how many steps they are there: long enough to be read and to fire. */
const [ofStep, livesFor] = [10, 5]

/** Strategies that are changed at every step, and fire on every match when they are made. */
const ofBurst = 20

/** One that holds on every match, as expensive as it may be, and unlike any other. */
const costly = (number: number) => ({
  when: [
    "minute >= 1",
    ...Array.from({ length: 20 }, (_, each) => `home corners since minute ${each} >= 0 - ${number * 20 + each}`)
  ]
})

const rowOf = (owner: string) => (more: object) => ({
  user_id: owner,
  name: "Everything",
  definition: { when: [comparison] },
  ...more
})

/** What counts as changes of an hour: about 45 rows a step. */
const spending = (owner: string): Attacks => {
  const row = rowOf(owner)
  const named = (name: string) => `strategies?user_id=eq.${owner}&name=like.${encodeURIComponent(name)}`
  return {
    "strategies that fire at once": (send, round) =>
      send(
        "POST",
        "strategies",
        Array.from({ length: ofStep }, (_, each) =>
          row({
            name: `Step ${round}`,
            league_ids: [`${round % matches}`],
            definition: { when: [`minute >= 0 - ${each}`] }
          })
        )
      ),
    "deleted again": (send, round) => send("DELETE", named(`Step ${round - livesFor}`)),
    "strategies that fire on everything": (send, round) =>
      round === burstAt
        ? send(
            "POST",
            "strategies",
            Array.from({ length: ofBurst }, (_, each) =>
              row({ name: `Burst ${each}`, definition: { when: [`minute >= 1 - ${each}`] } })
            )
          )
        : Promise.resolve(200),
    "changes of 300 kB": (send, round) =>
      round > burstAt + livesFor
        ? send("PATCH", named("Burst *"), { description: `${round} ${"\u{1f600}".repeat(3900)}` })
        : Promise.resolve(200),
    "costly, on and off": (send, round) =>
      round === 0
        ? send(
            "POST",
            "strategies",
            Array.from({ length: 10 }, (_, each) => row({ name: `Costly ${each}`, definition: costly(each) }))
          )
        : round % 5 === 0
          ? send("PATCH", named("Costly *"), { is_active: round % 10 === 0 })
          : Promise.resolve(200),
    "no JSON": (send, round) => {
      const none = ["{\\u0000", '{"when":1e999999}', `${"[".repeat(9000)}${"]".repeat(9000)}`]
      return send("POST", "strategies", row({ name: `Step ${round}`, definition: none[round % none.length] }))
    },
    "minus signs": (send, round) =>
      send(
        "POST",
        "strategies",
        row({ name: `Step ${round}`, definition: { when: [`${"-".repeat(3900)}1 <= minute`] } })
      ),
    "unknown outcomes": (send, round) =>
      send(
        "POST",
        "strategies",
        row({ name: `Step ${round}`, definition: null, desired_outcome: `corner${round} `.repeat(400) })
      ),
    "links without end": (send) => send("POST", "rpc/new_chat_link", {})
  }
}

/** What is refused, each time at the same cost. */
const hammering = (owner: string): Attacks => {
  const row = rowOf(owner)
  return {
    "names of 1 MB": (send) => send("POST", "strategies", row({ name: "x".repeat(1_000_000) })),
    "10,000 conditions": (send) =>
      send("POST", "strategies", row({ definition: { when: Array.from({ length: 10_000 }, () => comparison) } })),
    "2,000 strategies": (send, round) =>
      send(
        "POST",
        "strategies",
        Array.from({ length: 2000 }, (_, each) => row({ name: `Many ${round} ${each}` }))
      ),
    "another's chat": (send) => send("POST", "user_telegram", { user_id: owner, chat_id: "100001" })
  }
}

/** Attacks until it is over. */
const attack = async (url: string, token: string, owner: string, isOver: () => boolean): Promise<Tally> => {
  const tally: Tally = {}
  const send: Send = async (method, path, body) => {
    const headers = { apikey: token, authorization: `Bearer ${token}`, "content-type": "application/json" }
    const answer = await fetch(`${url}/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    await answer.arrayBuffer()
    return answer.status
  }
  const again = async (attacks: Attacks, every: number) => {
    for (let round = 0; !isOver(); round++) {
      const next = performance.now() + every
      for (const [name, make] of Object.entries(attacks)) {
        if (isOver()) break
        const began = performance.now()
        const status = await make(send, round)
        const { made, ms, refused } = tally[name] ?? { made: 0, refused: 0, ms: 0 }
        tally[name] = {
          made: made + 1,
          refused: refused + (status >= 400 ? 1 : 0),
          ms: Math.round(ms + performance.now() - began)
        }
      }
      await setTimeout(Math.max(0, next - performance.now()))
    }
  }
  await Promise.all([again(spending(owner), stepEvery), again(hammering(owner), 200)])
  return tally
}

/** An attack under way: `stop` ends it, and answers with what was done. */
export const startAttack = (url: string, token: string, owner: string) => {
  const child = fork(fileURLToPath(import.meta.url), [url, token, owner])
  const told = new Promise<Tally>((resolve, reject) => {
    child.once("message", (tally) => resolve(tally as Tally))
    child.once("exit", () => reject(new Error("the hostile owner gave up")))
  })
  return {
    stop: () => {
      child.send("stop")
      return told
    },
    kill: () => void child.kill("SIGKILL")
  }
}

const [, script, url, token, owner] = process.argv
if (script === fileURLToPath(import.meta.url) && url !== undefined && token !== undefined && owner !== undefined) {
  let isOver = false
  process.once("message", () => {
    isOver = true
  })
  // Whoever started it is gone.
  process.once("disconnect", () => process.exit(1))
  const tally = await attack(url, token, owner, () => isOver)
  process.send?.(tally, () => process.exit(0))
}
