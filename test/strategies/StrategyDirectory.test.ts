import { execFileSync } from "node:child_process"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it, layer } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import { readStrategyDirectory, strategyFileId } from "../../src/strategies/StrategyDirectory.ts"

/** A strategy file of this name, in YAML. */
const yaml = (name: string) => `name: ${name}\nwhen:\n  - { left: minute, comparator: ">=", right: 1 }\n`

const json = (name: string) => JSON.stringify({ name, when: [{ left: "minute", comparator: ">=", right: 1 }] })

/** A directory with these files, for as long as the test runs. */
const directoryOf = Effect.fnUntraced(function* (files: { readonly [name: string]: string }) {
  const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "touchline-strategies-" })
  for (const [name, text] of Object.entries(files)) yield* fs.writeFileString(paths.join(directory, name), text)
  return directory
})

layer(NodeServices.layer)("A directory of strategies", (it) => {
  it.effect("is read in the order of its files' names, YAML and JSON alike", () =>
    Effect.gen(function* () {
      const directory = yield* directoryOf({ "b.json": json("B"), "a.yaml": yaml("A"), "c.yml": yaml("C") })
      const { problems, strategies } = yield* readStrategyDirectory(directory)
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual(
        strategies.map(({ id, name }) => [id, name]),
        ["a.yaml", "b.json", "c.yml"].map((file) => [strategyFileId(file), file.charAt(0).toUpperCase()])
      )
    })
  )

  it.effect("may hold files that are no strategies", () =>
    Effect.gen(function* () {
      const directory = yield* directoryOf({ "a.yaml": yaml("A"), "README.md": "# Mine", ".a.yaml.swp": "" })
      assert.lengthOf((yield* readStrategyDirectory(directory)).strategies, 1)
    })
  )

  it.effect("may hold what editors, file systems and tools hide beside them", () =>
    Effect.gen(function* () {
      const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
      const directory = yield* directoryOf({ "a.yaml": yaml("A"), "._a.yaml": "\0\0", ".yamllint.yaml": "rules: {}" })
      yield* fs.symlink("nobody@nowhere.1", paths.join(directory, ".#a.yaml"))
      const { problems, strategies } = yield* readStrategyDirectory(directory)
      expect([strategies.length, problems]).toEqual([1, []])
    })
  )

  it.effect("may be one of its files instead", () =>
    Effect.gen(function* () {
      const paths = yield* Path.Path
      const directory = yield* directoryOf({ "a.yaml": yaml("A"), "b.yaml": yaml("B") })
      const { strategies } = yield* readStrategyDirectory(paths.join(directory, "b.yaml"))
      assert.deepStrictEqual(
        strategies.map(({ id, name }) => [id, name]),
        [[strategyFileId("b.yaml"), "B"]]
      )
    })
  )

  it.effect("has a file that is not in UTF-8 reported, and one that begins with a byte order mark read", () =>
    Effect.gen(function* () {
      const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
      const directory = yield* directoryOf({ "a.json": `\uFEFF${json("A")}` })
      yield* fs.writeFile(paths.join(directory, "b.yaml"), Buffer.from(yaml("Atlético"), "latin1"))
      const { problems, strategies } = yield* readStrategyDirectory(directory)
      assert.deepStrictEqual(
        strategies.map(({ name }) => name),
        ["A"]
      )
      assert.strictEqual(problems[0]?.message, "is not text in UTF-8: save it in that encoding")
    })
  )

  it.effect("has its bad files reported, with their paths and what is wrong, and the others read", () =>
    Effect.gen(function* () {
      const paths = yield* Path.Path
      const directory = yield* directoryOf({
        "a.yaml": yaml("A"),
        "broken.json": '{ "name": ',
        "typo.yaml": yaml("Typo").replace("left: minute", "left: { metric: cornrs }"),
        "z.yaml": yaml("Z")
      })
      const { problems, strategies } = yield* readStrategyDirectory(directory)
      assert.deepStrictEqual(
        strategies.map(({ name }) => name),
        ["A", "Z"]
      )
      assert.deepStrictEqual(
        problems.map(({ source }) => source),
        ["broken.json", "typo.yaml"].map((file) => paths.join(directory, file))
      )
      expect(problems[0]?.message).toContain("cannot be read as JSON")
      expect(problems[1]?.message).toContain("when[0].left.metric")
      expect(problems[1]?.message).toContain("did you mean corners?")
    })
  )

  it.effect("gives a name to one file only: the second of that name is reported", () =>
    Effect.gen(function* () {
      const directory = yield* directoryOf({ "late.json": json("JSON"), "late.yaml": yaml("YAML") })
      const { problems, strategies } = yield* readStrategyDirectory(directory)
      assert.deepStrictEqual(
        strategies.map(({ name }) => name),
        ["JSON"]
      )
      expect(problems).toMatchObject([{ source: expect.stringMatching(/late\.yaml$/) }])
      expect(problems[0]?.message).toContain("has the same name as late.json")
    })
  )

  it.effect("has a directory that bears a strategy's name reported, and the rest read", () =>
    Effect.gen(function* () {
      const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
      const directory = yield* directoryOf({ "b.yaml": yaml("B") })
      yield* fs.makeDirectory(paths.join(directory, "a.yaml"))
      const { problems, strategies } = yield* readStrategyDirectory(directory)
      assert.lengthOf(strategies, 1)
      expect(problems).toMatchObject([{ source: paths.join(directory, "a.yaml") }])
    })
  )

  it.effect("has a pipe that bears a strategy's name reported, and waits for nobody to write into it", () =>
    Effect.gen(function* () {
      const paths = yield* Path.Path
      const directory = yield* directoryOf({ "b.yaml": yaml("B") })
      execFileSync("mkfifo", [paths.join(directory, "a.yaml")])
      const { problems, strategies } = yield* readStrategyDirectory(directory)
      assert.lengthOf(strategies, 1)
      expect(problems).toMatchObject([
        { source: paths.join(directory, "a.yaml"), message: expect.stringContaining("it is no file") }
      ])
    })
  )

  it.effect("is refused when it is not there", () =>
    Effect.gen(function* () {
      const paths = yield* Path.Path
      const missing = paths.join(yield* directoryOf({}), "missing")
      const error = yield* Effect.flip(readStrategyDirectory(missing))
      expect(error).toMatchObject({ _tag: "StrategyDirectoryError", directory: missing })
      expect(error.message).toContain(missing)
      expect(error.message).toContain("Name a directory with strategy files")
    })
  )

  it.effect("is refused when it holds no strategy file", () =>
    Effect.gen(function* () {
      const directory = yield* directoryOf({ "README.md": "# Mine" })
      const error = yield* Effect.flip(readStrategyDirectory(directory))
      assert.strictEqual(error._tag, "StrategyDirectoryError")
      expect(error.message).toContain(`${directory} holds no strategy file`)
    })
  )
})

describe("The id of a strategy file", () => {
  it("is a version 5 UUID that no later release may change", () => {
    expect(strategyFileId("late-pressure.yaml")).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
    )
    assert.strictEqual(strategyFileId("late-pressure.yaml"), "614b85e4-1826-5183-9729-c0c88ba3d207")
  })

  it("comes from the name without its extension, and differs from any other name's", () => {
    assert.strictEqual(strategyFileId("a.json"), strategyFileId("a.yaml"))
    assert.notStrictEqual(strategyFileId("a.yaml"), strategyFileId("b.yaml"))
    assert.notStrictEqual(strategyFileId("a.b.yaml"), strategyFileId("a.yaml"))
  })
})
