/** Strategies of chance that fire on recorded matches, most of them expecting something; the same seed gives the same ones. */
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"

export interface GeneratedStrategy {
  readonly name: string
  readonly when: ReadonlyArray<string>
  readonly expect?: string
}

export const generatedStrategies = (seed: string, count: number): ReadonlyArray<GeneratedStrategy> => {
  const next = seeded(seed)
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  const pick = <A>(first: A, ...rest: ReadonlyArray<A>): A => rest[integer(-1, rest.length - 1)] ?? first
  const scope = () => pick("total", "home", "away", "both", "either", "difference", "leading", "trailing")
  const metric = () => pick("goals", "goals", "goals", "corners", "fouls", "shots_on_target", "yellow_cards")
  const minute = () => pick(15, 30, 45, 46, 60, 75, integer(1, 90))
  const comparator = () => pick(">=", "<=", ">", "<", "=", "!=")
  const condition = (windows: ReadonlyArray<string>, most: number) => {
    const value = () => [scope(), metric(), pick("", ...windows)].filter((word) => word !== "").join(" ")
    const left = next() < 0.2 ? `${value()} ${pick("+", "-", "*")} ${value()}` : value()
    return `${left} ${comparator()} ${next() < 0.2 ? value() : integer(0, most)}`
  }
  const before = () => condition([`last ${integer(1, 20)} minutes`, `since minute ${minute()}`, "in first half"], 3)
  const after = () =>
    condition(
      [
        "since trigger",
        "since trigger",
        "in first half",
        "in second half",
        `since minute ${minute()}`,
        `last ${integer(1, 30)} minutes`,
        `at minute ${minute()}`
      ],
      4
    )
  return Array.from({ length: count }, (_, index) => ({
    name: `Generated ${index}`,
    when: [`minute >= ${pick(1, 20, 46, 70, 91, integer(1, 110))}`, ...(next() < 0.6 ? [before()] : [])],
    ...(next() < 0.9 ? { expect: after() } : {})
  }))
}

/** As a strategy file. */
export const strategyFileOf = ({ expect, name, when }: GeneratedStrategy): string =>
  JSON.stringify({ name, when, ...(expect === undefined ? {} : { expect }) })
