/** The snapshots of one poll, each match once: what feeds promise, and do not always keep. */
import { compareMatchMinutes, type Snapshot } from "./Snapshot.ts"

/** Whether this is as far on as what came before it of the same match, or further. */
const isAsFar = ({ clock }: Snapshot, { clock: before }: Snapshot): boolean => {
  const [ended, endedBefore] = [clock.status === "finished", before.status === "finished"]
  return ended === endedBefore ? compareMatchMinutes(clock, before) >= 0 : ended
}

/** Of each match the snapshot that is further on, or else the later one, in the place of the first; and the others. */
export const onePerMatch = <A extends { readonly snapshot: Snapshot }>(
  all: ReadonlyArray<A>
): { readonly kept: ReadonlyArray<A>; readonly others: ReadonlyArray<A> } => {
  const kept = new Map<string, A>()
  const others: Array<A> = []
  for (const each of all) {
    const { id } = each.snapshot.match
    const before = kept.get(id)
    if (before === undefined || isAsFar(each.snapshot, before.snapshot)) {
      if (before !== undefined) others.push(before)
      kept.set(id, each)
    } else {
      others.push(each)
    }
  }
  return { kept: others.length === 0 ? all : [...kept.values()], others }
}
