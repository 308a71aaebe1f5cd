/** How much of the processor what is measured takes: by what Linux tells in /proc, and unknown elsewhere. */
import { readFileSync } from "node:fs"

/** Linux counts a process's time in hundredths of a second, on every machine of today. */
const ticksPerSecond = 100

/** Seconds of the processor that a process has used, if it is there still. */
const secondsOf = (pid: number): number | undefined => {
  try {
    const [, fields = ""] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? []
    const numbers = fields.split(" ")
    return (Number(numbers[11]) + Number(numbers[12])) / ticksPerSecond
  } catch {
    // It is gone, or this system tells nothing: what it had used when it was looked at last counts.
    return undefined
  }
}

/** What each kind of process used of the processor, in seconds, while it was looked at. */
export const makeCpu = () => {
  const first = new Map<number, number>()
  const last = new Map<number, { readonly kind: string; readonly seconds: number }>()
  return {
    /** Looks at the processes, each of a kind. What a process used before it was met first does not count. */
    look: (processes: ReadonlyArray<readonly [kind: string, pid: number]>) => {
      for (const [kind, pid] of processes) {
        const seconds = secondsOf(pid)
        if (seconds === undefined) continue
        if (!first.has(pid)) first.set(pid, seconds)
        last.set(pid, { kind, seconds })
      }
    },
    /** Seconds by kind. */
    seconds: (): Readonly<Record<string, number>> => {
      const sums: Record<string, number> = {}
      for (const [pid, { kind, seconds }] of last) {
        sums[kind] = Math.round(100 * ((sums[kind] ?? 0) + seconds - (first.get(pid) ?? 0))) / 100
      }
      return sums
    }
  }
}
