import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "@effect/vitest"
import { builtProgram } from "../src/builtProgram.ts"

describe("The built program", () => {
  let root = ""
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "touchline-program-"))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  /** Writes a file at a time in seconds, and gives its directory the same. */
  const write = (path: string, at: number) => {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, "")
    for (const changed of [file, dirname(file)]) utimesSync(changed, at, at)
  }
  const runs = () => builtProgram(pathToFileURL(`${root}/`))?.href

  const checkout = () => {
    write("package.json", 100)
    write("src/cli/cli.ts", 100)
    write("src/main.ts", 100)
    write("program/program.js", 200)
  }

  it("runs where it is newer than all that it was built of", () => {
    checkout()
    expect(runs()).toBe(pathToFileURL(join(root, "program/program.js")).href)
  })

  it("runs where there are no sources, as in a container", () => {
    write("package.json", 300)
    write("program/program.js", 200)
    expect(runs()).toBeDefined()
  })

  it("does not run where there is none, as in a fresh clone", () => {
    write("src/main.ts", 100)
    expect(runs()).toBeUndefined()
  })

  for (const path of ["src/main.ts", "src/cli/cli.ts", "src/cli/added.ts", "package.json"]) {
    it(`does not run after a change of ${path}`, () => {
      checkout()
      write(path, 300)
      expect(runs()).toBeUndefined()
    })
  }

  it("does not run after a source was removed", () => {
    checkout()
    rmSync(join(root, "src/cli/cli.ts"))
    expect(runs()).toBeUndefined()
  })
})
