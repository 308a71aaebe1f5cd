/** Copies of the source in which a promise is broken: a judge that finds nothing wrong with them is none. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

export interface Sabotage {
  readonly what: string
  readonly file: string
  /** Text that stands in the file exactly once, and what is put in its place. */
  readonly take: string
  readonly put: string
}

export const withoutSweep: Sabotage = {
  what: "the outbox is not swept",
  file: "src/alert/AlertWorker.ts",
  take: "page.map(({ id, owner, triggeredAt }) => alertJob(id, turns(owner, Date.parse(triggeredAt))))",
  put: "[]"
}

export const withoutReceipts: Sabotage = {
  what: "receipts are dropped",
  file: "src/alert/Alerter.ts",
  take: "yield* triggers.sent(trigger.id, attempt, receipt).pipe(",
  put: "yield* Effect.void.pipe("
}

const root = fileURLToPath(new URL("../../", import.meta.url))

/** A copy of the repository with the sabotage in it, which is gone with the scope. */
export const sabotaged = ({ file, put, take, what }: Sabotage) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const copied = mkdtempSync(join(tmpdir(), "touchline-sabotage-"))
      for (const name of ["package.json", "src", "test", "supabase", "examples"])
        cpSync(join(root, name), join(copied, name), { recursive: true })
      for (const name of ["node_modules", "template"]) symlinkSync(join(root, name), join(copied, name))
      const source = readFileSync(join(copied, file), "utf8")
      if (source.split(take).length !== 2) throw new Error(`${what}: ${file} has changed`)
      writeFileSync(
        join(copied, file),
        source.replace(take, () => put)
      )
      return copied
    }),
    (copied) => Effect.sync(() => rmSync(copied, { recursive: true, force: true }))
  )
