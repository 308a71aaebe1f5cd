/** The two-sided 95 % quantile of the normal distribution. */
const z = 1.959963984540054

/**
 * The 95 % Wilson score interval of a rate seen as `hits` of `trials`, as fractions, or nothing without a trial.
 *
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
 * Statistical Association 22 (1927). Unlike the textbook interval it stays within 0 and 1 and is honest about few trials:
 * 3 hits of 3 are 44 % to 100 %, not certainty.
 */
export const wilson = (hits: number, trials: number): readonly [low: number, high: number] | undefined => {
  if (trials === 0) return undefined
  const rate = hits / trials
  const weight = 1 + z ** 2 / trials
  const centre = (rate + z ** 2 / (2 * trials)) / weight
  const margin = (z / weight) * Math.sqrt((rate * (1 - rate)) / trials + z ** 2 / (4 * trials ** 2))
  // At no hits, or nothing but hits, the bound is exact and rounding must not move it.
  return [hits === 0 ? 0 : Math.max(0, centre - margin), hits === trials ? 1 : Math.min(1, centre + margin)]
}
