import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Option, Schema, Scope } from "effect"
import type { Page } from "playwright-core"
import { StrategyStore } from "../../../src/database/StrategyStore.ts"
import { dashboard } from "../../../src/http/dashboard/routes.ts"
import { layerServer } from "../../../src/http/Server.ts"
import { Strategies } from "../../../src/strategies/Strategies.ts"
import { hasBrowser, inBrowser, openPage } from "../../fixtures/browser.ts"
import { stage } from "../../fixtures/dashboard.ts"
import { eventually } from "../../fixtures/eventually.ts"
import { quiet } from "../../fixtures/logs.ts"
import { newStrategy, shown } from "../../fixtures/pipeline.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const Violations = Schema.Array(Schema.Struct({ id: Schema.String, nodes: Schema.Array(Schema.String) }))

/** What axe finds wrong with a page, each with where. */
const violations = (page: Page) =>
  Effect.promise(async () => {
    // Through the debugger's door, which the page's own rules do not close.
    await page.evaluate(axe)
    return page.evaluate(
      "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => html.slice(0, 200) + failureSummary) })))"
    )
  }).pipe(Effect.flatMap(Schema.decodeUnknownEffect(Violations)), Effect.orDie)

const goals = (number: number) => ({ left: { metric: "goals" }, comparator: ">=", right: number }) as const

/** A service with an evening behind it: a match in play, an alert that was sent, one that failed. */
class Evening extends Context.Service<
  Evening,
  Effect.Success<ReturnType<typeof stage>> & { readonly strategy: string; readonly root: string }
>()("touchline/test/Evening") {
  static readonly layer = Layer.effect(
    Evening,
    Effect.gen(function* () {
      const service = yield* stage()
      const strategy = newStrategy({
        name: "Three goals",
        description: "Many goals.",
        when: [goals(3)],
        expect: goals(4)
      })
      // No match shows what it asks for: what is short of it is a sentence.
      const unknown = newStrategy({
        name: "Late shots",
        when: [{ left: { metric: "shots_on_target", window: { last: 15 } }, comparator: ">=", right: 3 }]
      })
      yield* Context.get(service.context, StrategyStore).save([strategy, unknown])
      yield* eventually(Context.get(service.context, Strategies).watched, ({ size }) => size === 2)
      service.take(true)
      yield* service.scan(
        ...[20, 30, 40]
          .map((minute) => shown({ id: "sent", minute, score: { home: minute === 40 ? 3 : 1, away: 0 } }))
          .slice(-1),
        shown({ id: "goes-on", minute: 20, score: { home: 1, away: 0 }, statistics: { shots: { home: 4, away: 1 } } })
      )
      yield* eventually(
        Effect.sync(() => service.channel.sent.length),
        (sent) => sent === 1
      )
      service.take(false)
      yield* service.scan(
        shown({ id: "failed", minute: 41, score: { home: 3, away: 1 } }),
        shown({ id: "goes-on", minute: 21, score: { home: 1, away: 1 }, statistics: { shots: { home: 5, away: 1 } } })
      )
      yield* eventually(
        Effect.sync(() => service.channel.sent.length),
        (sent) => sent === 2
      )
      service.take(true)
      return { ...service, strategy: strategy.id, root: `http://127.0.0.1:${service.port}` }
    })
  )
}

const pagesOf = ({ strategy }: { readonly strategy: string }) => [
  "/",
  "/matches/goes-on",
  "/alerts",
  "/alerts?state=failed",
  "/strategies",
  `/strategies/${strategy}`,
  `/strategies/${strategy}/edit`,
  "/strategies/new",
  "/system",
  "/matches/nothing"
]

/** Opens a page and waits until it is followed. */
const go = (page: Page, address: string) =>
  Effect.promise(async () => {
    await page.goto(address)
    await page.waitForSelector("body[data-live]")
  })

