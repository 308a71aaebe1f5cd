/** Levenshtein distance: the least number of one-character insertions, deletions and replacements. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, right] of [...b].entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (left === right ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] ?? a.length
}

const contains = (a: string, b: string): boolean =>
  Math.min(a.length, b.length) >= 3 && (b.includes(a) || a.includes(b))

/**
 * The candidates that a person who wrote `word` most likely meant, best first, at most `limit` of them; none when
 * nothing comes close (neither contains the other, and more than a third of the word would have to change). Beside the
 * closest stand those that are as close, and those of which the word is a part.
 */
export const nearest = (word: string, candidates: Iterable<string>, limit = 3): ReadonlyArray<string> => {
  const written = word.toLowerCase().replaceAll(/[\s-]+/g, "_")
  const close = [...candidates]
    .map((candidate) => ({ candidate, name: candidate.toLowerCase() }))
    .map(({ candidate, name }) => ({ candidate, name, distance: distance(written, name) }))
    .filter(
      ({ distance, name }) => contains(written, name) || distance <= Math.max(2, Math.max(word.length, name.length) / 3)
    )
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
  const least = close[0]?.distance ?? 0
  return close
    .filter(({ distance, name }) => distance === least || (written.length >= 3 && name.includes(written)))
    .slice(0, limit)
    .map(({ candidate }) => candidate)
}

/** ` (did you mean a or b?)`, or nothing when no candidate comes near. Appended to messages about an unknown name. */
export const didYouMean = (word: string, candidates: Iterable<string>): string => {
  const names = nearest(word, candidates)
  return names.length === 0 ? "" : ` (did you mean ${names.join(" or ")}?)`
}
