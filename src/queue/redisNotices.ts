/**
 * The notices of the processes that share a Redis: `bull:notices`, a text for each process, and `bull:noticed`, when each was
 * put up, by Redis's clock.
 */
import { Effect, Schema } from "effect"
import type { Redis as Client } from "ioredis"
import { askBull, memberTimeout, type Notices } from "./QueueBackend.ts"

const keys = ["bull:notices", "bull:noticed"] as const

/** Takes down what is too old, or of a clock that was set back. */
const tidy = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  for _, range in ipairs({ { '-inf', now - ARGV[1] }, { now + 1, '+inf' } }) do
    for _, process in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], range[1], range[2])) do
      redis.call('HDEL', KEYS[1], process)
      redis.call('ZREM', KEYS[2], process)
    end
  end
`

const putScript = `${tidy}
  redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
  redis.call('ZADD', KEYS[2], now, ARGV[2])
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
  return 1
`

const allScript = `${tidy}
  return redis.call('HVALS', KEYS[1])
`

const decodeTexts = Schema.decodeUnknownPromise(Schema.Array(Schema.String))

/** The board of notices, on a connection that fails fast. */
export const redisNotices = (client: Client): Notices => {
  const ask = <A>(operation: string, run: () => Promise<A>) => askBull("notices", operation, run)
  return {
    put: (process, notice) =>
      Effect.asVoid(
        ask("tell how this process does", () =>
          client.eval(putScript, keys.length, ...keys, memberTimeout, process, notice)
        )
      ),
    remove: (process) =>
      Effect.asVoid(
        ask("take down a notice", () => client.multi().hdel(keys[0], process).zrem(keys[1], process).exec())
      ),
    all: ask("hear how the other processes do", async () =>
      decodeTexts(await client.eval(allScript, keys.length, ...keys, memberTimeout))
    )
  }
}
