/**
 * The hostile owner, with everything at once, through PostgREST with a token of their own, until told to stop: a process by
 * itself (`node attack.ts URL TOKEN OWNER`), so that what it costs to be hostile slows nobody who is measured.
 */
import { fork } from "node:child_process"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"

type Send = (method: string, path: string, body?: unknown) => Promise<number>

/** How often each attack was made, how often it was refused, and how long its answers took in all, in milliseconds. */
export type Tally = { [attack: string]: { made: number; refused: number; ms: number } }

const comparison = { left: "minute", comparator: ">=", right: 1 }

/** Strategies that hold on every match, as expensive as they may be, and unlike each other. */
const costly = (number: number) => ({
  when: [
    "minute >= 1",
    ...Array.from({ length: 20 }, (_, each) => `home corners since minute ${each} >= 0 - ${number * 20 + each}`)
  ]
})

const attacks = (owner: string): Readonly<Record<string, (send: Send, round: number) => Promise<number>>> => {
  const row = (more: object) => ({ user_id: owner, name: "Everything", definition: { when: [comparison] }, ...more })
  return {
    "strategies that always hold": (send, round) =>
      send(
        "POST",
        "strategies",
        Array.from({ length: 20 }, (_, each) =>
          row({ name: `Always ${round} ${each}`, definition: costly(round * 20 + each) })
        )
      ),
    "names of 1 MB": (send) => send("POST", "strategies", row({ name: "x".repeat(1_000_000) })),
    "10,000 conditions": (send) =>
      send("POST", "strategies", row({ definition: { when: Array.from({ length: 10_000 }, () => comparison) } })),
    "no JSON": (send, round) => {
      const none = ["{\\u0000", '{"when":1e999999}', `${"[".repeat(9000)}${"]".repeat(9000)}`]
      return send("POST", "strategies", row({ definition: none[round % none.length] }))
    },
    "minus signs": (send) =>
      send("POST", "strategies", row({ definition: { when: [`${"-".repeat(3900)}1 <= minute`] } })),
    "unknown outcomes": (send, round) =>
      send("POST", "strategies", row({ definition: null, desired_outcome: `corner${round} `.repeat(400) })),
    "flips of everything": (send, round) =>
      send("PATCH", `strategies?user_id=eq.${owner}`, { is_active: round % 3 !== 0, description: `${round}` }),
    "deleted and made again": (send, round) =>
      send("DELETE", `strategies?user_id=eq.${owner}&name=like.Always ${round - 3}*`),
    "another's chat": (send) => send("POST", "user_telegram", { user_id: owner, chat_id: "100001" }),
    "links without end": (send) => send("POST", "rpc/new_chat_link", {})
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
  for (let round = 0; !isOver(); round++) {
    for (const [name, make] of Object.entries(attacks(owner))) {
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
    await setTimeout(200)
  }
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
