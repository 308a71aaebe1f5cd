/**
 * A whole match day of each provider, over real HTTP and through the whole scan: what fires is what fires where the same
 * matches are shown directly.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { parseCondition } from "../../src/rules/language/parse.ts"
import { Scanner } from "../../src/scan/Scanner.ts"
import { key, makeApiFootballServer } from "../fixtures/apiFootballServer.ts"
import { eventually, whileTimePasses } from "../fixtures/eventually.ts"
import { apiFootballFeed, sportMonksFeed } from "../fixtures/liveFeed.ts"
import { Logs } from "../fixtures/logs.ts"
import { dayStart, matchDay, type Standing } from "../fixtures/matchDay.ts"
import { newStrategy } from "../fixtures/pipeline.ts"
import { badGateway, html, json, type Reply } from "../fixtures/providerServer.ts"
import { makeSportMonksServer, token } from "../fixtures/sportMonksServer.ts"
import { World } from "../scan/World.ts"

const condition = (text: string) => Result.getOrThrow(parseCondition(text))

const strategies = [
  "minute >= 1",
  "total corners last 15 minutes >= 3",
  "total goals >= 2",
  "home shots at half-time >= 4",
  "home possession >= 55",
  "total yellow_cards >= 2",
  "away shots_on_target since minute 60 >= 1",
  "odds.draw >= 4",
  "odds.over_2_5 <= 1.6",
  "minute >= 100"
].map((text) => newStrategy({ name: text, when: [condition(text)] }))

/** Figures from before kick-off are asked for beside the first poll, and there at a later one. */
const late = ["prematch.over_2_5_odds >= 1.2", "favourite goals <= 1", "home prematch.position <= 3"].map((text) =>
  newStrategy({ name: text, when: [condition(text), condition("minute >= 30")] })
)

/** What happens to the list at which minute of the day. */
const faults = (limit: Reply, error: Reply): ReadonlyMap<number, Reply> =>
  new Map<number, Reply>([
    [8, html],
    [13, badGateway],
    [18, "cut the answer"],
    [23, "drop the connection"],
    [27, "never answer"],
    [36, limit],
    [55, error],
    [100, html]
  ])

/** A process that scans what a feed shows, with a database of its own. */
const scanning = Effect.fnUntraced(function* (world: World) {
  const context = yield* Layer.build(Layer.fresh(world.layer))
  const { scan } = Context.get(context, Scanner)
  return {
    /** Whether the tick was a scan: it is none where the feed failed or waits. */
    scan: Effect.provide(Effect.result(scan), context).pipe(
      Effect.forkChild,
      Effect.flatMap(whileTimePasses),
      Effect.map((report) => Result.isSuccess(report) && report.success.scans === 1)
    ),
    triggers: Effect.map(Context.get(context, TriggerStore).pending(10_000), (all) =>
      all
        .map(
          ({ snapshot: { clock, match, score }, strategyName }) =>
            `${strategyName} on ${match.id} (${match.home.name}) at ${clock.period} ${clock.minute}+${clock.added}, ${score.home}-${score.away}`
        )
        .toSorted()
    ),
    lines: Context.get(context, Logs).lines
  }
})

interface Server {
  readonly play: (path: RegExp, ...replies: ReadonlyArray<Reply>) => void
  readonly isIdle: () => boolean
  readonly asked: ReadonlyArray<unknown>
}

/** Figures from before kick-off have been asked for by this minute. */
const asking = 12

/** Lets what is asked for beside the ticks be answered, and taken: requests would else wait for minutes of the day. */
const quiet = ({ asked, isIdle }: Server) => {
  let [looks, requests] = [0, 0]
  return eventually(
    Effect.map(TestClock.adjust("10 millis"), () => {
      looks = isIdle() && asked.length === requests ? looks + 1 : 0
      requests = asked.length
      return looks
    }),
    (looks) => looks >= 2
  )
}

