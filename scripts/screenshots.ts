/**
 * Pictures of every page at three widths, in light and dark, of a simulated evening: `npm run screenshots`, with
 * `-- now match` for those pages alone. They go into `screenshots/`, which git ignores. It needs chromium-headless-shell (or
 * CHROMIUM) and two minutes; nothing is waited for but what pages say, so that a busy machine takes longer and no more.
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

/** The evening is looked at when so many strategies were right or wrong. */
const decided = 12

/** The pages: by their addresses, or by the link that leads to them from another one. */
const places = [
  { name: "now", from: "/" },
  { name: "match", from: "/", link: ".match .teams" },
  { name: "alerts", from: "/alerts" },
  { name: "strategies", from: "/strategies" },
  { name: "strategy", from: "/alerts?verdict=hit", link: ".alerts .what a:first-child" },
  { name: "editor", from: "/strategies/new" },
  { name: "wrong", from: "/strategies/new" },
  { name: "system", from: "/system" },
  { name: "sign-in", from: "/sign-in?next=/" },
  { name: "none", from: "/matches/none" },
  { name: "empty", from: "/alerts?day=2000-01-01" }
] as const

/** Waits until a page is kept up to date, where it is one that is. */
const isLive = (page: Page) =>
  page.waitForSelector("body[data-live], body[data-watch=''], body:not([data-watch])", { state: "attached" })

const open = async (page: Page, root: string, place: (typeof places)[number]): Promise<void> => {
  await page.goto(`${root}${place.from}`)
  if ("link" in place) {
    const link = await page.locator(place.link).first().getAttribute("href")
    await page.goto(`${root}${link}`)
  }
  await isLive(page)
  if (place.name === "wrong") {
    await page.fill("#text", "name: Wrong\nwhen:\n  - minuet >= 70\n  - total goals >= many\n")
    await page.waitForSelector("#problems .problem")
  }
}

/** Waits until the evening has something to show on every page. */
const evening = async (page: Page, root: string): Promise<void> => {
  const count = async (address: string, what: string): Promise<number> => {
    await page.goto(`${root}${address}`)
    return page.locator(what).count()
  }
  while ((await count("/alerts", ".mark.hit, .mark.miss")) < decided || (await count("/", ".match .near li")) === 0) {
    await page.waitForTimeout(1000)
  }
}

const shoot = Effect.gen(function* () {
  const wanted = process.argv.slice(2)
  mkdirSync(into, { recursive: true })
  const service = yield* touchline(["start", "--matches", "24", "--speed", "60"], {
    DATA_DIR: yield* temporaryDirectory,
    HTTP: "on",
    HTTP_TOKEN: "a token of the screenshots alone",
    PORT: "0",
    POLL_INTERVAL: "1000",
    SETTLE_AFTER: "1"
  })
  const root = (yield* service.saying(/http:\/\/127\.0\.0\.1:\d+/)).trim()
  yield* Console.log(`an evening begins at ${root}`)
  const launched = yield* browser
  const begun = yield* Effect.promise(() => launched.newPage())
  begun.setDefaultTimeout(0)
  yield* Effect.promise(() => evening(begun, root))
  for (const place of places.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    for (const width of widths) {
      yield* Effect.promise(async () => {
        const context = await launched.newContext({ viewport: { width, height: width === 360 ? 740 : 1000 } })
        context.setDefaultTimeout(0)
        const page = await context.newPage()
        await open(page, root, place)
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme })
          await page.screenshot({ path: `${into}/${place.name}-${width}-${colorScheme}.png`, timeout: 0 })
        }
        await context.close()
      })
    }
    yield* Console.log(`${into}/${place.name}-*.png`)
  }
})

runMain(Effect.scoped(shoot))
