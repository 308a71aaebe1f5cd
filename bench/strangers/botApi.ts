/**
 * A stand-in for Telegram that enforces its limits: 30 messages a second in all, one a second to a chat (a burst of two is
 * let through, as a clock's tick may part them). What is beyond is answered with 429, and counted.
 */
import { createServer } from "node:http"
import { Effect, Schema } from "effect"
import { listening } from "../../test/fixtures/postgrest.ts"

export interface Arrival {
  readonly chat: string
  readonly text: string
  /** Milliseconds since 1970. */
  readonly at: number
}

const overall = 30

const decode = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ chat_id: Schema.Union([Schema.String, Schema.Int]), text: Schema.String }))
)

export const makeLimitedBotApi = Effect.gen(function* () {
  const arrivals: Array<Arrival> = []
  const recent: Array<number> = []
  const last = new Map<string, number>()
  let refused = 0

  const answer = (chat: string, text: string): readonly [status: number, body: object] => {
    const now = Date.now()
    while (recent[0] !== undefined && recent[0] <= now - 1000) recent.shift()
    if (recent.length >= overall || (last.get(chat) ?? 0) > now - 1000) {
      refused += 1
      const retry_after = 1
      return [429, { ok: false, error_code: 429, description: "Too Many Requests", parameters: { retry_after } }]
    }
    recent.push(now)
    last.set(chat, now)
    arrivals.push({ chat, text, at: now })
    return [200, { ok: true, result: { message_id: arrivals.length, chat: { id: Number(chat) }, date: 0 } }]
  }

  const port = yield* listening(
    createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk) => chunks.push(chunk))
      request.on("end", () => {
        const { chat_id, text } = decode(Buffer.concat(chunks).toString())
        const [status, body] = answer(`${chat_id}`, text)
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
      })
    })
  )
  return { root: `http://127.0.0.1:${port}`, arrivals, refused: () => refused }
})
