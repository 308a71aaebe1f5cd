import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect } from "effect"
import { StrategyStore } from "../../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../../src/database/TriggerStore.ts"
import { Health } from "../../../src/health/Health.ts"
import { Strategies } from "../../../src/strategies/Strategies.ts"
import { match } from "../../backtest/recordings.ts"
import { Sql } from "../../contracts/Sql.ts"
import { stage } from "../../fixtures/dashboard.ts"
import { eventually } from "../../fixtures/eventually.ts"
import { ask, form } from "../../fixtures/httpServer.ts"
import { quiet } from "../../fixtures/logs.ts"
import { newStrategy, shown } from "../../fixtures/pipeline.ts"
import { temporaryDirectory } from "../../fixtures/process.ts"
import { wyscoutFile } from "../../fixtures/wyscout.ts"

/** A service that watches these strategies. */
const watching = Effect.fnUntraced(function* (strategies: Parameters<typeof newStrategy>[0][], options = {}) {
  const service = yield* stage(options)
  const made = strategies.map((fields) => newStrategy(fields))
  yield* Context.get(service.context, StrategyStore).save(made)
  const { watched } = Context.get(service.context, Strategies)
  yield* eventually(watched, ({ size }) => size >= made.filter(({ active }) => active).length)
  const page = (path: string) => Effect.map(ask(service.port, path), ({ body }) => body)
  const submit = (path: string, fields: Readonly<Record<string, string>>) => ask(service.port, path, form(fields))
  return { ...service, strategies: made, page, submit }
})

const goals = (number: number) => ({ left: { metric: "goals" }, comparator: ">=", right: number }) as const

