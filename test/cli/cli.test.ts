import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { helpTexts } from "../../src/cli/cli.ts"
import { help } from "../../src/cli/help.ts"
import { ownVersion } from "../../src/nodeVersion.ts"
import { touchline } from "../fixtures/process.ts"

const source = new URL("../../src/", import.meta.url)

/** The modules that a file loads at once, and those that they load; types and what is loaded later are none of them. */
const loadedBy = (file: URL, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file.href)) return seen
  seen.add(file.href)
  const text = readFileSync(fileURLToPath(file), "utf8")
  for (const [, isType, name = ""] of text.matchAll(/^(?:import|export) (type )?(?:[^"']*? from )?"([^"]+)"$/gm)) {
    if (isType !== undefined) continue
    if (name.startsWith(".")) loadedBy(new URL(name, file), seen)
    else seen.add(name)
  }
  return seen
}

describe("The command line", () => {
  it("loads what reads the command line, and neither Effect's index nor anything that a command needs", () => {
    const loaded = [...loadedBy(new URL("cli/cli.ts", source)), ...loadedBy(new URL("run.ts", source))]
    const files = loaded.filter((name) => name.startsWith("file:")).map((name) => name.slice(source.href.length))
    expect([...new Set(files)].sort()).toEqual([
      "Config.ts",
      "LogWriter.ts",
      "cli/cli.ts",
      "cli/fileCommands.ts",
      "cli/flags.ts",
      "cli/load.ts",
      "cli/presenter.ts",
      "cli/serviceCommands.ts",
      "domain/nearest.ts",
      "nodeVersion.ts",
      "packageFile.ts",
      "run.ts"
    ])
    const packages = loaded.filter((name) => !name.startsWith("file:"))
    expect(packages.filter((name) => !/^(effect\/|node:|@effect\/platform-node\/Node)/.test(name))).toEqual([])
    const first = [...loadedBy(new URL("main.ts", source))].filter((name) => !name.startsWith("file:"))
    expect(first.sort()).toEqual(["node:fs", "node:module", "node:url"])
  })

  it.effect("helps at once with the text that its commands make (npm run docs brings it up to date)", () =>
    Effect.gen(function* () {
      expect(yield* helpTexts).toEqual([help])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("tells its version, and helps with a command that nothing has loaded", () =>
    Effect.gen(function* () {
      const version = yield* touchline(["--version"])
      expect(yield* version.ended).toBe(0)
      expect(version.output()).toEqual({ stdout: `touchline v${ownVersion()}\n`, stderr: "" })
      const help = yield* touchline(["replay", "--help"])
      expect(yield* help.ended).toBe(0)
      expect(help.output().stdout).toContain("Run recorded matches through the whole pipeline")
    })
  )
})
