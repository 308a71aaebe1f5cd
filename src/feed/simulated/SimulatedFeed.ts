/**
 * The simulated feed: invented matches, played round the clock, so that Touchline shows something to whoever starts it
 * without a single setting.
 *
 * What it answers is a function of its options and the clock alone. Two processes that ask at the same moment see the
 * same matches, and a process that restarts finds the matches that it left, at the minute at which they would be.
 */
import { Clock, DateTime, Effect, Layer } from "effect"
import type { MatchStatus, SnapshotInput } from "../../domain/Snapshot.ts"
import { MatchFeed } from "../MatchFeed.ts"
import { quote } from "./odds.ts"
import {
  longestAdded,
  type SimulatedMatch,
  type SimulatedMinute,
  type Strength,
  seeded,
  simulateMatch
} from "./SimulatedMatch.ts"

/** What to simulate. */
export interface SimulatedFeedOptions {
  /** How many matches there are at any moment: a whole number, 12 when absent. */
  readonly matches?: number
  /** Other seeds are other matches. */
  readonly seed: number
  /** Match time over clock time, greater than 0: 1 is real time, 60 plays a match minute a second. */
  readonly speed: number
}

/** The pause at half-time, in match minutes. */
const breakMinutes = 15

/** How long a match shows as scheduled before it starts, and as finished after its end at the least, in match minutes. */
const minutesAround = 3

/** A finished match stays for this long by the clock too, whatever the speed: two polls of the default interval. */
const finishedMillis = 30_000

/** Consecutive slots start this part of a cycle apart: the golden ratio spreads any number of them evenly over it. */
const stagger = (Math.sqrt(5) - 1) / 2

const colours = ["Amber", "Cobalt", "Jade"] as const
const towns = {
  Amber:
    "Ashmere, Brackenford, Caldermoor, Dunhollow, Elderwick, Fernwater, Greyhaven, Harrowmere, Inglecross, Kestrel Bay, Larchmere, Mosswater, Netherlea, Otterby, Pinewick, Quarrydale",
  Cobalt:
    "Anchorbay, Beaconsea, Coralport, Driftmouth, Eastmarram, Foamhaven, Gullcliff, Heronsound, Islewick, Kelpstrand, Lanternhead, Marlinport, Northquay, Opalshore, Pelican Reach, Saltmarsh Sands",
  Jade: "Alderpeak, Birchfell, Cragholm, Dapplewood, Emberglen, Foxhollow, Goldenridge, Heathervale, Ivycombe, Juniper Hill, Kingsfern, Lindenrow, Maplecross, Nightingale Park, Orchardby, Primrose End"
} as const
const suffixes = ["", " United", " Rovers", " Athletic", " Wanderers", " Albion", " Olympic", " Rangers"] as const

/** A club of a simulated league. */
interface Club extends Strength {
  readonly name: string
  /** Its place in the table. */
  readonly position: number
}

interface League {
  readonly id: string
  readonly name: string
  readonly clubs: ReadonlyArray<Club>
}

/** Each slot has four clubs of a league to itself, so that no club plays two matches at once. */
const clubsPerSlot = 4
const slotsPerLeague = 4

/** A league of 16 clubs: three leagues, then as many lower divisions of them as there are slots to fill. */
const makeLeague = (seed: number, index: number): League => {
  const colour = colours[index % colours.length] ?? colours[0]
  const tier = Math.floor(index / colours.length)
  const round = Math.floor(tier / suffixes.length)
  const suffix = `${suffixes[tier % suffixes.length]}${round === 0 ? "" : ` ${round + 1}`}`
  const next = seeded(`${seed}/league/${index}`)
  const strengths = towns[colour].split(", ").map((town) => {
    // The sum of three draws is bell-shaped: most clubs are average, a few stand out.
    const quality = (next() + next() + next() - 1.5) * 2
    return {
      name: `${town}${suffix}`,
      scoring: Math.exp(0.28 * quality + 0.2 * (next() - 0.5)),
      conceding: Math.exp(-0.24 * quality + 0.2 * (next() - 0.5))
    }
  })
  const mean = (figure: "scoring" | "conceding") =>
    strengths.reduce((sum, club) => sum + club[figure], 0) / strengths.length
  // Relative to the league's average, so that matches have average figures whatever clubs the seed made.
  const [scoring, conceding] = [mean("scoring"), mean("conceding")]
  const better = (a: Strength, b: Strength) => b.scoring / b.conceding - a.scoring / a.conceding
  const table = strengths.toSorted(better)
  return {
    id: `${colour.toLowerCase()}-${tier + 1}`,
    name: `${colour} League${tier === 0 ? "" : ` ${tier + 1}`}`,
    clubs: strengths.map((club) => ({
      name: club.name,
      scoring: club.scoring / scoring,
      conceding: club.conceding / conceding,
      position: table.indexOf(club) + 1
    }))
  }
}

/** A match with its place in time. */
interface Fixture {
  /** Counts the matches of a slot, from the epoch on. */
  readonly round: number
  /** When it starts, in milliseconds since the epoch. */
  readonly kickOff: number
  readonly match: SnapshotInput["match"]
  readonly prematch: SimulatedMatch["prematch"]
  readonly play: SimulatedMatch
}

/** Where a match stands this many match minutes after its kick-off. Without a minute it has not started. */
const standing = (
  { firstHalf, secondHalf }: SimulatedMatch,
  minutes: number
): { readonly status: MatchStatus; readonly minute: SimulatedMinute | undefined } => {
  if (minutes < 0) return { status: "scheduled", minute: undefined }
  const first = firstHalf[Math.floor(minutes)]
  if (first !== undefined) return { status: "live", minute: first }
  const restart = firstHalf.length + breakMinutes
  if (minutes < restart) return { status: "break", minute: firstHalf.at(-1) }
  const second = secondHalf[Math.floor(minutes - restart)]
  return second === undefined ? { status: "finished", minute: secondHalf.at(-1) } : { status: "live", minute: second }
}

