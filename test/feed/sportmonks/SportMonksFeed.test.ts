import { assert, describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Redacted, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { decodeSnapshot } from "../../../src/domain/decodeSnapshot.ts"
import type { SnapshotInput } from "../../../src/domain/Snapshot.ts"
import type { MatchFeed } from "../../../src/feed/MatchFeed.ts"
import { checkSportMonks } from "../../../src/feed/sportmonks/checks.ts"
import { eventually, pause } from "../../fixtures/eventually.ts"
import { sportMonksFeed } from "../../fixtures/liveFeed.ts"
import { Logs } from "../../fixtures/logs.ts"
import { dayStart, type Standing } from "../../fixtures/matchDay.ts"
import { type Shown, shown } from "../../fixtures/pipeline.ts"
import { badGateway, html, json, makeProviderServer } from "../../fixtures/providerServer.ts"
import { fixtureOf, makeSportMonksServer, token } from "../../fixtures/sportMonksServer.ts"

const minute = 60_000

const isolated = <A, E>(effect: Effect.Effect<A, E, Logs | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(Logs.layer))

const lines = (message: string) => Effect.flatMap(Logs, (logs) => logs.lines(message))

const listed = (match: Shown = {}): Standing => ({ snapshot: shown({ competition: "8", ...match }), isListed: true })

/** What a poll shows, decoded: each match by its id, or what is wrong with it. */
const poll = (feed: MatchFeed["Service"]) =>
  Effect.map(feed.poll, (answers) =>
    answers.map((each) => {
      const decoded = decodeSnapshot(each)
      return Result.isSuccess(decoded) ? decoded.success : { id: each.match.id, isBad: true }
    })
  )

const clocks = (answers: ReadonlyArray<SnapshotInput>) =>
  answers.map(({ clock, match }) => `${match.id} ${clock.status} ${clock.minute}`)

/** Waits until all that is asked for beside polls is answered. */
const settled = Effect.fnUntraced(function* (server: {
  readonly asked: ReadonlyArray<unknown>
  readonly isIdle: () => boolean
}) {
  for (let [quiet, before] = [0, -1]; quiet < 20; before = server.asked.length) {
    yield* pause
    quiet = server.isIdle() && server.asked.length === before ? quiet + 1 : 0
  }
})

describe("SportMonks' feed", () => {
  it.effect("slows down before the requests of the hour are used up, and says so once", () =>
    Effect.gen(function* () {
      const server = yield* makeSportMonksServer(() => [listed()])
      const feed = yield* sportMonksFeed(server.url, { interval: Duration.seconds(15) })
      server.left.remaining = 101
      let polls = 0
      for (let tick = 0; tick < 240; tick++) {
        yield* TestClock.setTime(dayStart + tick * 15_000)
        server.left.resets_in_seconds = 3600 - tick * 15
        const outcome = yield* Effect.result(feed.poll)
        if (Result.isSuccess(outcome)) polls += 1
        else assert.strictEqual(outcome.failure.reason, "paused")
      }
      assert.isAtLeast(server.left.remaining, 0)
      assert.isAbove(polls, 60)
      const told = yield* lines("polls are further apart than POLL_INTERVAL, so that the plan's requests last")
      assert.lengthOf(told, 1)
    }).pipe(isolated)
  )

  it.effect("asks for nothing at all once an answer says that nothing is left, until it is renewed", () =>
    Effect.gen(function* () {
      let standing = [listed({ id: "1" }), listed({ id: "2" })]
      const server = yield* makeSportMonksServer(() => standing)
      const feed = yield* sportMonksFeed(server.url)
      yield* TestClock.setTime(dayStart)
      yield* feed.poll
      yield* settled(server)
      // One is gone from the list that takes the last request.
      standing = [listed({ id: "1" }), { ...listed({ id: "2" }), isListed: false }]
      server.left.remaining = 1
      server.left.resets_in_seconds = 600
      yield* TestClock.setTime(dayStart + minute)
      const before = server.asked.length
      assert.deepStrictEqual(clocks(yield* feed.poll), ["1 live 60"])
      const { finished = () => Effect.succeed([]) } = feed
      const later = yield* Effect.flip(finished(["2"]))
      assert.strictEqual(later.reason, "paused")
      assert.lengthOf(server.asked, before + 1)
      assert.lengthOf(yield* lines("the provider's limit is reached: polls wait"), 1)
      server.left.remaining = 100
      yield* TestClock.setTime(dayStart + 11 * minute)
      assert.lengthOf(yield* finished(["2"]), 1)
    }).pipe(isolated)
  )

  it.effect("asks for no id twice, though the list shows a match twice", () =>
    Effect.gen(function* () {
      const server = yield* makeSportMonksServer(() => [listed({ id: "1" }), listed({ id: "1" }), listed({ id: "2" })])
      const feed = yield* sportMonksFeed(server.url)
      const { finished = () => Effect.succeed([]) } = feed
      yield* TestClock.setTime(dayStart)
      yield* feed.poll
      yield* settled(server)
      yield* finished(["1", "2", "1"])
      const byId = server.asked.map(({ path }) => path).filter((path) => path.startsWith("fixtures/multi"))
      assert.deepStrictEqual(byId, ["fixtures/multi/1,2", "fixtures/multi/1,2"])
    }).pipe(isolated)
  )

  it.effect("asks for figures from before kick-off with what polls and vanished matches leave of the hour", () =>
    Effect.gen(function* () {
      const prematch = { win_odds: { home: 2, away: 4 }, draw_odds: 3.5 }
      const snapshots = Array.from({ length: 51 }, (_, index) => shown({ competition: "8", id: `${index + 1}` }))
      const server = yield* makeSportMonksServer(() =>
        snapshots.map((each) => ({ snapshot: { ...each, prematch }, isListed: true }))
      )
      const feed = yield* sportMonksFeed(server.url)
      const pages = () => server.asked.filter(({ query }) => query.get("include") === "odds").length
      /** An hour's first poll, after which so many requests are left, and one later, with what is asked for beside them. */
      const hour = Effect.fnUntraced(function* (from: number, remaining: number) {
        server.left.remaining = remaining + 1
        server.left.resets_in_seconds = 3600
        yield* TestClock.setTime(from)
        yield* feed.poll
        yield* settled(server)
        server.left.resets_in_seconds = 3540
        yield* TestClock.setTime(from + minute)
        const answers = yield* feed.poll
        yield* settled(server)
        return answers.filter((each) => each.prematch?.draw_odds !== undefined).length
      })
      // 60 polls and 20 for matches that vanish: nothing is left. Then one for a page of fifty. Then enough.
      assert.deepStrictEqual([yield* hour(dayStart, 80), pages()], [0, 0])
      assert.deepStrictEqual([yield* hour(dayStart + 60 * minute, 81), pages()], [50, 1])
      assert.deepStrictEqual([yield* hour(dayStart + 120 * minute, 82), pages()], [51, 2])
    }).pipe(isolated)
  )

  it.effect("does without what the plan does not include, and says so once", () =>
    Effect.gen(function* () {
      const server = yield* makeSportMonksServer(() => [listed()])
      const feed = yield* sportMonksFeed(server.url)
      const refused = json({ message: "You do not have access to the 'inplayOdds' include", code: 5002 }, 403)
      server.play(/^livescores/, refused)
      for (let tick = 0; tick < 3; tick++) {
        yield* TestClock.setTime(dayStart + tick * minute)
        assert.lengthOf(yield* feed.poll, 1)
      }
      const asked = server.asked.filter(({ path }) => path.startsWith("livescores")).map(({ query }) => query)
      assert.deepStrictEqual(
        asked.map((query) => query.get("include")?.includes("inplayOdds")),
        [true, false, false, false]
      )
      assert.lengthOf(yield* lines("SportMonks does not give this with the plan: polls go on without it"), 1)
    }).pipe(isolated)
  )

  it.effect("does without a filter that the endpoint does not take", () =>
    Effect.gen(function* () {
      const server = yield* makeSportMonksServer(() => [listed()])
      const feed = yield* sportMonksFeed(server.url, { leagues: [8] })
      server.play(/^livescores/, json({ message: "The filter is not applicable", code: 5010 }, 400))
      assert.lengthOf(yield* feed.poll, 1)
      assert.deepStrictEqual(
        server.asked.slice(0, 2).map(({ query }) => query.get("filters")),
        ["fixtureLeagues:8;bookmakers:2", "fixtureLeagues:8"]
      )
    }).pipe(isolated)
  )

  it.effect("watches the leagues of the settings, whatever it is sent", () =>
    Effect.gen(function* () {
      const server = yield* makeSportMonksServer(() => [listed({ id: "1" }), listed({ id: "2", competition: "9" })])
      const feed = yield* sportMonksFeed(server.url, { leagues: [9] })
      assert.deepStrictEqual(clocks(yield* feed.poll), ["2 live 60"])
    }).pipe(isolated)
  )

  it.effect("takes an empty list for no end: what was in play is asked for by id, at once and then less often", () =>
    Effect.gen(function* () {
      let standing: ReadonlyArray<Standing> = [listed({ id: "1", minute: 60 })]
      const server = yield* makeSportMonksServer(() => standing)
      const feed = yield* sportMonksFeed(server.url)
      const byId = () =>
        server.asked.filter(({ path, query }) => path.startsWith("fixtures/multi") && query.get("include") !== "odds")
      yield* TestClock.setTime(dayStart)
      assert.deepStrictEqual(clocks(yield* feed.poll), ["1 live 60"])
      const away = { ...listed({ id: "1", minute: 61 }), isListed: false }
      standing = [away]
      for (let tick = 1; tick <= 9; tick++) {
        yield* TestClock.setTime(dayStart + tick * minute)
        const nothing = json({ message: "No result(s) found matching your request." })
        server.play(/^fixtures\/multi/, nothing)
        assert.deepStrictEqual(clocks(yield* feed.poll), [])
      }
      // At the first, second, fourth and eighth poll without it.
      assert.lengthOf(byId(), 4)
      standing = [listed({ id: "1", minute: 70 })]
      yield* TestClock.setTime(dayStart + 10 * minute)
      assert.deepStrictEqual(clocks(yield* feed.poll), ["1 live 70"])
    }).pipe(isolated)
  )

  it.effect.each([
    ["429", json({ message: "Too many requests", retry_after: 600 }, 429), "paused"],
    ["5xx", badGateway, "shown"],
    ["HTML", html, "shown"],
    ["no connection", "drop the connection", "shown"],
    ["half an answer", "cut the answer", "shown"],
    ["a refusal", json({ message: "You do not have access to this endpoint", code: 5007 }, 403), "shown"],
    ["an error with HTTP 200", json({ message: "Something went wrong", code: 5010 }), "shown"]
  ] as const)("shows the list that it has got, where asking for what is gone meets %s", ([, fault, then]) =>
    Effect.gen(function* () {
      let standing = [listed({ id: "1", minute: 60 }), listed({ id: "2", minute: 60 })]
      const server = yield* makeSportMonksServer(() => standing)
      const feed = yield* sportMonksFeed(server.url)
      yield* TestClock.setTime(dayStart)
      yield* feed.poll
      yield* eventually(
        Effect.sync(() => server.asked.some(({ query }) => query.get("include") === "odds")),
        (isAsked) => isAsked
      )
      standing = [listed({ id: "1", minute: 61 }), { ...listed({ id: "2", minute: 61 }), isListed: false }]
      server.play(/^fixtures\/multi/, fault)
      yield* TestClock.setTime(dayStart + minute)
      assert.deepStrictEqual(clocks(yield* feed.poll), ["1 live 61"])
      // A limit holds for polls too, until it is renewed, and is told once.
      const outcomes: Array<string> = []
      for (let tick = 2; tick <= 10; tick++) {
        yield* TestClock.setTime(dayStart + tick * minute)
        const polled = yield* Effect.result(feed.poll)
        outcomes.push(Result.isSuccess(polled) ? "shown" : polled.failure.reason)
      }
      assert.deepStrictEqual([...new Set(outcomes)], [then])
      assert.lengthOf(yield* lines("the provider's limit is reached: polls wait"), then === "paused" ? 1 : 0)
      yield* TestClock.setTime(dayStart + 11 * minute)
      assert.include(clocks(yield* feed.poll), "1 live 61")
    }).pipe(isolated)
  )

  it.effect(
    "keeps the clock of a match that its provider has lost, and drops no match whose minute is wrong once",
    () =>
      Effect.gen(function* () {
        let fixture: unknown
        const server = yield* makeProviderServer(() => json({ data: [fixture] }))
        const feed = yield* sportMonksFeed(server.url)
        const good = fixtureOf(shown({ competition: "8", minute: 60 }))
        fixture = good
        assert.deepStrictEqual(clocks(yield* feed.poll), ["7 live 60"])
        const wrong = good.periods.map((each) => (each.ticking ? { ...each, minutes: 300 } : each))
        for (const odd of [
          { ...good, periods: wrong },
          { ...good, periods: [] },
          { ...good, periods: null }
        ]) {
          yield* TestClock.adjust("1 minute")
          fixture = odd
          assert.deepStrictEqual(clocks(yield* feed.poll), ["7 live 60"])
        }
        yield* TestClock.adjust("1 minute")
        fixture = { ...good, state_id: 19, periods: [] }
        assert.deepStrictEqual(clocks(yield* feed.poll), ["7 interrupted 60"])
      }).pipe(isolated)
  )

  it.effect("lets one bad part cost that part, in every list", () =>
    Effect.gen(function* () {
      const good = fixtureOf({
        ...shown({ competition: "8", id: "1" }),
        statistics: { shots: { home: 5, away: 3 } },
        odds: { draw: 3.2 }
      })
      const statistics = [
        ...good.statistics,
        { type_id: "x" },
        null,
        { type_id: 34, location: "home", data: { value: "many" } }
      ]
      const bad = [
        { ...good, statistics, inplayodds: [...good.inplayodds, { market_id: 1 }, 7], events: [null, { type_id: 18 }] },
        { ...good, id: 2, statistics: "none", inplayodds: null, events: {} },
        { ...good, id: 3, scores: [] },
        { ...good, id: 4, participants: [] },
        { ...good, id: 5, state_id: 777 },
        { id: 6 },
        "no fixture",
        { ...good, id: 8, placeholder: true },
        { ...good, id: 9, state_id: 20 },
        { ...good, id: 10, state_id: 1, scores: [] }
      ]
      const server = yield* makeProviderServer(() => json({ data: bad }))
      const feed = yield* sportMonksFeed(server.url)
      const answers = yield* poll(feed)
      const read = answers.flatMap((each) => ("snapshot" in each ? [each] : []))
      assert.deepStrictEqual(
        read.map(({ snapshot }) => snapshot.match.id),
        ["1", "2", "10"]
      )
      expect(read[0]?.snapshot.statistics.shots).toEqual({ home: 5, away: 3 })
      expect(read[0]?.snapshot.odds).toEqual({ draw: 3.2 })
      assert.deepStrictEqual(
        read[0]?.faults.map(({ part }) => part),
        ["statistics.corners"]
      )
      assert.lengthOf(answers, 8)
      yield* TestClock.adjust("1 minute")
      yield* feed.poll
      const told = yield* lines("rows of matches cannot be read and are left out")
      assert.deepStrictEqual(told.map(({ fields }) => fields.part).toSorted(), ["events", "odds", "statistics"])
    }).pipe(isolated)
  )

  it.effect("carries the token in a header, no trace headers, and nothing in errors", () =>
    Effect.gen(function* () {
      const server = yield* makeProviderServer(() => json({ message: `token ${token} is not known` }, 401))
      const feed = yield* sportMonksFeed(server.url)
      const error = yield* Effect.flip(Effect.withSpan(feed.poll, "a tick"))
      assert.strictEqual(error.reason, "refused")
      assert.include(error.message, "Check SPORTMONKS_API_TOKEN")
      assert.notInclude(JSON.stringify(error), token)
      const [asked] = server.asked
      assert.strictEqual(asked?.headers.authorization, token)
      assert.isEmpty(Object.keys(asked?.headers ?? {}).filter((name) => /^(traceparent|tracestate|b3|x-b3)/.test(name)))
      assert.notInclude(String(asked?.query), token)
      const nowhere = yield* sportMonksFeed(new URL("http://127.0.0.1:9/v3"))
      const unreached = yield* Effect.flip(nowhere.poll)
      assert.strictEqual(unreached.reason, "unavailable")
      assert.notInclude(JSON.stringify(unreached), token)
    }).pipe(isolated)
  )

  it.effect("is told by the doctor with its plan, and warned of where its requests do not last", () =>
    Effect.gen(function* () {
      const server = yield* makeSportMonksServer(() => [])
      const checked = checkSportMonks(
        { token: Redacted.make(token), bookmaker: 2, leagues: [], url: server.url },
        Duration.seconds(15)
      )
      yield* TestClock.setTime(dayStart)
      expect(yield* checked).toMatchObject({
        status: "ok",
        message:
          "Football Starter Plan; 1999 requests left until 2026-11-28 16:00:00 UTC; a poll every 15s takes 240 an hour"
      })
      yield* Effect.forEach(["Football Starter Plan", "Enterprise Plan"], (plan) =>
        Effect.gen(function* () {
          const subscription = [{ plans: [{ plan, sport: plan === "Enterprise Plan" ? "Football" : undefined }] }]
          server.play(/^livescores/, json({ data: [], subscription }))
          assert.match((yield* checked).message, new RegExp(`^${plan};`))
        })
      )
      server.left.remaining = 61
      const { message, status, todo } = yield* checked
      assert.strictEqual(status, "warning")
      assert.include(message, "polls will be 1m apart until then")
      assert.include(todo, "larger plan")
    }).pipe(isolated)
  )

  it.effect("is warned of by the doctor where the account does not have a league that is watched", () =>
    Effect.gen(function* () {
      const server = yield* makeSportMonksServer(() => [])
      const checked = (...leagues: ReadonlyArray<number>) =>
        checkSportMonks({ token: Redacted.make(token), bookmaker: 2, leagues, url: server.url }, Duration.seconds(15))
      yield* TestClock.setTime(dayStart)
      expect(yield* checked(8)).toMatchObject({ status: "ok" })
      const { message, status, todo } = yield* checked(8, 9999)
      assert.strictEqual(status, "warning")
      assert.include(message, "SportMonks shows nothing of 9999 (SPORTMONKS_LEAGUES)")
      assert.include(todo, "SPORTMONKS_LEAGUES")
    }).pipe(isolated)
  )
})
