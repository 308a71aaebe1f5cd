/** An address within our pages, as a browser reads it: a path that may have a query. */

const here = "http://here"

/** The parts of an address; undefined for what is none, or leads elsewhere. */
export const addressOf = (text: string): Pick<URL, "pathname" | "search" | "searchParams"> | undefined => {
  const read = text.startsWith("/") ? (URL.parse(text, here) ?? undefined) : undefined
  return read?.origin === here && !read.pathname.startsWith("//") ? read : undefined
}
