import { type SchemaAST, SchemaIssue } from "effect"
import { didYouMean } from "./nearest.ts"

/** One thing wrong with an input: where (`when[0].left.metric`, empty for the input itself) and what. */
export interface Problem {
  readonly path: string
  readonly message: string
}

const names = (ast: SchemaAST.AST): ReadonlyArray<string> =>
  ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []

/** What a schema comes to, found once: some take hundreds of names. */
const once = <A>(find: (ast: SchemaAST.AST) => A): ((ast: SchemaAST.AST) => A) => {
  const found = new WeakMap<SchemaAST.AST, A>()
  return (ast) => {
    const known = found.get(ast)
    if (known !== undefined) return known
    const result = find(ast)
    found.set(ast, result)
    return result
  }
}

/** The texts that a union takes, when it takes nothing else. */
const choices = once(
  (ast): ReadonlyArray<string> =>
    ast._tag === "Union" && ast.types.every((each) => each._tag === "Literal")
      ? ast.types.flatMap((each) => (each._tag === "Literal" ? [String(each.literal)] : []))
      : []
)

const literals: (ast: SchemaAST.AST) => ReadonlyArray<string> = once(
  (ast): ReadonlyArray<string> =>
    ast._tag === "Literal" ? [String(ast.literal)] : ast._tag === "Union" ? ast.types.flatMap(literals) : []
)

/** How far an input was from what a member of a union asks for: keys missing and unexpected, then the rest. */
const remoteness = (issue: SchemaIssue.Issue): number => {
  if (issue._tag === "InvalidType") return 1000
  if (issue._tag !== "Composite") return 0
  return issue.issues.filter(
    (each) => each._tag === "Pointer" && (each.issue._tag === "MissingKey" || each.issue._tag === "UnexpectedKey")
  ).length
}

const isSomething = ({ _tag }: SchemaAST.AST): boolean => _tag !== "Null" && _tag !== "Undefined"

/** What was wanted, in a reader's words. */
const wanted: (ast: SchemaAST.AST) => string = once((ast) => {
  switch (ast._tag) {
    case "Objects":
      return names(ast).length === 0 ? "a mapping" : `a mapping with ${names(ast).join(", ")}`
    case "Arrays":
      return "a list"
    case "Literal":
      return String(ast.literal)
    case "Union":
      return choices(ast).length > 0
        ? `one of ${choices(ast).join(", ")}`
        : ast.types.filter(isSomething).map(wanted).join(" or ")
    case "Suspend":
      return wanted(ast.thunk())
    case "String":
      return "text"
    case "Number":
      return "a number"
    case "Boolean":
      return "true or false"
    default:
      return ast._tag
  }
})

/** What someone wrote, short enough to stand in a message. */
export const brief = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)

const got = (issue: SchemaIssue.Issue): string => {
  if (!SchemaIssue.hasInput(issue)) return ""
  return `, got ${brief(JSON.stringify(issue.input) ?? String(issue.input))}`
}

const explain = (issue: SchemaIssue.Issue, path: ReadonlyArray<PropertyKey>): ReadonlyArray<Problem> => {
  const problem = (message: string): ReadonlyArray<Problem> => [{ path: pathText(path), message }]
  switch (issue._tag) {
    case "Pointer": {
      const at = [...path, ...issue.path]
      return explain(issue.issue, at)
    }
    case "Composite":
      return issue.issues.flatMap((each) =>
        each._tag === "Pointer" && each.issue._tag === "UnexpectedKey"
          ? [
              {
                path: pathText([...path, ...each.path]),
                message: `is not a key here${didYouMean(String(each.path.at(-1)), names(issue.ast)) || `; the keys are ${names(issue.ast).join(", ")}`}`
              }
            ]
          : explain(each, path)
      )
    case "Filter":
      return issue.issue._tag === "InvalidValue" && issue.issue.annotations?.message === undefined
        ? problem(`must be ${issue.filter.annotations?.expected ?? "valid"}${got(issue.issue)}`)
        : explain(issue.issue, path)
    case "Encoding":
      return explain(issue.issue, path)
    case "AnyOf": {
      const closest = issue.issues.toSorted((a, b) => remoteness(a) - remoteness(b))[0]
      if (closest !== undefined && remoteness(closest) < 1000) return explain(closest, path)
      const hint =
        SchemaIssue.hasInput(issue) && typeof issue.input === "string"
          ? didYouMean(issue.input, literals(issue.ast))
          : ""
      const what = choices(issue.ast).length > 20 && hint !== "" ? "a known name" : wanted(issue.ast)
      return problem(`must be ${what}${got(issue)}${hint}`)
    }
    case "OneOf":
      return problem("fits more than one form")
    case "MissingKey":
      return problem("is missing")
    case "UnexpectedKey":
      return problem("is not a key here")
    case "InvalidType":
      return problem(`must be ${wanted(issue.ast)}${got(issue)}`)
    case "InvalidValue":
      return problem(String(issue.annotations?.message ?? `is not valid${got(issue)}`))
    case "Forbidden":
      return problem("is not allowed")
  }
}

const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) =>
      typeof key === "number" || /^\d+$/.test(String(key))
        ? `${text}[${String(key)}]`
        : text === ""
          ? String(key)
          : `${text}.${String(key)}`,
    ""
  )

/**
 * What is wrong with an input, in a person's words: for each problem where it is, what was expected, what was found and
 * the nearest valid name. Of a union it explains the member that the input resembles most.
 */
export const problemsOf = (issue: SchemaIssue.Issue): ReadonlyArray<Problem> => explain(issue, [])

/** Problems that are told on one line: an input may have as many as it has parts. */
const mostTold = 12

/**
 * The problems on one line: `when[0].left.metric: no metric is called cornrs (did you mean corners?); …`. However many there are
 * and whatever the input, it is a line that can be read.
 */
export const problemText = (issue: SchemaIssue.Issue): string => {
  const all = problemsOf(issue)
  const told = all
    .slice(0, mostTold)
    .map(({ message, path }) =>
      path === "" ? message : `${path.length > 200 ? `${path.slice(0, 200)}…` : path}: ${message}`
    )
  return [...told, ...(all.length > mostTold ? [`and ${all.length - mostTold} more`] : [])].join("; ")
}
