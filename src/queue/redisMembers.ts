/**
 * The processes that share a queue on Redis, and the queues that pass when nobody shares them any more.
 *
 * Keys: `bull:{queue}:members`, when each process told last; `bull:{queue}:done`, what all of them did; `bull:passing`,
 * when somebody told last of each passing queue. All times are of Redis's clock.
 */
import { Duration, Effect, Random, Schema } from "effect"
import type { Redis as Client } from "ioredis"
import { askBull, type Member, type Membership, memberTimeout } from "./QueueBackend.ts"

/** For how long nobody may tell of a passing queue. */
const passingAfter = Duration.days(1)

/** How long Redis may take to let a member go. */
const leaveWithin = Duration.millis(250)

const passingKey = "bull:passing"

/** A server whose clock was set back has members of the future, who are as long gone as those of the past. */
const beatScript = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], now + 1, '+inf')
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  local done = redis.call('INCRBY', KEYS[2], ARGV[3])
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
  for i = 5, #ARGV do redis.call('ZADD', KEYS[3], now, ARGV[i]) end
  return { redis.call('ZCARD', KEYS[1]), done }
`

/** The passing queues of which nobody told lately; they are forgotten. */
const passedScript = `
  local now = redis.call('TIME')[1] * 1000
  local passed = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
  for _, queue in ipairs(passed) do redis.call('ZREM', KEYS[1], queue) end
  return passed
`

const Beat = Schema.Tuple([Schema.Int, Schema.Int])
const Names = Schema.Array(Schema.String)

/** Answers of scripts; what does not have their shape is no answer of Redis. */
const answer = <A>(schema: Schema.Codec<A, unknown>) => Schema.decodeUnknownPromise(schema)

/** Makes this process a member, on a connection that fails fast. */
export const joinOnRedis = Effect.fnUntraced(function* (client: Client, { passing, queue }: Membership) {
  const id = (yield* Random.nextInt).toString(36)
  const members = `bull:${queue}:members`
  const keys = [members, `bull:${queue}:done`, passingKey]
  const passes = Duration.toMillis(passingAfter)
  const member: Member = {
    beat: (done) =>
      askBull(queue, "tell the other processes", async () => {
        const told = await client.eval(beatScript, keys.length, ...keys, id, memberTimeout, done, passes, ...passing)
        const [processes, all] = await answer(Beat)(told)
        return { processes, done: all }
      })
  }
  // Without an answer the others count on this process for a while longer, and do its share.
  yield* Effect.addFinalizer(() =>
    Effect.tryPromise(() => client.zrem(members, id)).pipe(Effect.timeoutOption(leaveWithin), Effect.ignore)
  )
  yield* member.beat(0)
  return member
})

/** Forgets the passing queues of which nobody told for a day, and answers which they were. */
export const passedQueues = (client: Client) =>
  askBull("passing", "find queues that nobody works", async () =>
    answer(Names)(await client.eval(passedScript, 1, passingKey, `${Duration.toMillis(passingAfter)}`))
  )

/** The passing queues that there are. */
export const passingQueues = (client: Client) =>
  askBull("passing", "list queues", async () => (await client.zrange(passingKey, "0", "-1")).toSorted())
