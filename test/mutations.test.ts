import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { mutations } from "../scripts/mutations/list.ts"

const migrations = "supabase/migrations"
const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8")

/** The function of a migration that a text is part of, none where it stands outside of all. */
const functionOf = (source: string, text: string): string | undefined => {
  const [, ...begun] = source.slice(0, source.indexOf(text)).split("create or replace function public.")
  const rest = begun.at(-1) ?? ""
  return /\$\$;|end \$\$/.test(rest) ? undefined : /^\w+/.exec(rest)?.[0]
}

describe("The changes of `npm run mutations`", () => {
  it("each replace a text that stands in its file once, and change it", () => {
    const stale = mutations.filter(({ file, put, take }) => {
      const source = read(file)
      return source.split(take).length !== 2 || put === take
    })
    expect(stale.map(({ file, what }) => `${file}: ${what}`)).toEqual([])
  })

  it("are of functions that no later migration replaces", () => {
    const files = readdirSync(new URL(`../${migrations}`, import.meta.url)).map((name) => `${migrations}/${name}`)
    const replaced = mutations.filter(({ file, take }) => {
      const name = file.startsWith(migrations) ? functionOf(read(file), take) : undefined
      const isReplaced = (later: string) => later > file && read(later).includes(`replace function public.${name}(`)
      return name !== undefined && files.some(isReplaced)
    })
    expect(replaced.map(({ file, what }) => `${file}: ${what}`)).toEqual([])
  })
})
