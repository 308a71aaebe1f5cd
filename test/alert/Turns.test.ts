import { describe, expect, it } from "@effect/vitest"
import { makeLines, type PutOff } from "../../src/alert/Lines.ts"
import { makeTurns, priorityOf, turnEvery } from "../../src/alert/Turns.ts"

const now = Date.UTC(2026, 10, 26)

describe("Turns", () => {
  it("put an owner's alert before all but the first few of another's thousand", () => {
    const turn = makeTurns()
    const many = Array.from({ length: 1000 }, () => turn("a", now))
    const one = turn("b", now + 3000)
    expect(many.filter((each) => priorityOf(each) <= priorityOf(one)).length).toBeLessThanOrEqual(4)
  })

  it("keep each owner's alerts in the order in which they came, also those that come while others wait", () => {
    const turn = makeTurns()
    const turns = [0, 0, 0, 500, 500, 60_000].map((after) => turn("a", now + after))
    expect(turns).toEqual(turns.toSorted((a, b) => a - b))
    expect(turns.slice(1, 5).map((each, index) => each - (turns[index] ?? 0))).toEqual(
      [1, 1, 1, 1].map(() => turnEvery)
    )
    expect(turns[5]).toBe(now + 60_000)
  })

  it("are one owner's for all strategies of the operator", () => {
    const turn = makeTurns()
    expect([turn(undefined, now), turn(null, now), turn("", now)]).toEqual([now, now + turnEvery, now])
  })

  it("make priorities that BullMQ takes, later ones for later turns", () => {
    for (const each of [0, 1, now, now + 1e12]) {
      expect(priorityOf(each)).toBeGreaterThanOrEqual(1)
      expect(priorityOf(each)).toBeLessThanOrEqual(2 ** 21)
    }
    expect(priorityOf(now + 1000)).toBe(priorityOf(now) + 1)
  })
})

/** Lines, of alerts whose turns are by the clock that they are put off by. */
const lines = () => {
  const { leave, putOff } = makeLines()
  return {
    leave,
    putOff: (each: Omit<PutOff, "due">, now: number) => putOff({ ...each, due: each.turn - now }, now)
  }
}

describe("A line", () => {
  const chat = { destination: "42", after: 700, every: 1100 }

  it("gives each alert whose turn is over a place of its own, the oldest first, as often as the destination takes one", () => {
    const { putOff } = lines()
    const places = Array.from({ length: 1000 }, (_, number) => putOff({ ...chat, id: `${number}`, turn: number }, now))
    expect(places.slice(0, 3)).toEqual([700, 1800, 2900])
    expect(new Set(places).size).toBe(1000)
    expect(putOff({ ...chat, destination: "43", id: "other", turn: 0 }, now)).toBe(700)
  })

  it("lets an alert that comes late go before those of later turns", () => {
    const { leave, putOff } = lines()
    for (const turn of [1, 3, 4, 5]) putOff({ ...chat, id: `${turn}`, turn }, now)
    expect(putOff({ ...chat, id: "2", turn: 2 }, now)).toBe(1800)
    leave("1")
    expect(putOff({ ...chat, id: "2", turn: 2 }, now)).toBe(700)
    expect(putOff({ ...chat, id: "3", turn: 3 }, now)).toBe(1800)
  })

  it("leaves an alert its own turn where that is yet to come", () => {
    const { putOff } = lines()
    expect(putOff({ ...chat, id: "1", turn: now + 4000 }, now)).toBe(4000)
    expect(putOff({ ...chat, id: "2", turn: 2 }, now)).toBe(700)
  })

  it("does not wait for a turn that a clock gave which was ahead by hours", () => {
    const { putOff } = lines()
    expect(putOff({ ...chat, id: "1", turn: now + 7_200_000 }, now)).toBe(5700)
    expect(putOff({ ...chat, id: "2", turn: now + 7_201_000 }, now)).toBe(6800)
  })

  it("forgets an alert that has not come to its place: another process has it", () => {
    const { putOff } = lines()
    putOff({ ...chat, id: "1", turn: 1 }, now)
    expect(putOff({ ...chat, id: "2", turn: 2 }, now + 60_000)).toBe(1800)
    expect(putOff({ ...chat, id: "2", turn: 2 }, now + 61_000)).toBe(700)
  })
})
