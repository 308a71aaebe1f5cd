/** What known pairs are by sets of pairs, in the plainest way. */
export const makeReference = () => {
  const watched = new Set<string>()
  const known = new Map<string, Set<string>>()
  const added = new Map<string, Set<string>>()
  /** Matches that were not shown since the last answer about them. */
  const unseen = new Set<string>()
  const of = (match: string) => {
    const strategies = known.get(match) ?? new Set<string>()
    known.set(match, strategies)
    return strategies
  }
  return {
    watched,
    of,
    add: (strategy: string, match: string) => {
      if (!watched.has(strategy)) return
      of(match).add(strategy)
      added.get(match)?.add(strategy)
    },
    unwatch: (strategy: string) => {
      watched.delete(strategy)
      for (const set of [...known.values(), ...added.values()]) set.delete(strategy)
    },
    ask: (match: string) => added.set(match, new Set()),
    answer: (match: string, all: ReadonlyArray<string>) => {
      known.set(match, new Set([...all.filter((id) => watched.has(id)), ...(added.get(match) ?? [])]))
      added.delete(match)
      unseen.add(match)
    },
    noAnswer: (match: string) => added.delete(match),
    show: (matches: ReadonlyArray<string>) => {
      for (const match of matches) unseen.delete(match)
    },
    forget: () => {
      for (const match of unseen) {
        known.delete(match)
        added.delete(match)
      }
      unseen.clear()
    }
  }
}
