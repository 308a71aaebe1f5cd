import { Effect, Layer } from "effect"
import { Redis } from "effect/persistence"
import { Command, type Redis as IORedis } from "ioredis"

const unsupported = Effect.fail(new Redis.RedisError({ cause: "this connection is for commands only" }))

/**
 * Effect's Redis on a connection of ioredis: commands and scripts, which is what Effect's stores need. Subscriptions and
 * reserved connections fail. (Effect's own layer for Node.js is on another client, `redis`.)
 */
export const layerRedisCommands = (connection: Pick<IORedis, "sendCommand">) =>
  Layer.effect(
    Redis.Redis,
    Redis.make({
      send: (name, ...args) =>
        Effect.tryPromise({
          try: () => {
            const command = new Command(name, [...args], { replyEncoding: "utf8" })
            connection.sendCommand(command)
            return command.promise
          },
          catch: (cause) => new Redis.RedisError({ cause })
        }),
      subscribe: () => unsupported,
      connect: unsupported
    })
  )
