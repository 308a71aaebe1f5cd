import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "@effect/vitest"
import { builtOf, builtOfFile, builtProgram, programDirectory } from "../src/builtProgram.ts"

describe("The built program", () => {
  let root = ""
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "touchline-program-"))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const write = (path: string, text: string, at: number) => {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    utimesSync(file, at, at)
  }
  const url = () => pathToFileURL(`${root}/`)
  const runs = () => builtProgram(url()) !== undefined

  /** A checkout, installed and built. */
  const checkout = () => {
    for (const path of ["package.json", "node_modules/.package-lock.json", "src/cli/cli.ts", "src/main.ts"]) {
      write(path, path, 100)
    }
    write("program/program.js", "", 200)
    write(`${programDirectory}${builtOfFile}`, builtOf(url()) ?? "", 200)
  }

  it("runs where everything is as it was when it was built", () => {
    checkout()
    expect(builtProgram(url())?.href).toBe(pathToFileURL(join(root, "program/program.js")).href)
  })

  it("runs where there are no sources, as in a package or a container", () => {
    write("package.json", "", 300)
    write("program/program.js", "", 200)
    expect(runs()).toBe(true)
  })

  it("does not run where there is none, as in a fresh clone", () => {
    write("src/main.ts", "", 100)
    expect(runs()).toBe(false)
  })

  it("does not run where its building was broken off", () => {
    checkout()
    rmSync(join(root, programDirectory, builtOfFile))
    expect(runs()).toBe(false)
  })

  const paths = ["src/main.ts", "src/cli/cli.ts", "src/cli/added.ts", "package.json", "node_modules/.package-lock.json"]
  // What tar and `rsync -a` bring bears the time of where it was made, which may be long ago.
  for (const at of [300, 150, 50]) {
    it.each(paths)(`does not run after a change of %s that bears the time ${at}`, (path) => {
      checkout()
      write(path, "changed", at)
      expect(runs()).toBe(false)
    })
  }

  it("does not run after a source was removed", () => {
    checkout()
    rmSync(join(root, "src/cli/cli.ts"))
    expect(runs()).toBe(false)
  })

  it("is not asked for more than files by what an editor leaves beside them", () => {
    mkdirSync(join(root, "src"))
    symlinkSync("nobody@nowhere.1234", join(root, "src/.#main.ts"))
    checkout()
    expect(runs()).toBe(true)
  })
})
