/**
 * Watchers of pages, in a thread of their own: they read all that they are sent. One of each page looks at what that is: an update
 * holds more than the top of the page.
 */
import { get, type IncomingMessage } from "node:http"
import { parentPort, workerData } from "node:worker_threads"
import { Schema } from "effect"

const { count, paths, port } = Schema.decodeUnknownSync(
  Schema.Struct({ port: Schema.Int, paths: Schema.Array(Schema.String), count: Schema.Int })
)(workerData)

let open = 0
const received = { events: 0, updates: 0 }
parentPort?.on("message", () => parentPort?.postMessage(received))

const isUpdate = (event: string): boolean =>
  [...event.matchAll(/^data: <\w+ id="([^"]+)"/gm)].some(([, id]) => id !== "state" && id !== "troubles")

const look = (response: IncomingMessage): void => {
  let text = ""
  response.setEncoding("utf8").on("data", (more: string) => {
    const events = (text + more).split("\n\n")
    text = events.pop() ?? ""
    received.events += events.length
    received.updates += events.filter(isUpdate).length
  })
}

for (let index = 0; index < count; index++) {
  const path = `/live?page=${encodeURIComponent(paths[index % paths.length] ?? "/")}`
  const looks = index < paths.length
  const headers = looks ? {} : { "accept-encoding": "gzip" }
  get({ host: "127.0.0.1", port, path, agent: false, headers }, (response) => {
    if (looks) look(response)
    else response.resume()
    open += 1
    if (open === count) parentPort?.postMessage("open")
  })
}
