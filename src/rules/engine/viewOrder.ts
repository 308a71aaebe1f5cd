/**
 * The order in which views are put into blocks. Any order gives the same verdicts. Matches at a similar score and minute
 * hold on similar conditions, and side by side they share words: the others' words are then zero and are skipped.
 */
import type { View } from "../evaluate.ts"

const minutes = 128
const scores = 8

/** The numbers of the views, by total goals and then by minute. */
export const viewOrder = (views: ReadonlyArray<View>): Int32Array => {
  const keys = new Int32Array(views.length)
  // Sorting by counting: how many have each key, then where each key begins, then each view to the next place of its key.
  const next = new Int32Array(scores * minutes + 1)
  views.forEach(({ snapshot: { clock, score } }, view) => {
    const goals = Math.min(scores - 1, score.home + score.away)
    const key = goals * minutes + Math.max(0, Math.min(minutes - 1, clock.minute))
    keys[view] = key
    next[key + 1] = (next[key + 1] ?? 0) + 1
  })
  for (let key = 1; key < next.length; key++) next[key] = (next[key] ?? 0) + (next[key - 1] ?? 0)
  const order = new Int32Array(views.length)
  for (let view = 0; view < order.length; view++) {
    const key = keys[view] ?? 0
    const place = next[key] ?? 0
    order[place] = view
    next[key] = place + 1
  }
  return order
}