/** Plays the day to a feed, and directly, tick by tick. Answers with what fired on either side. */
const play = Effect.fnUntraced(function* (
  feed: MatchFeed["Service"],
  server: Server,
  list: RegExp,
  faultsAt: ReadonlyMap<number, Reply>,
  show: (standing: ReadonlyArray<Standing>) => void
) {
  const ofProvider = new World(...strategies, ...late)
  const direct = new World(...strategies, ...late)
  ofProvider.feed = feed.poll
  const [one, other] = [yield* scanning(ofProvider), yield* scanning(direct)]
  const missed: Array<number> = []
  for (const [minute, standing] of matchDay().entries()) {
    if (minute < asking) yield* quiet(server)
    yield* TestClock.setTime(dayStart + minute * 60_000)
    show(standing)
    const fault = faultsAt.get(minute)
    if (fault !== undefined) server.play(list, fault)
    if (!(yield* one.scan)) {
      missed.push(minute)
      continue
    }
    direct.show(...standing.map(({ snapshot }) => snapshot))
    yield* other.scan
  }
  return { fired: yield* one.triggers, expected: yield* other.triggers, missed, lines: yield* one.lines() }
})

/** What a person is told, and how often. */
const told = (lines: ReadonlyArray<{ readonly level: string; readonly message: string }>) => {
  const times: { [message: string]: number } = {}
  for (const { level, message } of lines) if (level !== "INFO") times[message] = (times[message] ?? 0) + 1
  return times
}

describe("A match day", () => {
  it.live("of SportMonks fires what the matches fire that are shown directly", () =>
    Effect.gen(function* () {
      let now: ReadonlyArray<Standing> = []
      const server = yield* makeSportMonksServer(() => now)
      const feed = yield* sportMonksFeed(server.url)
      const limit = json({ message: "You have reached your rate limit", reset_code: "c9", retry_after: 30 }, 429)
      const error = json({ message: "Something is not as it was" })
      const { expected, fired, lines, missed } = yield* play(
        feed,
        server,
        /^livescores/,
        faults(limit, error),
        (standing) => {
          now = standing
        }
      )
      assert.isAbove(expected.length, 70)
      assert.deepStrictEqual(fired, expected)
      // The limit is waited for, and what nobody understands is no empty list: the tick fails.
      assert.deepStrictEqual(missed, [36, 55])
      assert.deepStrictEqual(told(lines), {
        "the feed failed": 7,
        "the scan failed; the next one looks again": 1,
        "the provider's limit is reached: polls wait": 1
      })
      assert.notInclude(JSON.stringify(lines), token)
    }).pipe(Effect.scoped, Effect.provide(TestClock.layer()))
  )

  it.live("of API-Football fires what the matches fire that are shown directly", () =>
    Effect.gen(function* () {
      let now: ReadonlyArray<Standing> = []
      const server = yield* makeApiFootballServer(() => now)
      const feed = yield* apiFootballFeed(server.url)
      const limit = json({ errors: { rateLimit: "Too many requests. Your rate limit is 10 requests per minute." } })
      const error = json({ errors: { token: "Error/Missing application key." }, response: [] })
      const { expected, fired, lines, missed } = yield* play(
        feed,
        server,
        /^fixtures$/,
        faults(limit, error),
        (standing) => {
          now = standing
        }
      )
      assert.isAbove(expected.length, 70)
      assert.deepStrictEqual(fired, expected)
      // After the last match nothing is asked for a while.
      assert.deepStrictEqual(missed.slice(0, 2), [36, 55])
      assert.isTrue(missed.slice(2).every((minute) => minute > 145))
      assert.deepStrictEqual(told(lines), {
        "the feed failed": 7,
        "the scan failed; the next one looks again": 1,
        "the provider's limit is reached: polls wait": 1,
        "no match is on: polls wait": 1
      })
      assert.notInclude(JSON.stringify(lines), key)
    }).pipe(Effect.scoped, Effect.provide(TestClock.layer()))
  )
})
