/**
 * Pictures of every page at three widths, in light and dark, of a simulated evening: `npm run screenshots`. They go into
 * `screenshots/`, which git ignores. It needs chromium-headless-shell (or CHROMIUM) and a minute.
 */
import { mkdirSync } from "node:fs"
import { runMain } from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import type { Page } from "playwright-core"
import { browser } from "../test/fixtures/browser.ts"
import { temporaryDirectory, touchline } from "../test/fixtures/process.ts"

const into = "screenshots"
const widths = [360, 768, 1920] as const
const schemes = ["light", "dark"] as const

/** How long the evening goes on before it is looked at: at this speed a match is over in 50 seconds. */
const evening = "45 seconds"

/** The pages: by their addresses, or by the link that leads to them from another one. */
const places = [
  { name: "now", from: "/" },
  { name: "match", from: "/alerts", link: ".alerts .what a:nth-child(2)" },
  { name: "alerts", from: "/alerts" },
  { name: "strategies", from: "/strategies" },
  { name: "strategy", from: "/alerts", link: ".alerts .what a:first-child" },
  { name: "editor", from: "/strategies/new" },
  { name: "system", from: "/system" }
] as const

const open = async (page: Page, root: string, place: (typeof places)[number]): Promise<void> => {
  await page.goto(`${root}${place.from}`)
  if (!("link" in place)) return
  const paths = await page.locator(place.link).evaluateAll((links) => links.map((link) => link.getAttribute("href")))
  const found = paths.find((path) => path !== null)
  if (found !== undefined) await page.goto(`${root}${found}`)
}

const shoot = Effect.gen(function* () {
  mkdirSync(into, { recursive: true })
  const directory = yield* temporaryDirectory
  const service = yield* touchline(["start", "--matches", "24", "--speed", "120"], {
    DATA_DIR: directory,
    HTTP: "on",
    PORT: "0",
    POLL_INTERVAL: "500",
    SETTLE_AFTER: "1"
  })
  const root = (yield* service.saying(/http:\/\/127\.0\.0\.1:\d+/)).trim()
  yield* Console.log(`an evening begins at ${root}`)
  yield* Effect.sleep(evening)
  const launched = yield* browser
  for (const colorScheme of schemes) {
    for (const width of widths) {
      yield* Effect.promise(async () => {
        const context = await launched.newContext({
          viewport: { width, height: width === 360 ? 740 : 1000 },
          colorScheme
        })
        const page = await context.newPage()
        for (const place of places) {
          await open(page, root, place)
          await page.waitForTimeout(150)
          await page.screenshot({ path: `${into}/${place.name}-${width}-${colorScheme}.png` })
        }
        await context.close()
      })
      yield* Console.log(`${into}/*-${width}-${colorScheme}.png`)
    }
  }
})

runMain(Effect.scoped(shoot))
