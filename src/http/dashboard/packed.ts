/**
 * What is sent to many: written out and compressed once for all of them. A gzip stream may be put together of pieces that were
 * compressed by themselves and end at a byte (RFC 1951, stored block of length 0), so each watcher is sent the same bytes.
 */
import { constants, deflateRawSync } from "node:zlib"

/** A piece of a stream, for who takes gzip and for who does not. */
export interface Packed {
  readonly plain: Uint8Array
  readonly gzip: Uint8Array
}

/** What a gzip stream begins with (RFC 1952): no name, no time. Ours has no end, as the stream has none. */
export const gzipHead = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)

const encoder = new TextEncoder()

export const packed = (text: string): Packed => {
  const plain = encoder.encode(text)
  const options = { level: 3, finishFlush: constants.Z_SYNC_FLUSH }
  return { plain, gzip: text === "" ? plain : deflateRawSync(plain, options) }
}

/** Whether a request takes gzip, by its header. */
export const takesGzip = (acceptEncoding: string | undefined): boolean =>
  /(^|,)\s*(x-)?gzip\s*(,|;(?!\s*q=0(\.0*)?\s*(,|$))|$)/i.test(acceptEncoding ?? "")
