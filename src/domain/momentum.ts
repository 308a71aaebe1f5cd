/** The one statistic that is not counted by a feed but made of others. */
import { Struct } from "effect"
import type { Sides } from "./Match.ts"

type Statistics = { readonly [name: string]: Sides }

/**
 * The statistics with `momentum` as the catalogue defines it: attacks, dangerous attacks twice and shots on target three
 * times over. Without it where one of them is not known, whatever a feed calls by that name.
 */
export const withMomentum = (statistics: Statistics): Statistics => {
  const { attacks, dangerous_attacks, shots_on_target } = statistics
  if (attacks === undefined || dangerous_attacks === undefined || shots_on_target === undefined) {
    return "momentum" in statistics ? Struct.omit(statistics, ["momentum"]) : statistics
  }
  const of = (side: keyof Sides): number => attacks[side] + 2 * dangerous_attacks[side] + 3 * shots_on_target[side]
  return { ...statistics, momentum: { home: of("home"), away: of("away") } }
}
