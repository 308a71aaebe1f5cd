/**
 * What is sent to many: written out and compressed once for all of them. A gzip stream may be put together of pieces that were
 * compressed by themselves and end at a byte (RFC 1951, stored block of length 0), so each watcher is sent the same bytes.
 */
import { constants, deflateRawSync } from "node:zlib"

/** Bytes as they are, and as a chunk of an answer in chunks (RFC 9112, 7.1). */
export interface Bytes {
  readonly bytes: Uint8Array
  readonly chunk: Uint8Array
}

/** A piece of a stream, for who takes gzip and for who does not. */
export interface Packed {
  readonly plain: Bytes
  readonly gzip: Bytes
}

/** What a gzip stream begins with (RFC 1952): no name, no time. Ours has no end, as the stream has none. */
export const gzipHead = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)

const lineEnd = Buffer.from("\r\n")

// A chunk of no length would end the answer.
const chunkOf = (bytes: Buffer): Bytes => ({
  bytes,
  chunk: bytes.length === 0 ? bytes : Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, lineEnd])
})

export const packed = (text: string): Packed => {
  const plain = Buffer.from(text)
  const options = { level: 1, finishFlush: constants.Z_SYNC_FLUSH }
  return { plain: chunkOf(plain), gzip: chunkOf(text === "" ? plain : deflateRawSync(plain, options)) }
}

/** Whether a request takes gzip, by its header. */
export const takesGzip = (acceptEncoding: string | undefined): boolean =>
  /(^|,)\s*(x-)?gzip\s*(,|;(?!\s*q=0(\.0*)?\s*(,|$))|$)/i.test(acceptEncoding ?? "")
