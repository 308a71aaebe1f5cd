import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { newText } from "../../../src/http/dashboard/pages/editor.ts"
import { stage } from "../../fixtures/dashboard.ts"
import { type Asking, ask, form } from "../../fixtures/httpServer.ts"
import { quiet } from "../../fixtures/logs.ts"

const typed = (body: string, type = "application/x-www-form-urlencoded"): Asking => ({
  method: "POST",
  body,
  headers: { "content-type": type }
})

/** What no form of the pages sends. */
const malformed: ReadonlyArray<Asking> = [
  { method: "POST" },
  typed(""),
  typed("=&&=&%"),
  typed("text=a&text=b&mark=a&mark=b&draft=1&draft=2&id=1&id=2&chat=a&chat=b"),
  typed("{", "application/json"),
  typed("null", "application/json"),
  typed("--", "multipart/form-data; boundary=x"),
  typed("text", "text/plain"),
  typed("text", '""'),
  typed("text=%ED%A0%80&mark=%ff&draft=%C0%80&id=%ED%B0%80&chat=%ED%A0%80"),
  form({ text: "\0", mark: "\0", draft: "\0", id: "\0", chat: "\0" }),
  form({ text: `name: "a\0b"\nwhen:\n  - minute >= 1\n`, mark: "" }),
  form({ text: `name: "\\uD800"\nwhen:\n  - minute >= 1\n`, mark: "" }),
  form({ text: `name: "\\0"\nwhen:\n  - minute >= 1\n`, mark: "" }),
  form({ text: `${"[".repeat(20_000)}`, mark: "" }),
  form({ text: `name: a\nwhen:\n  - ${"(".repeat(20_000)}\n`, mark: "" }),
  form({ text: "a: &a [*a, *a]\nb: *b", mark: "" }),
  form({ text: newText, mark: "stale", draft: "none" }),
  form({ text: "x".repeat(5_000_000), mark: "" })
]

const paths = [
  "/strategies/check",
  "/strategies/try",
  "/strategies/save",
  "/strategies/none/try",
  "/strategies/none/save",
  "/strategies/none/on",
  "/strategies/%00/save",
  "/strategies/%ED%A0%80/save",
  "/alerts/again",
  "/alerts/test"
]

layer(quiet, { excludeTestServices: true })("What no form of the pages sends", (it) => {
  it.effect("is answered with what is wrong, and breaks nothing", () =>
    Effect.gen(function* () {
      const { port } = yield* stage({ isSilent: true })
      for (const path of paths) {
        for (const [index, asking] of malformed.entries()) {
          const { body, status } = yield* ask(port, path, asking)
          assert.isBelow(status, 500, `${path} ${index}: ${body.slice(0, 200)}`)
          if (status !== 303) assert.isNotEmpty(body, `${path} ${index}`)
        }
      }
      assert.strictEqual((yield* ask(port, "/strategies")).status, 200)
    }).pipe(Effect.scoped)
  )
})
