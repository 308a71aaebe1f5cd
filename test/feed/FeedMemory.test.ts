import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { Database, DatabaseError } from "../../src/database/Database.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { FeedMemory } from "../../src/feed/FeedMemory.ts"
import { feedMemoryContract } from "../contracts/feedMemoryContract.ts"
import { Logs } from "../fixtures/logs.ts"

const embedded = layerEmbedded.pipe(Layer.provide(EmbeddedPostgres.layer()), Layer.provide(NodeServices.layer))

feedMemoryContract("Memory of this process", FeedMemory.layerMemory)
feedMemoryContract("Memory on the database", FeedMemory.layer.pipe(Layer.provide(embedded)))

const hour = Duration.hours(1)

/** What another process has. */
const elsewhere = (layer: Layer.Layer<FeedMemory, never, Database>) =>
  Effect.map(Layer.build(Layer.fresh(layer)), Context.get(FeedMemory))

describe("What a feed keeps", () => {
  it.effect("is there for the next process and for another instance, and a preview leaves none", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* elsewhere(FeedMemory.layer), yield* elsewhere(FeedMemory.layer)]
      yield* one.keep("f", { a: 1 }, hour)
      expect(yield* other.recall("f", ["a"])).toEqual({ a: 1 })
      const preview = yield* elsewhere(FeedMemory.layerPreview)
      yield* preview.keep("f", { a: 2, b: 2 }, hour)
      expect(yield* preview.recall("f", ["a", "b"])).toEqual({ a: 2, b: 2 })
      expect(yield* other.recall("f", ["a", "b"])).toEqual({ a: 1 })
    }).pipe(Effect.scoped, Effect.provide(embedded))
  )

  it.effect("is kept in memory while the database does not answer, which is said once", () => {
    let isOn = false
    const database = Layer.succeed(Database, {
      name: "away",
      call: (operation) =>
        Effect.suspend(() =>
          isOn
            ? Effect.succeed([])
            : Effect.fail(new DatabaseError({ operation, reason: "unavailable", message: "no connection" }))
        )
    })
    return Effect.gen(function* () {
      const { keep, recall } = yield* FeedMemory
      yield* keep("f", { a: 1 }, hour)
      expect(yield* recall("f", ["a"])).toEqual({ a: 1 })
      isOn = true
      yield* recall("f", ["a"])
      expect((yield* (yield* Logs).lines()).map(({ message }) => message)).toEqual([
        "what feeds keep is kept in memory: the database does not answer",
        "what feeds keep is on the database again"
      ])
    }).pipe(Effect.provide(FeedMemory.layer.pipe(Layer.provide(database), Layer.provideMerge(Logs.layer))))
  })
})
