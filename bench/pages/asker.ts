/** Asks for pages in a thread of its own, one at a time, and tells how long the first byte of each took and how long the page is. */
import { get } from "node:http"
import { performance } from "node:perf_hooks"
import { parentPort, workerData } from "node:worker_threads"
import { Schema } from "effect"

const { port } = Schema.decodeUnknownSync(Schema.Struct({ port: Schema.Int }))(workerData)
const decodePath = Schema.decodeUnknownSync(Schema.String)

parentPort?.on("message", (message: unknown) => {
  const path = decodePath(message)
  const started = performance.now()
  get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
    let firstByte: number | undefined
    let length = 0
    response.on("data", (chunk: Uint8Array) => {
      firstByte ??= performance.now() - started
      length += chunk.length
    })
    response.on("end", () => parentPort?.postMessage({ firstByte: firstByte ?? performance.now() - started, length }))
  })
})
