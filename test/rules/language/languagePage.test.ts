import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { metrics } from "../../../src/domain/Metric.ts"
import { outcomeRows } from "../../../src/rules/expect/outcomes.ts"
import { checkStrategyFile } from "../../../src/rules/files/StrategyFile.ts"
import { expectationDialect, requirementDialect } from "../../../src/rules/files/WrittenCondition.ts"
import { diagnosticText } from "../../../src/rules/language/Diagnostic.ts"
import { parseCondition } from "../../../src/rules/language/parse.ts"
import { withReference } from "../../../src/rules/language/reference.ts"
import { printCondition } from "../../../src/rules/print.ts"

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8")
const page = read("docs/language.md")

interface Example {
  readonly kind: string
  readonly text: string
}

const examples: ReadonlyArray<Example> = Array.from(
  page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm),
  ([, kind = "", text = ""]) => ({ kind, text })
)

const lines = (kind: string): ReadonlyArray<string> =>
  examples.filter((each) => each.kind === kind).flatMap(({ text }) => text.trimEnd().split("\n"))

const said = (text: string, dialect = expectationDialect): string =>
  Result.match(parseCondition(text, dialect), {
    onSuccess: printCondition,
    onFailure: (faults) => faults.map(({ message }) => message).join("; ")
  })

describe("the page of the language", () => {
  it("has examples of every kind, and none of a kind that is not tested", () => {
    expect(new Set(examples.map(({ kind }) => kind))).toEqual(
      new Set([
        "yaml",
        "text conditions",
        "text expectations",
        "yaml strategies/late.yaml",
        "text refused",
        "text same",
        ""
      ])
    )
  })

  it.each(examples.filter(({ kind }) => kind === "yaml"))("shows strategies that can be used: $text", ({ text }) => {
    expect(checkStrategyFile("example.yaml", text).map(diagnosticText)).toEqual([])
  })

  it.each(lines("text conditions"))("shows the condition %s", (line) => {
    expect(said(line, requirementDialect)).toBe(line)
  })

  it.each(lines("text expectations"))("shows the expectation %s", (line) => {
    expect(said(line)).toBe(said(line) === "both goals >= 1" ? said("BTTS_YES") : line)
  })

  it.each(lines("text same"))("shows that %s", (line) => {
    const [left = "", right] = line.split(" → ")
    expect(said(left)).toBe(right)
  })

  it("shows what is said of a file that is wrong", () => {
    const wrong = examples.find(({ kind }) => kind === "yaml strategies/late.yaml")
    const refused = examples.find(({ kind }) => kind === "text refused")
    const diagnostics = checkStrategyFile("strategies/late.yaml", wrong?.text ?? "").map(diagnosticText)
    expect(`${diagnostics.join("\n")}\n`).toBe(refused?.text)
  })

  it("has the metrics and the outcomes that the code has: node scripts/docs.ts", () => {
    expect(page).toBe(withReference(page))
    const rows = [...metrics].map(([name, { family }]) => family?.pattern ?? name)
    for (const name of [...rows, ...outcomeRows.map(({ example }) => example)]) {
      expect(page).toMatch(new RegExp(`\\| \`${name.replaceAll(".", "\\.")}\` +\\|`))
    }
  })
})
