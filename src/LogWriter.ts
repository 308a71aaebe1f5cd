/**
 * Writes lines to a stream that may refuse them: its disk is full, or whoever read it is gone.
 *
 * Guarantees: a line that cannot be written is lost and counted, and never an error; nor do lines pile up in memory
 * before a reader that does not read. Once a line could be written again, `regained` is told how many were lost.
 */

/** How much may wait for a reader that does not read, in bytes. */
export const mostWaiting = 4 * 1024 * 1024

/** What is used of a stream. */
export interface LineStream {
  readonly writableLength: number
  readonly cork: () => unknown
  readonly uncork: () => unknown
  readonly on: (event: "error", listener: (error: Error) => void) => unknown
  readonly write: (text: string, written: (error?: Error | null) => void) => unknown
}

/** Streams that lines are written to. */
const heard = new WeakSet<object>()

/** Whether a stream is one that lines are written to: what it refuses is counted, and ends nothing. */
export const isLog = (stream: object): boolean => heard.has(stream)

/** Makes the function that writes a line to a stream. */
export const lineWriter = (stream: LineStream, regained: (lost: number) => void): ((line: string) => void) => {
  if (!heard.has(stream)) {
    heard.add(stream)
    // Each line hears of its own error. Without a listener the stream would throw it again, where nobody can catch it.
    stream.on("error", () => {})
  }
  let lost = 0
  let isGathering = false
  const release = () => {
    process.off("exit", release)
    isGathering = false
    stream.uncork()
  }
  // Lines of one turn go out together: a scan that creates thousands of triggers says so in as many lines. A process that
  // ends within the turn still has its last lines out, and what else it wrote behind them.
  const gather = () => {
    if (isGathering) return
    isGathering = true
    stream.cork()
    process.once("exit", release)
    process.nextTick(release)
  }
  return (line) => {
    if (stream.writableLength > mostWaiting) {
      lost += 1
      return
    }
    gather()
    // The last line before a loss may have been written in part: what comes after it begins a line of its own.
    stream.write(`${lost > 0 ? "\n" : ""}${line}\n`, (error) => {
      if (error) {
        lost += 1
      } else if (lost > 0) {
        const count = lost
        lost = 0
        regained(count)
      }
    })
  }
}
