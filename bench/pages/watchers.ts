/** Watchers of pages, in a thread of their own: they read all that they are sent. */
import { get } from "node:http"
import { parentPort, workerData } from "node:worker_threads"
import { Schema } from "effect"

const { count, paths, port } = Schema.decodeUnknownSync(
  Schema.Struct({ port: Schema.Int, paths: Schema.Array(Schema.String), count: Schema.Int })
)(workerData)

let open = 0
let received = 0
parentPort?.on("message", () => parentPort?.postMessage(received))
for (let index = 0; index < count; index++) {
  const path = `/live?page=${encodeURIComponent(paths[index % paths.length] ?? "/")}`
  get({ host: "127.0.0.1", port, path, agent: false, headers: { "accept-encoding": "gzip" } }, (response) => {
    // What is written at once for an update comes as one.
    response.on("data", () => {
      received += 1
    })
    open += 1
    if (open === count) parentPort?.postMessage("open")
  })
}
