/** What a plan of API-Football allows, by its requests a day. */
import type { Allowance } from "./ApiFootballApi.ts"

/** Plans of fewer requests a day are small: every request of theirs counts. */
export const smallPlan = 1000

/** The part of requests that figures from before kick-off may take. */
const partOf = (limit: number): number => (limit < smallPlan ? 0.1 : 0.2)

/**
 * The requests that they may still take, of a day in which so many are spent on them: their part of the day's, and never more
 * than that part of what is left, so that late in the day nothing is held back from polls.
 */
export const prematchShare = ({ limit, remaining }: Allowance, spent: number): number =>
  Math.max(0, Math.min(Math.floor(limit * partOf(limit)) - spent, Math.floor(remaining * partOf(limit))))
