/**
 * The members of a gzip file that was only ever added to. One that is damaged costs itself: the file is read on at the next that
 * begins. One that ends with the file was being written, and is left out.
 */
import { crc32, gunzipSync, inflateRawSync } from "node:zlib"
import { Option, Result, Schema } from "effect"

/** How a member begins that was given neither a name nor a time. */
const beginning = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
/** So many bytes are before what is packed, and behind it: its checksum and its length. */
const [before, behind] = [10, 8]

const decodeUnpacked = Schema.decodeUnknownOption(
  Schema.Struct({ buffer: Schema.instanceOf(Buffer), engine: Schema.Struct({ bytesWritten: Schema.Finite }) })
)
const decodeError = Schema.decodeUnknownOption(Schema.Struct({ code: Schema.String }))

/** What is unpacked, of how many bytes. Fails with the code of zlib. */
const unpack = (unpacked: () => unknown) =>
  Result.try({
    try: unpacked,
    catch: (error) => Option.match(decodeError(error), { onNone: () => String(error), onSome: ({ code }) => code })
  }).pipe(
    Result.flatMap((found) => Result.fromOption(decodeUnpacked(found), () => "not unpacked")),
    Result.map(({ buffer, engine }) => ({ buffer, length: engine.bytesWritten }))
  )

/** What zlib says of something that goes on behind its end. */
const cut = "Z_BUF_ERROR"

/** The member that begins here, and where it ends. Fails with why it cannot be read. */
const memberAt = (bytes: Buffer, start: number) =>
  Result.gen(function* () {
    const found = bytes.subarray(start, start + 4)
    if (!beginning.subarray(0, found.length).equals(found)) return yield* Result.fail("no member")
    if (bytes.length - start < before + behind) return yield* Result.fail(cut)
    const { buffer, length } = yield* unpack(() => inflateRawSync(bytes.subarray(start + before), { info: true }))
    const end = start + before + length + behind
    if (end > bytes.length) return yield* Result.fail(cut)
    if (crc32(buffer) !== bytes.readUInt32LE(end - behind)) return yield* Result.fail("other than its checksum")
    return { text: buffer.toString("utf8"), end }
  })

/** The text of a file, in stretches; undefined for each between them that cannot be read. */
export const readMembers = (bytes: Uint8Array): ReadonlyArray<string | undefined> => {
  const whole = unpack(() => gunzipSync(bytes, { info: true }))
  if (Result.isSuccess(whole) && whole.success.length === bytes.length) return [whole.success.buffer.toString("utf8")]
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stretches: Array<string | undefined> = []
  for (let at = 0; at < all.length; ) {
    const member = memberAt(all, at)
    if (Result.isSuccess(member)) {
      stretches.push(member.success.text)
      at = member.success.end
      continue
    }
    const next = all.indexOf(beginning, at + 1)
    if (next < 0 && member.failure === cut) break
    stretches.push(undefined)
    at = next < 0 ? all.length : next
  }
  return stretches
}