const snapshotOf = (
  { match, play, prematch }: Fixture,
  status: MatchStatus,
  minute: SimulatedMinute | undefined
): SnapshotInput => {
  const { added, period, score } = minute ?? { period: "1H", added: 0, score: { home: 0, away: 0 } }
  return {
    match,
    clock: { period, minute: minute?.minute ?? 0, added, status },
    score,
    statistics: minute?.statistics ?? {},
    prematch,
    odds: status === "finished" ? {} : quote(score, minute?.remaining ?? play.expected)
  }
}

/**
 * The matches of one slot, one after the other: what the slot shows at a moment of the clock, and what any match that it has
 * shown looks like then.
 */
const makeSlot = (slot: number, league: League, { seed, speed }: SimulatedFeedOptions) => {
  const millisPerMinute = 60_000 / speed
  const longest = 90 + longestAdded.firstHalf + breakMinutes + longestAdded.secondHalf
  const rest = Math.max(minutesAround * millisPerMinute, finishedMillis)
  const cycle = Math.round((minutesAround + longest) * millisPerMinute + rest)
  // In whole match minutes, so that in real time matches start on the minute.
  const offset = Math.round(Math.floor((((slot * stagger) % 1) * cycle) / millisPerMinute) * millisPerMinute)
  const place = (slot % slotsPerLeague) * clubsPerSlot
  const clubs = league.clubs.slice(place, place + clubsPerSlot)

  const makeFixture = (round: number): Fixture | undefined => {
    const id = `sim-${seed}-${slot}-${round}`
    const next = seeded(id)
    const first = Math.floor(next() * clubs.length)
    const home = clubs[first]
    const away = clubs[(first + 1 + Math.floor(next() * (clubs.length - 1))) % clubs.length]
    if (home === undefined || away === undefined) return undefined
    const kickOff = Math.round(round * cycle - offset + minutesAround * millisPerMinute)
    const play = simulateMatch(`${id}/play`, { home, away })
    return {
      round,
      kickOff,
      match: {
        id,
        competition: { id: league.id, name: league.name },
        home: { name: home.name },
        away: { name: away.name },
        kickOff: DateTime.formatIso(DateTime.makeUnsafe(kickOff))
      },
      prematch: { ...play.prematch, position: { home: home.position, away: away.position } },
      play
    }
  }

  // Both are remembered for speed alone: the current match, and its snapshot until the minute or the status changes.
  let fixture: Fixture | undefined
  let shown: { status: MatchStatus; minute: SimulatedMinute | undefined; snapshot: SnapshotInput } | undefined
  const roundAt = (now: number): number => Math.floor((now + offset) / cycle)

  const find = (round: number, now: number): ReadonlyArray<SnapshotInput> => {
    const found = round <= roundAt(now) ? makeFixture(round) : undefined
    if (found === undefined) return []
    const { minute, status } = standing(found.play, (now - found.kickOff) / millisPerMinute)
    return [snapshotOf(found, status, minute)]
  }

  const show = (now: number): ReadonlyArray<SnapshotInput> => {
    const round = roundAt(now)
    if (fixture?.round !== round) {
      fixture = makeFixture(round)
      shown = undefined
    }
    if (fixture === undefined) return []
    const { minute, status } = standing(fixture.play, (now - fixture.kickOff) / millisPerMinute)
    if (shown === undefined || shown.status !== status || shown.minute !== minute) {
      shown = { status, minute, snapshot: snapshotOf(fixture, status, minute) }
    }
    return [shown.snapshot]
  }
  return { find, show }
}

/**
 * `MatchFeed` with invented matches. At any moment each of the `matches` slots shows one: scheduled for a short while,
 * then live, at the break (15 match minutes), live again, finished, until the slot's next match takes its place. Kick-offs
 * are staggered, so that most matches are in play at any moment. A match changes once a scoreboard minute, and holds
 * every event to the end of that minute.
 *
 * A match's id is `sim-<seed>-<slot>-<round>`: the same match at every speed, though at another time. A poll never fails,
 * and every match that was ever shown can be looked up.
 */
export const SimulatedFeed = {
  layer: (options: SimulatedFeedOptions): Layer.Layer<MatchFeed> =>
    Layer.sync(MatchFeed, () => {
      const { matches = 12, seed, speed } = options
      const leagues = Array.from({ length: Math.ceil(matches / slotsPerLeague) }, (_, index) => makeLeague(seed, index))
      const slots = leagues
        .flatMap((league, index) =>
          Array.from({ length: slotsPerLeague }, (_, place) =>
            makeSlot(index * slotsPerLeague + place, league, options)
          )
        )
        .slice(0, matches)
      return MatchFeed.of({
        name: `simulated (${matches} ${matches === 1 ? "match" : "matches"}, seed ${seed}, speed ${speed})`,
        poll: Effect.map(Clock.currentTimeMillis, (now) => slots.flatMap(({ show }) => show(now))),
        finished: (matchIds) =>
          Effect.map(Clock.currentTimeMillis, (now) =>
            matchIds.flatMap((id) => {
              const [, ofSeed, slot = "", round = ""] = /^sim-(-?\d+)-(\d+)-(-?\d+)$/.exec(id) ?? []
              return ofSeed === `${seed}` ? (slots[Number(slot)]?.find(Number(round), now) ?? []) : []
            })
          )
      })
    })
}
