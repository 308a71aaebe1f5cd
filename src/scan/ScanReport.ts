/** What one tick did; or, added up, all of them. Durations are in milliseconds. */
export interface ScanReport {
  readonly scans: number
  /** Snapshots that were decoded, in play or not. */
  readonly snapshots: number
  /** Snapshots that were left out: they could not be read, or another one of the same answer was of the same match. */
  readonly dropped: number
  /** Parts of the others that could not be read and were left out. */
  readonly partsLeftOut: number
  /** Pairs that held. */
  readonly held: number
  /** Pairs that neither this process nor Dedup knew, and the database did. */
  readonly duplicates: number
  readonly triggers: number
  /** Pairs that were held back: their owners had as many triggers in the day as may be. */
  readonly heldBack: number
  /** Ticks that failed. */
  readonly failures: number
  readonly elapsed: number
}

/** No tick. */
export const nothing: ScanReport = {
  scans: 0,
  snapshots: 0,
  dropped: 0,
  partsLeftOut: 0,
  held: 0,
  duplicates: 0,
  triggers: 0,
  heldBack: 0,
  failures: 0,
  elapsed: 0
}

/** Both together. */
export const plus = (a: ScanReport, b: Partial<ScanReport>): ScanReport => ({
  scans: a.scans + (b.scans ?? 0),
  snapshots: a.snapshots + (b.snapshots ?? 0),
  dropped: a.dropped + (b.dropped ?? 0),
  partsLeftOut: a.partsLeftOut + (b.partsLeftOut ?? 0),
  held: a.held + (b.held ?? 0),
  duplicates: a.duplicates + (b.duplicates ?? 0),
  triggers: a.triggers + (b.triggers ?? 0),
  heldBack: a.heldBack + (b.heldBack ?? 0),
  failures: a.failures + (b.failures ?? 0),
  elapsed: a.elapsed + (b.elapsed ?? 0)
})
