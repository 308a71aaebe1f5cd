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

/** What chunks hold, as RFC 9112 reads them. */
const unchunked = (chunks: Buffer): string => {
  const lineEnd = chunks.indexOf("\r\n")
  if (lineEnd === -1) return ""
  const begin = lineEnd + 2
  const end = begin + Number.parseInt(chunks.toString("latin1", 0, lineEnd), 16)
  assert.strictEqual(chunks.toString("latin1", end, end + 2), "\r\n")
  return chunks.toString("utf8", begin, end) + unchunked(chunks.subarray(end + 2))
}

describe("packed pieces", () => {
  it.effect.prop(
    "of a stream read as they were written, whichever of them a watcher is sent",
    [Schema.Array(Schema.String)],
    ([texts]) =>
      Effect.gen(function* () {
        const written = texts.map((text) => text.toWellFormed())
        assert.strictEqual(
          yield* unpacked([gzipHead, ...written.map((text) => packed(text).gzip.bytes)]),
          written.join("")
        )
        assert.strictEqual(
          yield* unpacked([gzipHead, ...written.toReversed().map((text) => packed(text).gzip.bytes)]),
          written.toReversed().join("")
        )
      })
  )

  it.prop("are chunks of an answer in chunks", [Schema.Array(Schema.String)], ([texts]) => {
    const written = texts.map((text) => text.toWellFormed())
    const chunks = Buffer.concat(written.map((text) => packed(text).plain.chunk))
    assert.strictEqual(unchunked(chunks), written.join(""))
  })

  it("go to who takes gzip", () => {
    assert.deepStrictEqual(
      ["gzip", "br, gzip", "gzip;q=0.5, br", "gzip;q=0", "gzip; q=0.0", "br", undefined].map(takesGzip),
      [true, true, true, false, false, false, false]
    )
  })
})
