import type { Mutation } from "./list.ts"

/** Changes of one file, and the tests that could notice them: what is broken, the text, and what is put in its place. */
export const changes = (
  file: string,
  tests: ReadonlyArray<string>,
  all: ReadonlyArray<readonly [what: string, take: string, put: string]>
): ReadonlyArray<Mutation> => all.map(([what, take, put]) => ({ file, tests, what, take, put }))
