/** The queues of scans. Instances that watch the same strategies share them; others have queues of their own. */

/** The names of the queues of a set of strategies; `undefined` are those of the database. */
export const scanQueues = (set: string | undefined) => {
  const suffix = set === undefined ? "" : `-${set}`
  return { ticks: `scan-tick${suffix}`, shards: `scan-shard${suffix}` }
}
