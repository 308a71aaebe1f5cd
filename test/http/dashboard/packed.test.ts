import { createGunzip } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { gzipHead, packed, takesGzip } from "../../../src/http/dashboard/packed.ts"

/** What a browser reads of a stream that has not ended. */
const unpacked = (pieces: ReadonlyArray<Uint8Array>) =>
  Effect.promise(async () => {
    const stream = createGunzip()
    let text = ""
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
    })
    for (const piece of pieces) await new Promise<unknown>((resolve) => stream.write(piece, resolve))
    await new Promise<unknown>((resolve) => stream.flush(() => resolve(undefined)))
    stream.destroy()
    return text
  })

describe("packed pieces", () => {
  it.effect.prop(
    "of a stream read as they were written, whichever of them a watcher is sent",
    [Schema.Array(Schema.String)],
    ([texts]) =>
      Effect.gen(function* () {
        const written = texts.map((text) => text.toWellFormed())
        assert.strictEqual(yield* unpacked([gzipHead, ...written.map((text) => packed(text).gzip)]), written.join(""))
        assert.strictEqual(
          yield* unpacked([gzipHead, ...written.toReversed().map((text) => packed(text).gzip)]),
          written.toReversed().join("")
        )
      })
  )

  it("go to who takes gzip", () => {
    assert.deepStrictEqual(
      ["gzip", "br, gzip", "gzip;q=0.5, br", "gzip;q=0", "gzip; q=0.0", "br", undefined].map(takesGzip),
      [true, true, true, false, false, false, false]
    )
  })
})
