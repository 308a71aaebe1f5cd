import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync } from "node:fs"
import { createInterface } from "node:readline"
import { Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { type LineStream, lineWriter, mostWaiting } from "../src/LogWriter.ts"

/** A stream that writes while `works`. As stdout does, it stays usable after an error. */
const unreliable = () => {
  const written: Array<string> = []
  const state = { works: true }
  const stream: LineStream = {
    writableLength: 0,
    on: () => {},
    cork: () => {},
    uncork: () => {},
    write: (text, done) => {
      if (state.works) written.push(text)
      setImmediate(done, state.works ? null : new Error("ENOSPC: no space left on device, write"))
    }
  }
  return { state, stream, written }
}

/** Writes a line, and waits until its stream has said what became of it. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe("A line of the log", () => {
  it("that cannot be written is lost and counted, and the count is told once when writing works again", async () => {
    const { state, stream, written } = unreliable()
    const told: Array<number> = []
    const write = lineWriter(stream, (lost) => told.push(lost))
    write("one")
    await turn()
    state.works = false
    for (const line of ["two", "three", "four"]) {
      write(line)
      await turn()
    }
    expect(told).toEqual([])
    state.works = true
    for (const line of ["five", "six"]) {
      write(line)
      await turn()
    }
    expect(told).toEqual([3])
    expect(written).toEqual(["one\n", "\nfive\n", "six\n"])
  })

  it("is lost and counted as well where nobody reads, and does not pile up", async () => {
    const reader: { next?: () => void } = {}
    const stream = new Writable({
      write: (_chunk, _encoding, done) => {
        reader.next = done
      }
    })
    const told: Array<number> = []
    const write = lineWriter(stream, (lost) => told.push(lost))
    const line = "x".repeat(1024 * 1024 - 1)
    for (let count = 0; count < 100; count += 1) write(line)
    expect(stream.writableLength).toBeLessThanOrEqual(mostWaiting + line.length + 1)
    await turn()
    reader.next?.()
    await turn()
    expect(told).toEqual([95])
  })
})

const script = fileURLToPath(new URL("./fixtures/logsOn.ts", import.meta.url))

/** Runs the service of the fixture with this stdout: counts what it does, and ends it. */
const service = (stdout: "pipe" | number) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [script], { stdio: ["ignore", stdout, "pipe"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** Reads lines of stderr until so many say that the service went on; answers with those that say something else. */
const goneOn = async (child: { readonly stderr: NodeJS.ReadableStream | null }, times: number) => {
  const others: Array<string> = []
  let count = 0
  if (child.stderr === null) return others
  for await (const line of createInterface({ input: child.stderr })) {
    if (line !== "went on") others.push(line)
    else count += 1
    if (count === times) return others
  }
  throw new Error(`it ended after ${count} lines:\n${others.join("\n")}`)
}

describe("A service, as a process,", () => {
  it.live("goes on when the reader of its log goes away, and ends with code 0", () =>
    Effect.gen(function* () {
      const child = yield* service("pipe")
      yield* Effect.promise(async () => {
        if (child.stdout === null) return
        await once(child.stdout, "data")
        child.stdout.destroy()
        expect(await goneOn(child, 10)).toEqual([])
        child.kill("SIGTERM")
        expect(await once(child, "exit")).toEqual([0, null])
      })
    })
  )

  it.live("goes on when the disk of its log is full", () =>
    Effect.gen(function* () {
      const full = yield* Effect.acquireRelease(
        Effect.sync(() => openSync("/dev/full", "w")),
        (fd) => Effect.sync(() => closeSync(fd))
      )
      const child = yield* service(full)
      yield* Effect.promise(async () => {
        expect(await goneOn(child, 10)).toEqual([])
        child.kill("SIGTERM")
        expect(await once(child, "exit")).toEqual([0, null])
      })
    })
  )
})