describe.skipIf(!hasBrowser)(inBrowser("pages in a browser"), () => {
  layer(Layer.provide(Evening.layer, quiet), { excludeTestServices: true, timeout: 600_000 })((it) => {
    it.effect("show an alert when it comes about, and keep focus and what is open", () =>
      Effect.gen(function* () {
        const { root, scan } = yield* Evening
        const page = yield* openPage()
        yield* go(page, `${root}/alerts`)
        const before = yield* Effect.promise(() => page.locator(".alert").count())
        yield* Effect.promise(async () => {
          await page.locator(".alert details summary").last().click()
          await page.locator(".alert .what a").last().focus()
        })
        yield* scan(
          shown({ id: "live", minute: 50, score: { home: 3, away: 2 } }),
          shown({ id: "goes-on", minute: 22, score: { home: 1, away: 1 }, statistics: { shots: { home: 6, away: 1 } } })
        )
        yield* Effect.promise(() => page.locator(".alert").nth(before).waitFor())
        yield* Effect.promise(() => page.locator(".alert").first().getByText("sent").first().waitFor())
        const [first, open, focused] = yield* Effect.promise(() =>
          Promise.all([
            page.locator(".alert .what").first().textContent(),
            page.locator(".alert details").last().getAttribute("open"),
            page.evaluate("document.activeElement?.textContent")
          ])
        )
        assert.match(first ?? "", /Three goals.*50'.*3–2/s)
        assert.isNotNull(open)
        assert.match(String(focused), /Brazil/)
      })
    )

    it.effect("follow a match as it goes on, in the time zone of the reader", () =>
      Effect.gen(function* () {
        const { root, scan } = yield* Evening
        const page = yield* openPage({ timezoneId: "Asia/Tokyo", locale: "en-GB" })
        yield* go(page, `${root}/matches/goes-on`)
        // 18:00 UTC on 6 July 2018 is 03:00 on the day after in Tokyo.
        assert.match((yield* Effect.promise(() => page.locator(".heading time").textContent())) ?? "", /7 Jul.* 03:00/)
        yield* scan(
          shown({ id: "goes-on", minute: 30, score: { home: 2, away: 1 }, statistics: { shots: { home: 9, away: 1 } } })
        )
        yield* Effect.promise(() => page.getByText("2–1").first().waitFor())
        assert.match((yield* Effect.promise(() => page.locator("#board").textContent())) ?? "", /30'/)
        yield* Effect.promise(async () => {
          await page.goto(`${root}/alerts`)
          await page.getByLabel("Day (Asia/Tokyo)").fill("2018-07-07")
          await page.waitForURL(/day=2018-07-07&zone=Asia%2FTokyo/)
          await page.getByText("No alert is like that").waitFor()
        })
      })
    )

    it.effect("name what is wrong with a strategy as it is written, and save it when nothing is", () =>
      Effect.gen(function* () {
        const { root, strategy } = yield* Evening
        const page = yield* openPage()
        yield* go(page, `${root}/strategies/${strategy}/edit`)
        const said = yield* Effect.promise(async () => {
          const text = page.locator("textarea")
          await text.fill((await text.inputValue()).replace("goals >= 3", "gaols >= 3"))
          await page.locator("#problems .problem").waitFor()
          const problem = await page.locator("#problems").textContent()
          await text.fill((await text.inputValue()).replace("gaols >= 3", "goals >= 5"))
          await page.locator("#problems .fine").waitFor()
          await page.getByRole("button", { name: "Save" }).click()
          await page.locator(".notice").waitFor()
          return [problem, await page.locator("pre.text").textContent()]
        })
        assert.match(said[0] ?? "", /no metric is called gaols.*goals/s)
        assert.match(said[1] ?? "", /total goals >= 5/)
      })
    )

    it.effect("say that a text could not be checked, and why, until it is", () =>
      Effect.gen(function* () {
        const { root } = yield* Evening
        const page = yield* openPage()
        yield* go(page, `${root}/strategies/new`)
        yield* Effect.promise(async () => {
          const text = page.locator("textarea")
          const problems = page.locator("#problems")
          const good = await text.inputValue()
          await text.fill(`${good}# ${"x".repeat(70_000)}`)
          await problems.getByText("could not be checked: A form of these pages may bring at most 64 KiB").waitFor()
          await page.route("**/strategies/check", (route) => route.abort())
          await text.fill(good.replace("70", "71"))
          await problems.getByText("could not be checked: the service does not answer").waitFor()
          assert.strictEqual(await problems.locator(".fine").count(), 0)
          await page.unroute("**/strategies/check")
          await page.evaluate("dispatchEvent(new Event('online'))")
          await problems.locator(".fine").waitFor()
        })
      })
    )

    it.effect("show the present of a match on a phone, until a person scrolls", () =>
      Effect.gen(function* () {
        const { root, scan } = yield* Evening
        const page = yield* openPage({ viewport: { width: 360, height: 740 } })
        yield* scan(shown({ id: "late", minute: 80 }))
        yield* go(page, `${root}/matches/late`)
        const wide = page.locator("#course .wide")
        const scrolled = Effect.promise(() => wide.evaluate(({ scrollLeft }) => scrollLeft))
        const now = yield* Effect.promise(() => page.locator(".timeline .now").boundingBox())
        assert.isAbove(yield* scrolled, 0)
        assert.isBelow(now?.x ?? 999, 360)
        yield* Effect.promise(async () => {
          await wide.focus()
          await page.keyboard.press("Home")
          await wide.evaluate((element) => element.scrollTo({ left: 10, behavior: "instant" }))
        })
        yield* scan(shown({ id: "late", minute: 82 }))
        yield* Effect.promise(() => page.locator("#board").getByText("82'").waitFor())
        assert.strictEqual(yield* scrolled, 10)
      })
    )

    it.effect("work without scripts: links, filters and forms", () =>
      Effect.gen(function* () {
        const { root } = yield* Evening
        const page = yield* openPage({ javaScriptEnabled: false })
        const notice = yield* Effect.promise(async () => {
          await page.goto(root)
          await page.getByRole("link", { name: "Alerts" }).click()
          await page.getByLabel("State").selectOption("failed")
          await page.getByRole("button", { name: "Show" }).click()
          await page.getByRole("button", { name: "Send again" }).click()
          return page.locator(".notice").textContent()
        })
        assert.match(notice ?? "", /pending again/)
      })
    )

    it.effect("go on by themselves after a restart, and say meanwhile that the service is away", () =>
      Effect.gen(function* () {
        const { context, scan } = yield* Evening
        const token = Option.none()
        const serve = (port: number) =>
          Effect.gen(function* () {
            const scope = yield* Scope.make()
            const config = { host: "127.0.0.1", port, isRequired: true, token, boardWrite: false } as const
            yield* Layer.buildWithScope(
              Layer.provide(layerServer(config, { token }, dashboard), Layer.succeedContext(context)),
              scope
            )
            return scope
          })
        const port = 40_000 + (process.pid % 20_000)
        const first = yield* serve(port)
        const page = yield* openPage()
        yield* go(page, `http://127.0.0.1:${port}/`)
        yield* Scope.close(first, Exit.void)
        yield* Effect.promise(() => page.getByText("The service does not answer").waitFor())
        const second = yield* serve(port)
        yield* Effect.promise(() => page.waitForSelector("body[data-live]"))
        yield* scan(shown({ id: "after", minute: 33, score: { home: 2, away: 0 } }))
        yield* Effect.promise(() => page.locator("#match-after").waitFor())
        assert.isFalse(yield* Effect.promise(() => page.getByText("The service does not answer").isVisible()))
        yield* Scope.close(second, Exit.void)
      })
    )

    for (const colorScheme of ["light", "dark"] as const) {
      it.effect(`have nothing that axe finds wrong, in ${colorScheme}`, () =>
        Effect.gen(function* () {
          const evening = yield* Evening
          const page = yield* openPage({ colorScheme })
          for (const path of pagesOf(evening)) {
            yield* Effect.promise(() => page.goto(`${evening.root}${path}`))
            assert.deepStrictEqual(yield* violations(page), [], path)
          }
        })
      )
    }

    it.effect("leave a strategy's link its room beside a long sentence of what is short, at every width", () =>
      Effect.gen(function* () {
        const { root } = yield* Evening
        const page = yield* openPage()
        yield* Effect.promise(() => page.goto(root))
        for (const width of [360, 768, 1440, 1920]) {
          const [link, sentence, row] = yield* Effect.promise(async () => {
            await page.setViewportSize({ width, height: 900 })
            const near = page.locator(".near li", { hasText: "Late shots" }).first()
            return Promise.all([
              near.locator("a").boundingBox(),
              near.locator("strong").textContent(),
              near.boundingBox()
            ])
          })
          assert.isAbove(sentence?.length ?? 0, 40)
          assert.isAtLeast(link?.width ?? 0, (row?.width ?? 0) / 2, `${width} px`)
        }
      })
    )

    it.effect("need no scrolling sideways on a phone of 360 px", () =>
      Effect.gen(function* () {
        const evening = yield* Evening
        const page = yield* openPage({ viewport: { width: 360, height: 740 } })
        for (const path of pagesOf(evening)) {
          yield* Effect.promise(() => page.goto(`${evening.root}${path}`))
          const width = yield* Effect.promise(() => page.evaluate("document.documentElement.scrollWidth"))
          assert.isAtMost(Number(width), 360, path)
        }
      })
    )
  })
})
