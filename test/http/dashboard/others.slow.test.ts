import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { EmbeddedPostgres } from "../../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../../src/database/StrategyStore.ts"
import { Health } from "../../../src/health/Health.ts"
import { Instances } from "../../../src/health/Instances.ts"
import { Scanner } from "../../../src/scan/Scanner.ts"
import { Strategies } from "../../../src/strategies/Strategies.ts"
import { Sql } from "../../contracts/Sql.ts"
import { board, type Stage, stage } from "../../fixtures/dashboard.ts"
import { eventually } from "../../fixtures/eventually.ts"
import { ask } from "../../fixtures/httpServer.ts"
import { quiet } from "../../fixtures/logs.ts"
import { newStrategy, shown } from "../../fixtures/pipeline.ts"

const corners = (number: number) =>
  ({ left: { metric: "corners", window: { last: 30 } }, comparator: ">=", right: number }) as const

/** Three processes on one database, and strategies that all of them watch. */
const processes = Effect.fnUntraced(function* (...strategies: ReadonlyArray<Parameters<typeof newStrategy>[0]>) {
  const database = yield* Layer.build(Layer.provide(EmbeddedPostgres.layer(), NodeServices.layer))
  const shared = { database, notices: board() }
  const made = yield* Effect.forEach([1, 2, 3], () => stage({ isSilent: true, shared }))
  const [first, second, third] = made
  if (first === undefined || second === undefined || third === undefined) return assert.fail("three were asked for")
  yield* Context.get(first.context, StrategyStore).save(strategies.map((each) => newStrategy(each)))
  for (const { context } of made) {
    yield* eventually(Context.get(context, Strategies).watched, ({ size }) => size === strategies.length)
  }
  return [first, second, third] as const
})

const page = ({ port }: Stage, path: string) => Effect.map(ask(port, path), ({ body }) => body)

/** Until the moments of so many scans of two matches are kept, which is done beside scans. */
const kept = ({ context }: { readonly context: Context.Context<Sql> }, scans: number) =>
  eventually(Context.get(context, Sql).run("select 1 from match_history"), ({ length }) => length === 2 * scans)

const at = (minute: number, home: number) =>
  [
    shown({ id: "7", minute, statistics: { corners: { home, away: 0 } } }),
    shown({ id: "8", minute, statistics: { corners: { home: 2 * home, away: 0 } } })
  ] as const

describe("Pages of three processes that share the matches", () => {
  it.live(
    "show what each other judged: matches, their courses, near misses and what has fired, whoever judged last",
    () =>
      Effect.gen(function* () {
        const [first, second, third] = yield* processes(
          { name: "Pressure", when: [corners(9)] },
          { name: "Early", when: [corners(2)] }
        )
        // The ticks go round; the shards of the last one are worked by two, and one of the three has none of it.
        yield* first.scan(...at(20, 0))
        yield* kept(first, 1)
        yield* second.scan(...at(35, 2))
        yield* kept(first, 2)
        yield* eventually(page(third, "/matches/7"), (body) =>
          /Pressure<\/a>[\s\S]*is 2<\/span> <strong class="no">7 off/.test(body)
        )
        yield* first.show(...at(40, 4))
        const { observe } = Context.get(first.context, Scanner)
        const observation = yield* observe
        const [one, other] = observation.snapshots
        if (one === undefined || other === undefined) return assert.fail("two matches are shown")
        yield* Context.get(first.context, Scanner).judge({ ...observation, snapshots: [one] })
        yield* Context.get(second.context, Scanner).judge({ ...observation, snapshots: [other] })

        for (const each of [first, second, third]) {
          const now = yield* eventually(page(each, "/"), (body) => /is 8<[\s\S]*is 4</.test(body))
          assert.match(now, /2 matches in play, closest to firing first/)
          assert.isBelow(now.indexOf('id="match-8"'), now.indexOf('id="match-7"'))
          assert.match(
            now,
            /1 off<\/strong>[\s\S]*corners last 30 minutes[\s\S]*is 8<[\s\S]*5 off<\/strong>[\s\S]*is 4</
          )
          // It has fired there, whoever knows of it.
          assert.notInclude(now, "Early")
          const match = yield* page(each, "/matches/8")
          assert.match(match, /Early<\/a>[\s\S]*35'[\s\S]*1 strategy waits/)
          assert.match(match, /35&#39; Corner × 4, Brazil/)
        }
      }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("show no match as in play whose clock any of them found to stand, until it goes on", () =>
    Effect.gen(function* () {
      const [first, second, third] = yield* processes({ name: "Pressure", when: [corners(9)] })
      yield* Context.get(third.context, Health).clocks(["7", "8"], [{ match: "7", period: "2H", minute: 60, added: 0 }])
      // Processes tell each other every few seconds.
      yield* eventually(Context.get(second.context, Instances).all, ({ instances }) =>
        instances.some(({ standing = [] }) => standing.length === 1)
      )
      yield* first.scan(...at(60, 4))
      const now = yield* eventually(page(second, "/"), (body) => /1 match in play/.test(body))
      assert.notInclude(now, 'id="match-7"')
      assert.match(now, /href="\/matches\/7"[\s\S]*the clock stands still/)
      assert.match(yield* page(second, "/matches/7"), /the clock stands still: nothing fires until it goes on/)
      yield* first.scan(...at(61, 4))
      yield* eventually(page(second, "/"), (body) => /2 matches in play/.test(body))
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("ask for nothing while nobody looks, and never take what others saw before for news", () =>
    Effect.gen(function* () {
      const [first, second] = yield* processes({ name: "Pressure", when: [corners(9)] })
      yield* first.scan(...at(20, 0))
      yield* kept(first, 1)
      yield* second.scan(...at(35, 2))
      yield* kept(first, 2)
      assert.match(yield* page(second, "/"), /is 4<[\s\S]*is 2</)
      yield* first.scan(...at(36, 3))
      // Of that poll it is told; then it judges a later one itself.
      yield* eventually(page(second, "/"), (body) => /is 6<[\s\S]*is 3</.test(body))
      yield* second.scan(...at(37, 4))
      assert.match(yield* page(second, "/"), /is 8<[\s\S]*is 4</)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )
})
