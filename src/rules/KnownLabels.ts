/**
 * The strategies whose pair with one match is known, a bit for each by its label. Labels are only ever added: what is
 * known otherwise from then on is another object, and by that `RuleSet.fired` tells what it has to read anew.
 */
import { grown } from "./engine/block.ts"

export interface KnownLabels {
  bits: Int32Array<ArrayBuffer>
  /** Labels that were added since the rule set read them, which empties it. */
  readonly news: Array<number>
}

/** The bits with this one set, in the same array if it is long enough; else in one that has room for so many labels. */
export const withBit = (bits: Int32Array<ArrayBuffer>, label: number, room: number): Int32Array<ArrayBuffer> => {
  const word = label >> 5
  const all = word < bits.length ? bits : grown(bits, Math.max(word + 1, (room + 31) >> 5))
  all[word] = (all[word] ?? 0) | (1 << (label & 31))
  return all
}

export const knownLabels = (bits: Int32Array<ArrayBuffer> = new Int32Array(0)): KnownLabels => ({ bits, news: [] })

export const hasLabel = ({ bits }: KnownLabels, label: number): boolean =>
  ((bits[label >> 5] ?? 0) & (1 << (label & 31))) !== 0

/** Adds a label, of so many that there are. */
export const addLabel = (known: KnownLabels, label: number, room: number): void => {
  if (hasLabel(known, label)) return
  known.bits = withBit(known.bits, label, room)
  known.news.push(label)
}
