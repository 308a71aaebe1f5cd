/** What a plan of API-Football allows, by its requests a day. */

/** Plans of fewer requests a day are small: every request of theirs counts. */
export const smallPlan = 1000

/** The part of the day's requests that figures from before kick-off may take. */
export const prematchShare = (limit: number): number => Math.floor(limit * (limit < smallPlan ? 0.1 : 0.2))
