/**
 * How grammY asks the Bot API server: by HTTP/1.1 over an agent that keeps connections.
 *
 * Guarantees: the bot's token, which is a part of every address of the Bot API, is in nothing that `NODE_DEBUG` or `DEBUG` make
 * Node and libraries print: what they print of a request is what it was made with, and the path is put into it afterwards.
 * No redirect is followed, which could carry the token elsewhere.
 */
import { Agent as HttpAgent, request as httpRequest } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import { Effect } from "effect"

/** The part of a request that grammY makes. */
interface Init {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: { readonly addEventListener: (type: "abort", listener: () => void) => void }
}

/** An answer that cannot be read, by the name that its kind has among clients. */
class Unreadable extends Error {
  readonly type = "invalid-json"
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Unreadable("the answer is no JSON")
  }
}

/** A `fetch` for grammY. Its connections are closed with the scope, and so is whatever still waits on them. */
export const makeBotApiFetch = (apiRoot: URL) => {
  const isPlain = apiRoot.protocol === "http:"
  return Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new (isPlain ? HttpAgent : HttpsAgent)({ keepAlive: true })),
      (agent) => Effect.sync(() => agent.destroy())
    ),
    (agent) =>
      (address: string, { body, headers, method, signal }: Init): Promise<{ readonly json: () => unknown }> =>
        new Promise((resolve, reject) => {
          const { pathname, search } = new URL(address)
          const request = (isPlain ? httpRequest : httpsRequest)(apiRoot.origin, { agent, headers, method })
          request.path = `${pathname}${search}`
          request.on("error", reject)
          request.on("response", (answer) => {
            const chunks: Array<Buffer> = []
            answer.on("error", reject)
            answer.on("data", (chunk) => chunks.push(chunk))
            answer.on("end", () => resolve({ json: () => parsed(Buffer.concat(chunks).toString()) }))
          })
          signal.addEventListener("abort", () => request.destroy())
          request.end(body)
        })
  )
}
