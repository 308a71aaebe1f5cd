/** What the bench of strangers plays: an evening in which the strategies of many owners fire, a few at every tick. */
import type { SnapshotInput } from "../../src/domain/Snapshot.ts"

const isSmall = process.argv.includes("--small")

/** With `--small` a tenth of the owners, in less time, to see that the bench works. */
export const owners = isSmall ? 100 : 1000
export const strategiesOfOwner = 100
export const matches = 50
export const ticks = isSmall ? 20 : 50
/** Milliseconds between two ticks. */
export const interval = 2000

/** The corner count at which each owner's first strategies fire: two each, so that every tick fires for as many owners. */
const firing = 2

/** A UUID of a kind and a number. */
const uuid = (kind: string, number: number): string => `${kind}0000000-0000-4000-8000-${`${number}`.padStart(12, "0")}`

export const ownerId = (owner: number): string => uuid("a", owner)
export const hostile = uuid("b", 0)

/** The chat of an owner, one in ten a group, and that of the hostile one. */
export const chatOf = (owner: number): string => `${owner % 10 === 0 ? "-" : ""}${100_000 + owner}`
export const hostileChat = "99999"

/** How a strategy that fires is called: what its alert is known by. */
export const nameOf = (owner: number, strategy: number): string => `Owner ${owner} strategy ${strategy}`

/** The tick at which a strategy fires, counted from 1; none where it never does. */
const tickOf = (owner: number, strategy: number): number | undefined =>
  strategy < firing ? 1 + (owner % (ticks / firing)) + strategy * (ticks / firing) : undefined

/** Alerts of the others, and the tick of each, by the name of its strategy. */
export const expected: ReadonlyMap<string, number> = new Map(
  Array.from({ length: owners }, (_, owner) =>
    Array.from({ length: firing }, (_, strategy) => [nameOf(owner, strategy), tickOf(owner, strategy) ?? 0] as const)
  ).flat()
)

/** The rows of all strategies: id, owner, name, definition. */
export const strategyRows = function* (): Iterable<readonly [string, string, string, string]> {
  for (let owner = 0; owner < owners; owner++) {
    for (let strategy = 0; strategy < strategiesOfOwner; strategy++) {
      const tick = tickOf(owner, strategy)
      const competition = `${(tick === undefined ? owner + strategy : owner) % matches}`
      const when =
        tick === undefined
          ? [
              `total corners >= ${1000 + strategy}`,
              `home shots last 15 minutes - away shots last 15 minutes >= ${50 + (owner % 40)}`
            ]
          : [`total corners >= ${tick}`, "minute >= 1"]
      const definition = JSON.stringify({ when, competitions: [competition] })
      yield [uuid("c", owner * strategiesOfOwner + strategy), ownerId(owner), nameOf(owner, strategy), definition]
    }
  }
}

/** What the feed shows at a tick: each match, in a competition of its own, has had as many corners as there were ticks. */
export const answer = (tick: number): ReadonlyArray<SnapshotInput> =>
  Array.from({ length: matches }, (_, match) => ({
    match: {
      id: `match-${match}`,
      competition: { id: `${match}`, name: `League ${match}` },
      home: { name: `Home ${match}` },
      away: { name: `Away ${match}` },
      kickOff: "2026-11-26T19:00:00.000Z"
    },
    clock: { period: "2H" as const, minute: 46 + Math.floor((tick * 40) / ticks), added: 0, status: "live" as const },
    score: { home: 0, away: 0 },
    statistics: { corners: { home: tick, away: 0 }, shots: { home: tick % 7, away: 1 } }
  }))
