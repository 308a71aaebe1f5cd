/** How many more words are looked for. */
let left = Number.POSITIVE_INFINITY

/**
 * Runs `read` with hints for the first so many unknown words: a text of nothing but unknown words is told of a few. What it
 * runs must not wait.
 */
export const withHints = <A>(most: number, read: () => A): A => {
  const before = left
  left = most
  try {
    return read()
  } finally {
    left = before
  }
}

/** A word that is longer than this is no misspelt name. */
const longestWord = 60

/** Several characters share a place where counts are kept of them. */
const places = 32

/** A word, and how often each character is in it. */
interface Name {
  readonly text: string
  readonly counts: Uint8Array
}

const named = (text: string): Name => {
  const counts = new Uint8Array(places)
  for (let index = 0; index < text.length; index++) {
    const place = text.charCodeAt(index) % places
    counts[place] = (counts[place] ?? 0) + 1
  }
  return { text, counts }
}

/** Candidates in small letters: they are the same ones each time, and there may be hundreds. */
const names = new Map<string, Name>()

const nameOf = (candidate: string): Name => {
  const known = names.get(candidate)
  if (known !== undefined) return known
  const name = named(candidate.toLowerCase())
  names.set(candidate, name)
  return name
}

/** Whether so many changes cannot make one word of the other: each character that it lacks takes one. */
const areFar = (one: Name, other: Name, most: number): boolean => {
  let [lacking, beyond] = [0, 0]
  for (let place = 0; place < places; place++) {
    const more = (one.counts[place] ?? 0) - (other.counts[place] ?? 0)
    if (more > 0) beyond += more
    else lacking -= more
  }
  return lacking > most || beyond > most
}

/** What `distance` works on; words are no longer than a byte counts. */
const row = new Uint8Array(256)

/**
 * Levenshtein distance: the least number of one-character insertions, deletions and replacements. Undefined as soon as it is
 * certain to be more than `most`.
 */
const distance = (one: Name, other: Name, most: number): number | undefined => {
  const [a, b] = [one.text, other.text]
  if (Math.abs(a.length - b.length) > most || b.length >= row.length || areFar(one, other, most)) return undefined
  for (let index = 0; index <= b.length; index++) row[index] = index
  for (let i = 0; i < a.length; i++) {
    const left = a.charCodeAt(i)
    let before = i
    let last = i + 1
    let least = last
    for (let j = 0; j < b.length; j++) {
      const replaced = before + (left === b.charCodeAt(j) ? 0 : 1)
      before = row[j + 1] ?? 0
      row[j] = last
      last = Math.min(replaced, before + 1, last + 1)
      least = Math.min(least, last)
    }
    row[b.length] = last
    if (least > most) return undefined
  }
  const found = row[b.length] ?? 0
  return found > most ? undefined : found
}

/** How far two words are apart, undefined where that is more than `most` or not near. What is a part of the other is near. */
const nearness = (one: Name, other: Name, most: number): number | undefined => {
  const [a, b] = [one.text, other.text]
  return Math.min(a.length, b.length) >= 3 && (b.includes(a) || a.includes(b))
    ? Math.abs(a.length - b.length)
    : distance(one, other, Math.min(most, Math.max(2, Math.floor(Math.max(a.length, b.length) / 3))))
}

/**
 * The candidates that a person who wrote `word` most likely meant, best first, at most `limit` of them; none when
 * nothing comes close (neither contains the other, and more than a third of the word would have to change). Beside the
 * closest stand those that are as close, and those of which the word is a part. It costs some microseconds for a hundred
 * candidates, whatever the word.
 */
export const nearest = (word: string, candidates: Iterable<string>, limit = 3): ReadonlyArray<string> => {
  left -= 1
  if (left < 0 || word.length > longestWord) return []
  const text = word.toLowerCase().replaceAll(/[\s-]+/g, "_")
  const written = named(text)
  const close: Array<{ readonly candidate: string; readonly name: string; readonly distance: number }> = []
  let least = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const name = nameOf(candidate)
    const distance = nearness(written, name, least)
    if (distance === undefined) continue
    close.push({ candidate, name: name.text, distance })
    least = Math.min(least, distance)
  }
  close.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  return close
    .filter(({ distance, name }) => distance === least || (text.length >= 3 && name.includes(text)))
    .slice(0, limit)
    .map(({ candidate }) => candidate)
}

/** ` (did you mean a or b?)`, or nothing when no candidate comes near. Appended to messages about an unknown name. */
export const didYouMean = (word: string, candidates: Iterable<string>): string => {
  const names = nearest(word, candidates)
  return names.length === 0 ? "" : ` (did you mean ${names.join(" or ")}?)`
}
