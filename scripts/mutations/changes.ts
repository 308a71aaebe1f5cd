import type { Mutation } from "./list.ts"

/** Changes of one file: what is broken, the text, and what is put in its place. */
export const changes = (
  file: string,
  all: ReadonlyArray<readonly [what: string, take: string, put: string]>
): ReadonlyArray<Mutation> => all.map(([what, take, put]) => ({ file, what, take, put }))
