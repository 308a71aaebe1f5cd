import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { describe, expect, it } from "@effect/vitest"

const checkout = resolve(import.meta.dirname, "..")

/** A checkout with everything installed but some packages. */
const installedWithout = (root: string, without: ReadonlyArray<string>) => {
  for (const part of ["package.json", "scripts", "src"])
    cpSync(join(checkout, part), join(root, part), { recursive: true })
  const link = (names: ReadonlyArray<string>) => {
    for (const name of names.filter((each) => !without.includes(each))) {
      symlinkSync(join(checkout, "node_modules", name), join(root, "node_modules", name))
    }
  }
  const scopes = new Set(without.flatMap((name) => (name.includes("/") ? (name.split("/")[0] ?? []) : [])))
  for (const directory of ["node_modules", ...[...scopes].map((scope) => `node_modules/${scope}`)]) {
    mkdirSync(join(root, directory))
  }
  link(readdirSync(join(checkout, "node_modules")).filter((name) => !name.startsWith(".") && !scopes.has(name)))
  for (const scope of scopes) link(readdirSync(join(checkout, "node_modules", scope)).map((name) => `${scope}/${name}`))
}

describe("npm install --omit=dev", () => {
  it("prepares the database, builds no program, and leaves what runs", () => {
    const root = mkdtempSync(join(tmpdir(), "touchline-prepare-"))
    try {
      installedWithout(root, ["@effect/tsgo", "rolldown"])
      const run = (...args: ReadonlyArray<string>) => spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" })
      const { status, stderr, stdout } = run("scripts/prepare.ts")
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
      expect(stdout).toContain("No program is built")
      expect(["template/postgres.tar.gz", "program"].map((path) => existsSync(join(root, path)))).toEqual([true, false])
      expect(run("src/main.ts", "strategies", "check", join(checkout, "examples/strategies")).stdout).toContain(
        "nothing wrong"
      )
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
