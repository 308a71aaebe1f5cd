/**
 * A stand-in for Telegram that enforces its limits: 30 messages a second in all, one a second to a chat, 20 a minute to a group
 * (a negative id), wherever the second or minute begins. What is beyond is answered with 429, and counted.
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

/** So many messages in so many milliseconds. */
interface Limit {
  readonly most: number
  readonly window: number
}

const limits = {
  overall: { most: 30, window: 1000 },
  chat: { most: 1, window: 1000 },
  group: { most: 20, window: 60_000 }
} as const satisfies Record<string, Limit>

/** Keeps one limit: how long until there is room, in ms, and that a message was taken. */
const makeLimit = ({ most, window }: Limit) => {
  const taken: Array<number> = []
  return {
    wait: (now: number): number => {
      while (taken[0] !== undefined && taken[0] <= now - window) taken.shift()
      return taken.length < most ? 0 : (taken[0] ?? now) + window - now
    },
    take: (now: number) => void taken.push(now)
  }
}

const decode = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ chat_id: Schema.Union([Schema.String, Schema.Int]), text: Schema.String }))
)

export const makeLimitedBotApi = Effect.gen(function* () {
  const arrivals: Array<Arrival> = []
  const all = makeLimit(limits.overall)
  const chats = new Map<string, ReadonlyArray<ReturnType<typeof makeLimit>>>()
  let refused = 0

  const answer = (chat: string, text: string): readonly [status: number, body: object] => {
    const now = Date.now()
    const ofChat = chats.get(chat) ?? [
      makeLimit(limits.chat),
      ...(chat.startsWith("-") ? [makeLimit(limits.group)] : [])
    ]
    chats.set(chat, ofChat)
    const wait = Math.max(...[all, ...ofChat].map((limit) => limit.wait(now)))
    if (wait > 0) {
      refused += 1
      const parameters = { retry_after: Math.ceil(wait / 1000) }
      return [429, { ok: false, error_code: 429, description: "Too Many Requests", parameters }]
    }
    for (const limit of [all, ...ofChat]) limit.take(now)
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
