/** Where a parser stands in a text, and what it has found wrong so far. */
import { brief } from "../../domain/problems.ts"
import { type Token, tokens } from "./Token.ts"

/** One thing wrong with a text, and the part of the text that is to blame: `start` inclusive, `end` exclusive. */
export interface Fault {
  readonly message: string
  readonly start: number
  readonly end: number
}

/** A part of a text. */
export type Span = Pick<Token, "start" | "end">

export interface Cursor {
  readonly source: string
  /** The piece that comes next, or the one `ahead` places after it. */
  readonly peek: (ahead?: number) => Token
  /** Takes the next piece. The end is never passed. */
  readonly next: () => Token
  /** Takes the next piece if it is one of these words or signs. */
  readonly take: (...texts: ReadonlyArray<string>) => Token | undefined
  /** Whether these words or signs come next. */
  readonly sees: (...texts: ReadonlyArray<string>) => boolean
  /** Notes a fault. The parser goes on where it can, to find the next one. */
  readonly fault: (span: Span, message: string) => void
  /** Notes that something else was expected here, and perhaps what was meant, after which nothing can be read. */
  readonly expected: (what: string, hint?: string) => undefined
  readonly faults: ReadonlyArray<Fault>
}

/** A cursor at the beginning of a text. */
export const cursor = (source: string): Cursor => {
  const all = tokens(source)
  const last: Token = all.at(-1) ?? { kind: "end", text: "", start: 0, end: 0 }
  const faults: Array<Fault> = []
  let index = 0
  const peek = (ahead = 0): Token => all[index + ahead] ?? last
  const next = (): Token => {
    const token = peek()
    index = Math.min(index + 1, all.length - 1)
    return token
  }
  const is = (token: Token, text: string): boolean =>
    token.text === text && (token.kind === "word" || token.kind === "sign")
  return {
    source,
    peek,
    next,
    take: (...texts) => (texts.some((text) => is(peek(), text)) ? next() : undefined),
    sees: (...texts) => texts.every((text, ahead) => is(peek(ahead), text)),
    fault: ({ end, start }, message) => void faults.push({ message, start, end }),
    expected: (what, hint = "") => {
      const token = peek()
      const found = token.kind === "end" ? "the end" : brief(source.slice(token.start, token.end))
      faults.push({ message: `expected ${what}, found ${found}${hint}`, start: token.start, end: token.end })
    },
    faults
  }
}
