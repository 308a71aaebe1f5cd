import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, FileSystem, Path } from "effect"
import { counted } from "../../src/domain/counted.ts"

describe("A number of things", () => {
  it("is one of them, or several", () => {
    assert.deepStrictEqual(
      [0, 1, 2].map((count) => counted(count, "match", "matches")),
      ["0 matches", "1 match", "2 matches"]
    )
    assert.strictEqual(counted(1, "trigger"), "1 trigger")
  })

  it.effect("is written so in all that commands print", () =>
    Effect.gen(function* () {
      const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
      const root = paths.join(import.meta.dirname, "../../src")
      const inAll = (yield* fs.readDirectory(root, { recursive: true })).filter((file) => file.endsWith(".ts"))
      const things =
        /\$\{[^}]+\} (alerts?|files|matches|messages|polls|requests|rows sent|scans|triggers|snapshots) [^`]*`/
      // Bounds that nobody sets to one.
      const bounds = /\$\{most\}/
      const found = yield* Effect.forEach(inAll, (file) =>
        Effect.map(fs.readFileString(paths.join(root, file)), (text) =>
          text
            .split("\n")
            .filter((line) => things.test(line) && !bounds.test(line))
            .map((line) => `${file}: ${line.trim()}`)
        )
      )
      assert.deepStrictEqual(Arr.flatten(found), [])
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
