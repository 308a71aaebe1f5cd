/** The changes that `npm run mutations` makes. Each breaks something that is promised. */
import { alert } from "./alert.ts"
import { database } from "./database.ts"
import { http } from "./http.ts"
import { outcome } from "./outcome.ts"
import { queue } from "./queue.ts"
import { scan } from "./scan.ts"
import { strangers } from "./strangers.ts"

/** One change of one file. */
export interface Mutation {
  /** The file, from the root of the repository. */
  readonly file: string
  /** The files of tests that could notice it, below `test` and without `.test.ts`, the fastest first. */
  readonly tests: ReadonlyArray<string>
  /** What is broken, in words. */
  readonly what: string
  /** Text that stands in the file exactly once. */
  readonly take: string
  /** What is put in its place. */
  readonly put: string
}

export const mutations: ReadonlyArray<Mutation> = [
  ...queue,
  ...database,
  ...scan,
  ...alert,
  ...outcome,
  ...strangers,
  ...http
]
