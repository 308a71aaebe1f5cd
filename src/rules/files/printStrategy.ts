/** Strategies as files: the normal form, YAML with conditions in the written language. */
import { Result } from "effect"
import { Yaml } from "effect/encoding"
import { type Condition, isAnyOf, type StrategyDefinition } from "../../domain/Strategy.ts"
import { printComparison } from "../print.ts"

/** How long a line of a description may become. */
const width = 117

/** Texts that one reader of YAML or another takes for something else: numbers, times, truth. */
const looksElse = /^([\d.][\d.,:_xoe+-]*|y|n|yes|no|on|off|true|false|null)$/i

/** Whether every YAML reader takes a text that stands by itself for that text. */
const isPlain = (text: string, inList: boolean): boolean =>
  /^[\p{L}\p{N}(]/u.test(text) &&
  !looksElse.test(text) &&
  !/[\p{Cc}\p{Cf}\u2028\u2029]|: |:$| #|\s$/u.test(text) &&
  !(inList && /[,[\]{}]/.test(text)) &&
  Result.getOrUndefined(Result.try(() => Yaml.parse(text))) === text

/** A text as a scalar: as it stands where that is possible, in double quotes otherwise. */
const scalar = (text: string, inList = false): string =>
  // A line separator may stand in a JSON string, but ends a line of YAML; others would steer a terminal.
  isPlain(text, inList)
    ? text
    : JSON.stringify(text).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
        const code = (character.codePointAt(0) ?? 0).toString(16)
        return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`
      })

/** The words of a text in lines, if single spaces between words are all the white space that it has. */
const wrapped = (text: string): ReadonlyArray<string> | undefined => {
  if (!/^[!-~\p{L}\p{N}\p{P}\p{S}]+( [!-~\p{L}\p{N}\p{P}\p{S}]+)*$/u.test(text)) return undefined
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line]
}

const description = (text: string): string => {
  const lines = text.length > 80 ? wrapped(text) : undefined
  return lines === undefined
    ? `description: ${scalar(text)}`
    : ["description: >-", ...lines.map((line) => `  ${line}`)].join("\n")
}

/** A competition as a number where it came from one or could have. */
const competition = (id: string): string =>
  /^[1-9]\d*$/.test(id) && Number.isSafeInteger(Number(id)) ? id : scalar(id, true)

const condition = (each: Condition): string =>
  isAnyOf(each)
    ? ["  - any:", ...each.any.map((alternative) => `      - ${scalar(printComparison(alternative))}`)].join("\n")
    : `  - ${scalar(printComparison(each))}`

const expectation = (each: Condition): string =>
  isAnyOf(each)
    ? ["expect:", "  any:", ...each.any.map((alternative) => `    - ${scalar(printComparison(alternative))}`)].join(
        "\n"
      )
    : `expect: ${scalar(printComparison(each))}`

/**
 * The text of a strategy file in normal form: keys in one order, conditions in the written language, nothing that goes
 * without saying. It decodes to this strategy (in its normal form, which every strategy that was decoded is in).
 *
 * Comments and the layout of a file that the strategy came from are not part of the strategy, and so not of the text.
 */
export const printStrategy = (strategy: StrategyDefinition): string =>
  [
    `name: ${scalar(strategy.name)}`,
    ...(strategy.description === undefined ? [] : [description(strategy.description)]),
    ...(strategy.competitions === undefined
      ? []
      : [`competitions: [${strategy.competitions.map(competition).join(", ")}]`]),
    "when:",
    ...strategy.when.map(condition),
    ...(strategy.expect === undefined ? [] : [expectation(strategy.expect)]),
    ...(strategy.active ? [] : ["active: false"]),
    ""
  ].join("\n")