describe("pages over HTTP", { concurrent: true }, () => {
  it.live("show the match that is closest to firing first, and what is short of it", () =>
    Effect.gen(function* () {
      const { page, scan } = yield* watching([{ name: "Three goals", when: [goals(3)] }])
      yield* scan(
        shown({ id: "far", score: { home: 0, away: 0 } }),
        shown({ id: "near", score: { home: 1, away: 1 } }),
        shown({ id: "over", status: "finished", period: "2H", minute: 90 })
      )
      const body = yield* page("/")
      assert.isBelow(body.indexOf('id="match-near"'), body.indexOf('id="match-far"'))
      assert.match(body, /total goals &gt;= 3<\/code> is 2/)
      assert.match(body, /Three goals<\/a> <strong>1 off/)
      assert.match(body, /2 matches in play, closest to firing first/)
      assert.match(body, /Not in play[\s\S]*matches\/over/)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live(
    "say on every page what is broken, why and since when, what does not work at all first, until it is over",
    () =>
      Effect.gen(function* () {
        const { context, page } = yield* watching([])
        const { met, over } = Context.get(context, Health)
        const [slow, dead] = [{}, {}]
        yield* met(slow, {
          part: "dedup",
          state: "degraded",
          what: "pairs are remembered here alone",
          reason: "no Redis"
        })
        yield* met(dead, { part: "feed", state: "down", what: "the feed does not answer", reason: "<timeout>" })
        for (const path of ["/", "/alerts", "/strategies", "/strategies/new", "/system"]) {
          const body = yield* page(path)
          assert.match(
            body,
            /<strong>feed<\/strong> the feed does not answer: &lt;timeout&gt; <span class="quiet">since <time datetime="\d{4}-[\s\S]*<strong>dedup</,
            path
          )
          assert.match(body, /<p id="state" class="state bad"/, path)
          assert.isBelow(body.indexOf('id="troubles"'), body.indexOf("<h1>"), path)
        }
        yield* over(slow)
        yield* over(dead)
        const after = yield* eventually(page("/"), (body) => !body.includes("does not answer"))
        assert.match(after, /<div id="troubles" role="alert"><\/div>/)
      }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("leave out a strategy that has fired on a match, and one whose minutes are over", () =>
    Effect.gen(function* () {
      const { page, scan } = yield* watching([
        { name: "Fires", when: [goals(1)] },
        { name: "Too late", when: [{ left: "minute", comparator: "<=", right: 20 }] }
      ])
      yield* scan(shown({ id: "7", score: { home: 1, away: 0 } }))
      yield* scan(shown({ id: "7", score: { home: 0, away: 0 }, minute: 61 }))
      assert.match(yield* page("/"), /No strategy is one condition away/)
      const match = yield* page("/matches/7")
      assert.match(match, /Fires<\/a>[\s\S]*60'[\s\S]*1 strategy waits/)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("show a match: every strategy with what holds and what fails, figures and odds", () =>
    Effect.gen(function* () {
      const { page, scan } = yield* watching([
        { name: "Two things", when: [goals(0), { left: "minute", comparator: ">=", right: 70 }] },
        { name: "Elsewhere", competitions: ["99"] }
      ])
      yield* scan(shown({ id: "7", statistics: { corners: { home: 4, away: 2 } }, odds: { draw: 3.4 } }))
      const body = yield* page("/matches/7")
      assert.match(body, /Two things<\/a>[\s\S]*1 of 2 conditions fails/)
      assert.match(body, /minute &gt;= 70<\/code> <span class="quiet">is 60<\/span> <strong class="no">in 10 min/)
      assert.match(body, /<td>4<\/td><th scope="row">corners<\/th><td>2<\/td>/)
      assert.match(body, /<th scope="row">draw<\/th><td class="n">3.40<\/td>/)
      assert.notInclude(body, "Elsewhere")
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("show a failed alert with attempts and reason, filter by state, and send it again", () =>
    Effect.gen(function* () {
      const { channel, context, page, port, scan, submit, take } = yield* watching([
        { name: "Fires", when: [goals(0)] }
      ])
      take(false)
      yield* scan(shown({ id: "7" }))
      const { counts, failedAlerts } = Context.get(context, TriggerStore)
      yield* eventually(counts, ({ failed }) => failed === 1)
      const body = yield* page("/alerts?state=failed")
      assert.match(body, /class="alert failed"[\s\S]*1 attempt[\s\S]*the channel says refused/)
      assert.match(yield* page("/alerts?state=sent"), /No alert is like that/)
      const [failed] = yield* failedAlerts(1)
      take(true)
      const asked = form({ id: failed?.trigger.id ?? "" })
      const referer = `http://127.0.0.1:${port}/alerts?state=failed`
      const { headers, status } = yield* ask(port, "/alerts/again", {
        ...asked,
        headers: { ...asked.headers, referer }
      })
      assert.deepStrictEqual([status, headers.location], [303, "/alerts?state=failed&notice=again"])
      yield* eventually(counts, ({ sent }) => sent === 1)
      assert.strictEqual(channel.sent.length, 2)
      const again = yield* submit("/alerts/again", { id: failed?.trigger.id ?? "" })
      assert.strictEqual(again.status, 409)
      assert.match(again.body, /No failed or expired alert has this id/)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("list alerts newest first, page by page, each once", () =>
    Effect.gen(function* () {
      const { page, port, scan, strategies } = yield* watching([
        { name: "Fires", when: [goals(0)] },
        { name: "Never fires", when: [goals(9)] }
      ])
      yield* scan(
        ...Array.from({ length: 70 }, (_, index) => shown({ id: `m${index}`, competition: index === 69 ? "30" : "28" }))
      )
      const first = yield* page("/alerts")
      const ids = (body: string) => Array.from(body.matchAll(/id="alert-([^"]+)"/g), ([, id]) => id ?? "")
      const [, next = ""] = /<a href="(\/alerts\?after=[^"]*)" rel="next"/.exec(first) ?? []
      const second = yield* page(next)
      assert.strictEqual(ids(first).length, 50)
      assert.strictEqual(new Set([...ids(first), ...ids(second)]).size, 70)
      assert.strictEqual(ids(yield* page("/alerts?competition=30")).length, 1)
      const now = DateTime.nowUnsafe()
      const today = (zone: string) => DateTime.formatIsoDate(DateTime.setZoneNamedUnsafe(now, zone))
      for (const [zone, day, count] of [
        ["Pacific/Kiritimati", today("Pacific/Kiritimati"), 50],
        ["Pacific/Niue", today("Pacific/Niue"), 50],
        ["Pacific/Niue", today("Pacific/Kiritimati"), 0],
        ["Pacific/Kiritimati", today("Pacific/Niue"), 0]
      ] as const) {
        assert.strictEqual(ids(yield* page(`/alerts?day=${day}&zone=${zone}`)).length, count, `${day} ${zone}`)
      }
      // No day: all are shown.
      for (const day of ["0000-01-01", "0001-01-01", "9999-12-31", "today"]) {
        const shown = yield* ask(port, `/alerts?day=${day}&zone=Asia/Tokyo`)
        assert.deepStrictEqual([shown.status, ids(shown.body).length], [200, 50], day)
      }
      const none = yield* page(`/alerts?day=2001-01-01&strategy=${strategies[1]?.id}`)
      assert.strictEqual(ids(none).length, 0)
      const choices = (body: string) =>
        Array.from(
          /<select name="strategy">(.*?)<\/select>/s.exec(body)?.[1]?.matchAll(/>([^<]+)</g) ?? [],
          ([, name]) => name
        )
      assert.deepStrictEqual(choices(first), ["all", "Fires"])
      assert.deepStrictEqual(choices(none), ["all", "Fires", "Never fires"])
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("send a test message to a chat, and say why the channel did not take it", () =>
    Effect.gen(function* () {
      const { channel, submit, take } = yield* watching([])
      take(true)
      assert.strictEqual((yield* submit("/alerts/test", { chat: "42" })).headers.location, "/alerts?notice=tested")
      assert.strictEqual(channel.sent[0]?.trigger.ownerChat, "42")
      take(false)
      const refused = yield* submit("/alerts/test", { chat: "" })
      assert.match(refused.body, /fake did not take it: the channel says refused/)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("switch a strategy off and on, and change what it says, but not over the change of another", () =>
    Effect.gen(function* () {
      const { page, strategies, submit } = yield* watching([{ name: "Mine", when: [goals(3)] }])
      const path = `/strategies/${strategies[0]?.id}`
      assert.strictEqual((yield* submit(`${path}/off`, {})).status, 303)
      assert.match(yield* page(path), /class="mark off"/)
      assert.strictEqual((yield* submit(`${path}/on`, {})).status, 303)
      const editor = yield* page(`${path}/edit`)
      const [, mark = ""] = /name="mark" value="([^"]+)"/.exec(editor) ?? []
      const text = "name: Mine\nwhen:\n  - total goals >= 4\n"
      assert.strictEqual((yield* submit(`${path}/save`, { text, mark })).headers.location, `${path}?notice=saved`)
      assert.match(yield* page(path), /total goals &gt;= 4/)
      const late = yield* submit(`${path}/save`, { text: text.replace("4", "5"), mark })
      assert.strictEqual(late.status, 409)
      assert.match(late.body, /somebody has changed it/)
      assert.include(late.body, `<a href="${path}" target="_blank">`)
      assert.match(yield* page(path), /total goals &gt;= 4/)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("say what is wrong with a text at its place, and save nothing of it", () =>
    Effect.gen(function* () {
      const { submit } = yield* watching([])
      const text = "name: New\nwhen:\n  - total cornrs >= 4\n"
      const checked = yield* submit("/strategies/check", { text })
      assert.match(checked.body, /line 3, column 11[\s\S]*no metric is called cornrs \(did you mean corners\?\)/)
      const saved = yield* submit("/strategies/save", { text })
      assert.deepStrictEqual([saved.status, /no metric is called cornrs/.test(saved.body)], [409, true])
      const long = { text: `name: ${"x".repeat(70_000)}` }
      for (const what of ["save", "try", "check"]) {
        const { body, status } = yield* submit(`/strategies/${what}`, long)
        assert.deepStrictEqual([status, /may bring at most 64 KiB/.test(body)], [413, true], what)
      }
      const good = yield* submit("/strategies/save", { text: text.replace("cornrs", "corners") })
      assert.match(good.headers.location ?? "", /^\/strategies\/[0-9a-f-]{36}\?notice=saved$/)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("never show a secret, and tell of each setting", () =>
    Effect.gen(function* () {
      const { page } = yield* watching([])
      const body = yield* page("/system")
      assert.match(body, /SECRET_OF_TEST<\/code><\/th><td><span class="quiet">not set/)
      assert.include(body, process.env.PATH ?? "none")
      assert.match(body, /embedded PostgreSQL[\s\S]*the test&#39;s|the test&#39;s[\s\S]*embedded PostgreSQL/)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("answer what is not there with 404, whatever stands in the address, and say so", () =>
    Effect.gen(function* () {
      const { port } = yield* watching([])
      const long = `/matches/${"a".repeat(8000)}`
      const odd = [
        "/matches/%00",
        "/matches/%E0%A4%A",
        "/matches/%ff",
        "/strategies/%00/edit",
        "//[",
        "/%5C",
        "/%",
        long
      ]
      for (const path of ["/matches/none", "/strategies/none", "/nothing", "/static/..%2fclient.js", ...odd]) {
        const { body, status } = yield* ask(port, path)
        assert.strictEqual(status, 404, path)
        assert.include(body, "There is no such page", path)
      }
      for (const path of ["/", "/alerts", "/strategies/new", "/healthz"]) {
        const { headers, status } = yield* ask(port, path, { method: "DELETE" })
        assert.deepStrictEqual([status, headers.allow], [405, "GET, HEAD"], path)
      }
      for (const path of ["/alerts/again", "/strategies/save", "/strategies/one/off"]) {
        const { headers, status } = yield* ask(port, path, { method: "PUT" })
        assert.deepStrictEqual([status, headers.allow], [405, "POST"], path)
      }
      assert.strictEqual((yield* ask(port, "/nothing", { method: "POST" })).status, 404)
      // Nothing is followed there, and nothing breaks.
      for (const page of ["//[", "http://[", "//evil.example", "/nothing", "nothing", "/matches/%00"]) {
        const { status } = yield* ask(port, `/live?page=${encodeURIComponent(page)}`)
        assert.strictEqual(status, 204, page)
      }
      const { body, headers, status } = yield* ask(port, "/live?page=%2F", { method: "HEAD" })
      assert.deepStrictEqual([status, headers["content-type"], body], [200, "text/event-stream", ""])
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("check a text on recorded matches before it is saved, and keep what the check found with the strategy", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const events = [
        { minute: 30, team: "home", what: "goal" },
        { minute: 80, team: "away", what: "goal" }
      ] as const
      writeFileSync(join(directory, "1.json"), wyscoutFile(match(events)))
      const { page, submit } = yield* watching([], { recordings: directory })
      const text = "name: After a goal\nwhen:\n  - total goals >= 1\nexpect: total goals since trigger >= 1\n"
      const { headers } = yield* submit("/strategies/try", { text })
      const draft = headers.location ?? ""
      assert.match(draft, /^\/strategies\/new\?draft=/)
      const checked = yield* eventually(page(draft), (body) => /Base rate|was not checked/.test(body))
      assert.match(checked, /<dt>Hits–misses<\/dt><dd>1–0/)
      assert.match(checked, /Reds v Blues, 30', 1–0: hit/)
      const saved = yield* submit("/strategies/save", { text, draft: draft.split("=")[1] ?? "" })
      assert.match(
        yield* page((saved.headers.location ?? "").split("?")[0] ?? ""),
        /On recorded matches[\s\S]*<dt>Matches<\/dt><dd>1/
      )
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("leave files alone and add none unless they may be edited, and say what to do", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const text = "# Mine.\nname: Mine\nwhen:\n  - total goals >= 3\n"
      writeFileSync(join(directory, "mine.yaml"), text)
      const { page, submit } = yield* watching([], { strategies: directory })
      const list = yield* page("/strategies")
      assert.notInclude(list, "New strategy")
      assert.match(list, /put a new strategy there as a file\. With STRATEGY_EDIT=files/)
      assert.notInclude(yield* page("/strategies/new"), "<textarea")
      for (const what of ["save", "try"]) {
        const refused = yield* submit(`/strategies/${what}`, { text })
        assert.deepStrictEqual([refused.status, /With STRATEGY_EDIT=files/.test(refused.body)], [409, true])
      }
      const [, path = ""] = /href="(\/strategies\/[0-9a-f-]{36})"/.exec(list) ?? []
      assert.match(yield* page(path), /# Mine\.[\s\S]*with STRATEGY_EDIT=files it can be changed here/)
      const closed = yield* submit(`${path}/save`, { text: text.replace("3", "4"), mark: "" })
      assert.match(closed.body, /It is not saved\. Change it in its file/)
      assert.deepStrictEqual(readdirSync(directory), ["mine.yaml"])
      assert.strictEqual(readFileSync(join(directory, "mine.yaml"), "utf8"), text)
      assert.strictEqual((yield* page("/strategies")).match(/<tr id=/g)?.length, 1)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("write files that may be edited, and new strategies as new files of the directory, over no other", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const said = (name: string) => readFileSync(join(directory, name), "utf8")
      const text = "# Mine.\nname: Mine\nwhen:\n  - total goals >= 3\n"
      writeFileSync(join(directory, "mine.yaml"), text)
      const { context, page, submit } = yield* watching([], { strategies: directory, editsFiles: true })
      const [, path = ""] = /href="(\/strategies\/[0-9a-f-]{36})"/.exec(yield* page("/strategies")) ?? []
      const [, mark = ""] = /name="mark" value="([^"]+)"/.exec(yield* page(`${path}/edit`)) ?? []
      const changed = text.replace("3", "4")
      assert.strictEqual((yield* submit(`${path}/save`, { text: changed, mark })).status, 303)
      const written = (name: string) => `name: ${JSON.stringify(name)}\nwhen:\n  - total goals >= 4\n`
      for (const name of ["Mine", "../../etc/Évening: late!"]) {
        const { headers, status } = yield* submit("/strategies/save", { text: written(name) })
        assert.deepStrictEqual([status, headers.location], [303, "/strategies?notice=filed"])
      }
      assert.sameMembers(readdirSync(directory), ["mine.yaml", "mine-2.yaml", "etc-evening-late.yaml"])
      assert.deepStrictEqual([said("mine.yaml"), said("mine-2.yaml")], [changed, written("Mine")])
      yield* eventually(Context.get(context, Strategies).watched, ({ size }) => size === 3)
      const body = yield* page("/strategies")
      assert.match(body, /3 strategies watched/)
      assert.strictEqual(body.match(/class="mark on"/g)?.length, 3)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("say of each strategy whether this service watches it, of files and of the database", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const file = (name: string, text: string) => writeFileSync(join(directory, `${name}.yaml`), text)
      const text = (name: string) => `name: ${name}\nwhen:\n  - total goals >= 3\n`
      file("goes", text("Goes on"))
      file("breaks", text("Breaks"))
      file("rests", text("Rests"))
      const service = yield* stage({ strategies: directory })
      yield* Context.get(service.context, StrategyStore).save([newStrategy({ name: "A row", when: [goals(3)] })])
      const { watched } = Context.get(service.context, Strategies)
      yield* eventually(watched, ({ size }) => size === 3)
      file("breaks", text("Breaks").replace("goals", "gaols"))
      file("rests", `${text("Rests")}active: false\n`)
      yield* eventually(watched, ({ leftOut, size }) => size === 1 && leftOut === 1)
      const page = (path: string) => Effect.map(ask(service.port, path), ({ body }) => body)
      const body = yield* page("/strategies")
      const standing = (name: string) => new RegExp(`>${name}</a>.*?class="mark [^"]*">([^<]*)`).exec(body)?.[1]
      assert.deepStrictEqual(["Goes on", "Breaks", "Rests", "A row"].map(standing), [
        "on",
        "left out",
        "off",
        "not watched here"
      ])
      assert.match(body, /1 strategy watched, 1 left out/)
      const path = (name: string) => new RegExp(`href="([^"]*)">${name}<`).exec(body)?.[1] ?? ""
      assert.match(yield* page(path("Goes on")), /class="mark on"/)
      assert.match(yield* page(path("A row")), /not watched here/)
      const row = path("A row")
      const on = yield* ask(service.port, `${row}/on`, form({}))
      assert.match(yield* page(on.headers.location ?? ""), /so it is not watched here/)
      const [, mark = ""] = /name="mark" value="([^"]+)"/.exec(yield* page(`${row}/edit`)) ?? []
      const saved = yield* ask(service.port, `${row}/save`, form({ mark, text: text("A row") }))
      assert.match(yield* page(saved.headers.location ?? ""), /Saved in the database.*not watched here/)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("leave what belongs to an owner to its owner", () =>
    Effect.gen(function* () {
      const { context, page, strategies, submit } = yield* watching([{ name: "Theirs", when: [goals(3)] }])
      const id = strategies[0]?.id ?? ""
      yield* Context.get(context, Sql).run(
        `update strategies set user_id = '00000000-0000-4000-8000-00000000aaaa' where id = '${id}'`
      )
      const path = `/strategies/${id}`
      const body = yield* page(path)
      assert.match(body, /It belongs to its owner/)
      assert.notInclude(body, `${path}/edit"`)
      const [save, off] = [
        yield* submit(`${path}/save`, { text: "name: Mine\nwhen:\n  - total goals >= 9\n", mark: "" }),
        yield* submit(`${path}/off`, {})
      ]
      assert.deepStrictEqual([save.status, off.status], [409, 409])
      assert.match(yield* page(path), /class="mark on"[\s\S]*total goals &gt;= 3/)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )
})
