/** The files that pages load: one style, one script of ours, and idiomorph, which turns a piece of a page into a newer one. */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { packageFile } from "../../packageFile.ts"
import type { Files } from "./page.ts"

/** What is served under `/static/`. */
const served = [
  { name: "style.css", type: "text/css; charset=utf-8", url: packageFile("assets/style.css") },
  {
    name: "client.js",
    type: "text/javascript; charset=utf-8",
    url: packageFile("assets/client.js")
  },
  { name: "idiomorph.js", type: "text/javascript; charset=utf-8", url: new URL(import.meta.resolve("idiomorph")) }
] as const

/** Reads the files. They are a part of the package: without them it is broken. */
const read = Effect.promise(() =>
  Promise.all(served.map(async ({ name, type, url }) => ({ name, type, bytes: await readFile(url) })))
)

/** The names of the files with a mark of their contents, and the routes that serve them. */
export const files = Effect.map(read, (all) => {
  const hash = createHash("sha256")
  for (const { bytes } of all) hash.update(bytes)
  const mark = hash.digest("hex").slice(0, 12)
  const names: Files = { style: `/static/style.css?${mark}`, script: `/static/client.js?${mark}`, mark }
  const routes = all.map(({ bytes, name, type }) =>
    HttpRouter.add(
      "GET",
      `/static/${name}`,
      Effect.succeed(
        HttpServerResponse.uint8Array(bytes, {
          contentType: type,
          headers: { "cache-control": "public, max-age=86400" }
        })
      )
    )
  )
  return { names, routes: Layer.mergeAll(Layer.empty, ...routes) }
})
