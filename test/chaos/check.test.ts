/** The judge of chaos runs, judged: on histories of a few lines whose verdict is plain. */
import { describe, expect, it } from "@effect/vitest"
import { check } from "./check.ts"
import { type History, makeHistory } from "./History.ts"

const row = (pair: string, state: "sent" | "pending" | "expired" = "sent", count = 1) => ({ pair, count, state })

const delivery = (pair: string, at: number, fields: Partial<History["deliveries"][number]> = {}) => ({
  at,
  pair,
  process: "p1",
  message: `${at}`,
  isAnswered: true,
  ...fields
})

/** The verdict on two pairs that were expected. */
const judged = (fill: (history: History) => void, triggers = [row("a"), row("b")]) => {
  const history = makeHistory()
  fill(history)
  return check({
    pairs: new Set(["a", "b"]),
    briefPair: (index) => `brief ${index}`,
    shownSince: new Map([["a", 0]]),
    triggers,
    history,
    starting: 0,
    healed: 60_000
  })
}

const both = ({ deliveries }: History) => deliveries.push(delivery("a", 1000), delivery("b", 2000))

describe("The judge of a chaos run", () => {
  it("finds nothing where each pair has its trigger and its message", () => {
    expect(judged(both)).toMatchObject({
      lost: [],
      doubled: [],
      unexpected: [],
      duplicates: 0,
      unexplained: [],
      worstDelayMs: expect.any(Number)
    })
  })

  it("counts a pair without a trigger, and one without a message, as lost; one that expired not", () => {
    expect(judged(both, [row("a")]).lost).toEqual(["b"])
    expect(judged(({ deliveries }) => deliveries.push(delivery("a", 1)), [row("a"), row("b", "pending")]).lost).toEqual(
      ["b"]
    )
    expect(
      judged(({ deliveries }) => deliveries.push(delivery("a", 1)), [row("a"), row("b", "expired")])
    ).toMatchObject({ lost: [], expired: 1 })
  })

  it("counts two triggers of a pair, and what nobody expected", () => {
    expect(judged(both, [row("a", "sent", 2), row("b"), row("c")])).toMatchObject({ doubled: ["a"], unexpected: ["c"] })
  })

  const twice = (history: History) =>
    history.deliveries.push(delivery("a", 1000), delivery("a", 9000), delivery("b", 1))

  it("takes no second message without a reason, nor with one that is another process's or comes too late", () => {
    const kill = (process: string, from: number) => (history: History) => {
      twice(history)
      history.troubles.push({ what: "kill", process, from, to: from + 100 })
    }
    expect(judged(twice)).toMatchObject({ duplicates: 1, explained: 0, unexplained: [{ pair: "a" }] })
    expect(judged(kill("p2", 1200)).unexplained).toHaveLength(1)
    expect(judged(kill("p1", 6000)).unexplained).toHaveLength(1)
    expect(judged(kill("p1", 1400))).toMatchObject({ explained: 1, unexplained: [], windowMs: 400 })
  })

  it("takes a second message where the answer to the first was lost", () => {
    const unanswered = ({ deliveries }: History) =>
      deliveries.push(delivery("a", 1000, { isAnswered: false }), delivery("a", 9000), delivery("b", 1))
    expect(judged(unanswered)).toMatchObject({ explained: 1, unexplained: [] })
  })

  it("takes a second message at once where Redis has forgotten who sends, and none later", () => {
    const forgotten = (second: number, from: number) => (history: History) => {
      history.deliveries.push(delivery("a", 20_000), delivery("a", second, { process: "p2" }), delivery("b", 1))
      history.troubles.push({ what: "redis lost", from, to: from + 3000 })
    }
    expect(judged(forgotten(20_300, 19_000))).toMatchObject({ explained: 1, unexplained: [], windowMs: 0 })
    expect(judged(forgotten(26_000, 19_000)).unexplained).toHaveLength(1)
    expect(judged(forgotten(20_300, 2000)).unexplained).toHaveLength(1)
  })

  it("measures silence while a process runs that reaches Redis", () => {
    const silent = (history: History) => {
      both(history)
      history.runs.push({ process: "p1", from: 0, to: 60_000 })
      for (const at of [1000, 3000, 25_000, 58_000]) history.polls.push({ at, process: "p1" })
      history.troubles.push({ what: "redis", process: "p1", from: 30_000, to: 50_000 })
    }
    const { silentMs } = judged(silent)
    expect(silentMs).toBeGreaterThan(21_000)
    expect(silentMs).toBeLessThan(23_000)
  })

  it("misses a brief match that was shown while all was well, and no other", () => {
    const brief = (what: "kill" | undefined) => (history: History) => {
      both(history)
      history.runs.push({ process: "p1", from: 0, to: 60_000 })
      history.polls.push({ at: 30_000, process: "p1", brief: 7 })
      if (what !== undefined) history.troubles.push({ what, process: "p1", from: 31_000, to: 32_000 })
    }
    expect(judged(brief(undefined)).brief).toMatchObject({ calm: 1, missed: ["brief 7"] })
    expect(judged(brief("kill")).brief).toMatchObject({ shown: 1, calm: 0, missed: [] })
  })
})
