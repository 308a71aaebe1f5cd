/**
 * The views of a tick are evaluated a block at a time. A condition becomes a row of bits, one for each view of the block.
 */

/** The most views in a block. */
export const blockSize = 1024

/** Bytes of a row. */
export const rowBytes = blockSize / 8

/** A typed array of at least this length that begins with the old one's contents; the old one if it is long enough. */
export const grown = (array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> => {
  if (array.length >= length) return array
  const larger = new Int32Array(Math.max(length, Math.ceil(1.4 * array.length)))
  larger.set(array)
  return larger
}
