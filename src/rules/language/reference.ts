/** The parts of the language's page that are generated from code: the metrics and the outcomes. */
import { Result } from "effect"
import { type Metric, metrics } from "../../domain/Metric.ts"
import { outcome, outcomeRows } from "../expect/outcomes.ts"
import { printComparison } from "../print.ts"

/** A table in Markdown, its columns aligned. */
const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`
  const [first = [], ...rest] = cells
  return [first, widths.map((width) => "-".repeat(width)), ...rest].map(line).join("\n")
}

const code = (text: string): string => `\`${text}\``

const kinds = { cumulative: "counts up", gauge: "goes up and down" } as const

/** The rows of a family stand in one: its pattern, and what `N` may be. */
const row = ([name, { family, group, kind, meaning, range, sided, unit }]: readonly [
  string,
  Metric
]): ReadonlyArray<string> => [
  code(family?.pattern ?? name),
  family === undefined ? meaning : `${family.meaning}; N is ${family.lines}`,
  unit,
  sided ? "each team" : "the match",
  group === "prematch" ? "fixed" : kinds[kind],
  range.join(" to ")
]

/** Every metric of the catalogue as a table in Markdown. */
export const metricTable = (): string =>
  table(
    ["Metric", "Meaning", "Unit", "One value for", "In play", "Range"],
    [...new Map([...metrics].map((each) => [each[1].family?.pattern ?? each[0], row(each)])).values()]
  )

/** The outcomes as a table in Markdown, each with an example and the comparison that it stands for. */
export const outcomeTable = (): string =>
  table(
    ["Outcome", "Meaning", "Example", "Stands for"],
    outcomeRows.map(({ example, meaning, name }) => [
      name.includes("`") ? name : code(name),
      meaning,
      code(example),
      code(Result.match(outcome(example), { onSuccess: printComparison, onFailure: (reason) => reason }))
    ])
  )

const parts: ReadonlyMap<string, () => string> = new Map([
  ["metrics", metricTable],
  ["outcomes", outcomeTable]
])

/** The page with its generated parts, which stand between `<!-- name -->` and `<!-- /name -->`, brought up to date. */
export const withReference = (page: string): string =>
  page.replaceAll(/(<!-- (\w+) -->\n)[\s\S]*?(<!-- \/\2 -->)/g, (all, open: string, name: string, close: string) => {
    const part = parts.get(name)
    return part === undefined ? all : `${open}\n${part()}\n\n${close}`
  })
