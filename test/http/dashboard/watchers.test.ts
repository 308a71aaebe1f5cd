import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, Option, PubSub, Stream } from "effect"
import { TestClock } from "effect/testing"
import { DatabaseError } from "../../../src/database/Database.ts"
import { ProcessorTime } from "../../../src/http/dashboard/Allowance.ts"
import { Pages } from "../../../src/http/dashboard/Pages.ts"
import { Picture } from "../../../src/http/dashboard/Picture.ts"
import type { Packed } from "../../../src/http/dashboard/packed.ts"
import { Troubles } from "../../../src/http/dashboard/Troubles.ts"
import { WatchedPages, type Watcher } from "../../../src/http/dashboard/WatchedPages.ts"
import { allowed, Watchers } from "../../../src/http/dashboard/Watchers.ts"
import { html } from "../../../src/http/html.ts"
import { quiet } from "../../fixtures/logs.ts"

/** What pages of these tests are like. */
interface Made {
  /** Milliseconds of the processor that it takes to make one. */
  readonly cost: number
  /** And to send something to one watcher. */
  readonly sending?: number
  /** Whether they show the database alone. */
  readonly isKept?: boolean
  /** Addresses of pages on which something is about to change. */
  readonly moving?: ReadonlySet<string>
  /** Addresses of pages that cannot be made now. */
  readonly broken?: ReadonlySet<string>
  /** Addresses at which there is no page any more. */
  readonly gone?: ReadonlySet<string>
}

/** Watched pages that say how often they were made, with tops that say how many scans there were and what is broken. */
const costing = Effect.fnUntraced(function* ({
  broken = new Set(),
  cost,
  gone = new Set(),
  isKept = false,
  moving = new Set(),
  sending = 0
}: Made) {
  let [time, made, scanned, changes, trouble, extra, looks] = [0, 0, 0, 0, "", 0, 0]
  let meanwhile: Effect.Effect<unknown> = Effect.void
  const slow = new Map<string, number>()
  const scans = yield* PubSub.sliding<void>(1)
  const troubles = yield* PubSub.sliding<void>(1)
  const top = () => [
    { id: "state", html: html`<p id="state">scan ${scanned}</p>` },
    { id: "troubles", html: html`<div id="troubles">${trouble}</div>` }
  ]
  const pages = Layer.mock(Pages, {
    top: Effect.gen(function* () {
      looks += 1
      const parts = top()
      const first = meanwhile
      meanwhile = Effect.void
      yield* first
      return parts
    }),
    mark: Effect.sync(() => `${changes}`),
    pageOf: (address) =>
      Effect.suspend(() => {
        const first = slow.get(address)
        if (first === undefined) return pageNow(address)
        const parts = top()
        return Effect.map(Effect.andThen(Effect.sleep(first), pageNow(address)), (page) =>
          Option.map(page, (it) => ({ ...it, parts: [...parts, ...it.parts.slice(2)] }))
        )
      })
  })
  const pageNow = (address: string) =>
    Effect.suspend(() => {
      if (broken.has(address)) {
        return Effect.fail(new DatabaseError({ operation: "test", reason: "unavailable", message: "away" }))
      }
      if (gone.has(address)) return Effect.succeedNone
      time += cost + extra
      extra = 0
      made += 1
      const parts = [...top(), { id: "made", html: html`<p id="made">made ${made}</p>` }]
      return Effect.succeedSome({ title: "", place: "Now" as const, isKept, isMoving: moving.has(address), parts })
    })
  const watchers = yield* Layer.build(
    Watchers.layer.pipe(
      Layer.provide(
        Layer.mergeAll(
          pages,
          Layer.mock(Troubles, { changes: Stream.fromPubSub(troubles) }),
          Layer.mock(Picture, { scans, at: () => 0, find: () => undefined, all: () => [] }),
          WatchedPages.layer
        )
      ),
      Layer.provide(Layer.succeed(ProcessorTime, () => time))
    )
  ).pipe(Effect.flatMap((context) => Effect.provide(Watchers, context)))
  const watch = Effect.fnUntraced(function* (address: string) {
    const received: Array<Packed> = []
    const write = (piece: Packed) => {
      time += sending
      received.push(piece)
    }
    const watcher: Watcher = { write, isFull: () => false, missed: false }
    const joining = yield* watchers.watch(address)
    yield* Option.getOrThrow(joining)(watcher)
    return received
  })
  const scan = Effect.gen(function* () {
    scanned += 1
    yield* PubSub.publish(scans, undefined)
    // Until all pages are sent what they are sent.
    yield* Effect.repeat(Effect.yieldNow, { times: 60 })
    yield* TestClock.adjust("15 seconds")
  })
  return {
    watch,
    scan,
    slow,
    scans,
    look: watchers.look,
    spent: () => time,
    made: () => made,
    /** Has the next page take so much more. */
    spend: (more: number) => {
      extra = more
    },
    change: () => {
      changes += 1
    },
    meet: (what: string) => {
      trouble = what
    },
    /** Lets it be heard that what is broken may be something else. */
    hear: PubSub.publish(troubles, undefined),
    /** How often it was looked at what is broken. */
    looks: () => looks,
    /** Has this happen during the next look. */
    during: (what: Effect.Effect<unknown>) => {
      meanwhile = what
    }
  }
})

const textOf = (piece: Packed | undefined): string => new TextDecoder().decode(piece?.plain.bytes)

/** How many of these pieces bring the page itself, and not only its top. */
const renewals = (pieces: ReadonlyArray<Packed>): number =>
  pieces.filter((piece) => textOf(piece).includes("made ")).length

const scansOf = (scan: Effect.Effect<void>, count: number) => Effect.replicateEffect(scan, count, { discard: true })

describe("Bringing pages up to date", () => {
  it.effect(
    "takes no more of the processor for each scan than is allowed, however much is watched, and goes round",
    () =>
      Effect.gen(function* () {
        const { scan, spent, watch } = yield* costing({ cost: 12 })
        const received = yield* Effect.forEach(
          Array.from({ length: 200 }, (_, index) => `/matches/${index % 5}`),
          watch
        )
        const before = spent()
        yield* scansOf(scan, 120)
        assert.isAtMost(spent() - before, 120 * allowed.perScan + allowed.most + 12)
        assert.isAtLeast(spent() - before, 120 * allowed.perScan)
        // Each page had its turns, and all who watch a page were sent the same.
        const counts = received.map(renewals)
        assert.isAbove(Math.min(...counts), 7)
        assert.isAtMost(Math.max(...counts) - Math.min(...counts), 1)
        assert.strictEqual(received[0]?.at(-1), received[5]?.at(-1))
      }).pipe(Effect.scoped)
  )

  it.effect("leaves no page behind for good where sending alone takes more than is allowed", () =>
    Effect.gen(function* () {
      for (const isKept of [false, true]) {
        const { change, scan, spent, watch } = yield* costing({ cost: 1, sending: 0.03, isKept })
        const received = yield* Effect.forEach(
          Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? "/" : "/alerts")),
          watch
        )
        const before = spent()
        yield* scansOf(scan, 100)
        const middle = received.map((pieces) => pieces.length)
        change()
        yield* scansOf(scan, 20)
        assert.isAtMost(spent() - before, 120 * allowed.perScan + allowed.most + 10)
        // Both pages with all who watch them take 8 ms.
        const turns = Math.floor((20 * allowed.perScan) / 8)
        received.forEach((pieces, index) => {
          const late = pieces.slice(middle[index])
          assert.isAtLeast(late.length, turns)
          assert.isAtLeast(renewals(late), isKept ? 1 : turns)
          // The top goes with its page.
          for (const piece of late) assert.include(textOf(piece), "scan ")
        })
      }
    }).pipe(Effect.scoped)
  )

  it.effect("sends the same bytes to all pages of which the top alone has changed", () =>
    Effect.gen(function* () {
      const { scan, watch } = yield* costing({ cost: 1, isKept: true })
      const received = yield* Effect.forEach(["/alerts", "/strategies", "/system"], watch)
      yield* scan
      assert.strictEqual(new Set(received.map((pieces) => pieces.at(-1))).size, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("sends those who watch what has changed alone, and all there is to who comes between", () =>
    Effect.gen(function* () {
      const { change, scan, watch } = yield* costing({ cost: 1, isKept: true })
      const first = yield* watch("/")
      yield* scan
      const late = yield* watch("/")
      assert.strictEqual(textOf(first.at(-1)), 'event: parts\ndata: <p id="state">scan 1</p>\n\n')
      for (const piece of ['<p id="state">scan 1</p>', '<div id="troubles"></div>', '<p id="made">made 1</p>'])
        assert.include(textOf(late[0]), piece)
      change()
      yield* scan
      assert.strictEqual(late.length, 2)
      assert.strictEqual(late.at(-1), first.at(-1))
      assert.include(textOf(late.at(-1)), "made 2")
      assert.notInclude(textOf(late.at(-1)), "troubles")
    }).pipe(Effect.scoped)
  )

  it.effect("is done with every scan where that is little, and at once where somebody has done something", () =>
    Effect.gen(function* () {
      const { look, made, scan, watch } = yield* costing({ cost: allowed.perScan })
      const received = yield* watch("/")
      yield* scansOf(scan, 80)
      assert.strictEqual(received.length, 81)
      const dear = yield* costing({ cost: 1000 })
      yield* dear.watch("/")
      yield* dear.scan
      const before = dear.made()
      yield* dear.scan
      assert.strictEqual(dear.made(), before)
      yield* dear.look
      assert.strictEqual(dear.made(), before + 1)
      assert.isAbove(made(), 80)
      yield* look
    }).pipe(Effect.scoped)
  )

  it.effect("goes on some scans after something that took very long", () =>
    Effect.gen(function* () {
      const { look, scan, spend, watch } = yield* costing({ cost: 1 })
      const received = yield* watch("/")
      spend(10_000)
      yield* look
      yield* scan
      const before = received.length
      yield* scansOf(scan, 7)
      assert.isAbove(received.length, before)
    }).pipe(Effect.scoped)
  )

  it.effect("makes a page that shows the database alone when something may have changed there, or after a minute", () =>
    Effect.gen(function* () {
      const { change, made, scan, watch } = yield* costing({ cost: 1, isKept: true })
      const received = yield* watch("/alerts")
      yield* scansOf(scan, 3)
      assert.strictEqual(made(), 1)
      assert.deepStrictEqual(received.slice(1).map(textOf), [
        'event: parts\ndata: <p id="state">scan 1</p>\n\n',
        'event: parts\ndata: <p id="state">scan 2</p>\n\n',
        'event: parts\ndata: <p id="state">scan 3</p>\n\n'
      ])
      change()
      yield* scan
      assert.strictEqual(made(), 2)
      assert.include(textOf(received.at(-1)), "made 2")
      yield* scansOf(scan, 5)
      assert.strictEqual(made(), 3)
    }).pipe(Effect.scoped)
  )

  it.effect("looks every second at a page on which something is about to change, from when it is opened on", () =>
    Effect.gen(function* () {
      const moving = new Set(["/alerts"])
      const { made, scan, watch } = yield* costing({ cost: 1, moving })
      yield* watch("/")
      yield* TestClock.adjust("7 seconds")
      assert.strictEqual(made(), 1)
      const received = yield* watch("/alerts")
      yield* TestClock.adjust("1 second")
      const before = made()
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(made(), before + 4)
      assert.strictEqual(renewals(received), made() - 1)
      moving.clear()
      yield* TestClock.adjust("1 second")
      const still = made()
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(made(), still)
      // And from when it begins to move on while it is open.
      moving.add("/")
      yield* scan
      assert.isAtLeast(made(), still + 2 + 14)
    }).pipe(Effect.scoped)
  )

  it.effect("tells within a second of what it hears to be broken, without any scan", () =>
    Effect.gen(function* () {
      const { hear, made, meet, watch } = yield* costing({ cost: 1 })
      const received = yield* watch("/")
      yield* TestClock.adjust("3 seconds")
      meet("the feed is away")
      yield* hear
      yield* TestClock.adjust("1 second")
      assert.strictEqual(textOf(received.at(-1)), 'event: parts\ndata: <div id="troubles">the feed is away</div>\n\n')
      meet("")
      yield* hear
      yield* TestClock.adjust("1 second")
      assert.strictEqual(textOf(received.at(-1)), 'event: parts\ndata: <div id="troubles"></div>\n\n')
      assert.strictEqual(made(), 1)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "tells what it hears during a look with the next one, and looks no oftener once it has heard something",
    () =>
      Effect.gen(function* () {
        const { during, hear, looks, meet, watch } = yield* costing({ cost: 1 })
        const received = yield* watch("/")
        yield* TestClock.adjust("3 seconds")
        during(
          Effect.gen(function* () {
            meet("the feed is away")
            yield* hear
            yield* Effect.sleep("100 millis")
          })
        )
        yield* hear
        yield* Effect.replicateEffect(TestClock.adjust("1 second"), 3)
        assert.include(textOf(received.at(-1)), "the feed is away")
        const before = looks()
        yield* TestClock.adjust("64 seconds")
        assert.isAtMost(looks() - before, 4)
      }).pipe(Effect.scoped)
  )

  it.effect("tells what broke while a page was made for who comes", () =>
    Effect.gen(function* () {
      const { hear, meet, slow, watch } = yield* costing({ cost: 1 })
      yield* TestClock.adjust("3 seconds")
      slow.set("/", 500)
      const watching = yield* Effect.forkChild(watch("/"), { startImmediately: true })
      yield* TestClock.adjust("100 millis")
      meet("the feed is away")
      yield* hear
      yield* TestClock.adjust("400 millis")
      const received = yield* Fiber.join(watching)
      assert.notInclude(textOf(received[0]), "the feed is away")
      yield* Effect.replicateEffect(TestClock.adjust("1 second"), 2)
      assert.include(textOf(received.at(-1)), "the feed is away")
    }).pipe(Effect.scoped)
  )

  it.effect("tells what is broken while pages wait for the database, and keeps to it when they are made", () =>
    Effect.gen(function* () {
      const { hear, meet, scans, slow, watch } = yield* costing({ cost: 1 })
      const [alerts, now] = [yield* watch("/alerts"), yield* watch("/")]
      slow.set("/alerts", 10_000)
      yield* TestClock.adjust("3 seconds")
      yield* PubSub.publish(scans, undefined)
      yield* TestClock.adjust("1 second")
      meet("the feed is away")
      yield* hear
      yield* Effect.replicateEffect(TestClock.adjust("1 second"), 2)
      for (const received of [alerts, now]) assert.include(textOf(received.at(-1)), "the feed is away")
      yield* Effect.replicateEffect(TestClock.adjust("1 second"), 10)
      assert.strictEqual(renewals(alerts), 2)
      const last = alerts.findLast((piece) => textOf(piece).includes('id="troubles"'))
      assert.include(textOf(last), "the feed is away")
    }).pipe(Effect.scoped)
  )

  it.effect("takes back what a page was made to tell, where it is over by the next look", () =>
    Effect.gen(function* () {
      const { look, meet, watch } = yield* costing({ cost: 1 })
      const received = yield* watch("/")
      yield* TestClock.adjust("6 seconds")
      meet("the feed is away")
      yield* look
      assert.include(textOf(received.at(-1)), "the feed is away")
      meet("")
      yield* TestClock.adjust("17 seconds")
      assert.strictEqual(textOf(received.at(-1)), 'event: parts\ndata: <div id="troubles"></div>\n\n')
    }).pipe(Effect.scoped)
  )

  it.effect("goes on with other pages while one cannot be made, whose top follows", () =>
    Effect.gen(function* () {
      const broken = new Set<string>()
      const { scan, watch } = yield* costing({ cost: 1, broken })
      const [alerts, now] = [yield* watch("/alerts"), yield* watch("/")]
      broken.add("/alerts")
      yield* scansOf(scan, 3)
      assert.strictEqual(renewals(now), 4)
      assert.strictEqual(renewals(alerts), 1)
      assert.include(textOf(alerts.at(-1)), "scan 3")
      broken.clear()
      yield* scan
      assert.strictEqual(renewals(alerts), 2)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.effect("fails with the reason where a page cannot be made for who comes, and breaks nothing", () =>
    Effect.gen(function* () {
      const { scan, watch } = yield* costing({ cost: 1, broken: new Set(["/alerts"]) })
      const received = yield* watch("/")
      assert.strictEqual((yield* Effect.flip(watch("/alerts"))).message, "away")
      yield* scan
      assert.strictEqual(renewals(received), 2)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "says once that a page cannot be made, and that it can again when it is, whatever others can meanwhile",
    () => {
      const lines: Array<unknown> = []
      const logger = Logger.make(({ message }) => lines.push(...(Array.isArray(message) ? message : [message])))
      return Effect.gen(function* () {
        const broken = new Set<string>()
        const { scan, watch } = yield* costing({ cost: 2 * allowed.perScan, broken })
        yield* Effect.forEach(["/alerts", "/", "/system"], watch)
        broken.add("/alerts")
        // Until pages take turns, so that in some of them nothing fails.
        yield* scansOf(scan, 200)
        assert.deepStrictEqual(lines, ["open pages cannot be brought up to date"])
        broken.clear()
        yield* scansOf(scan, 12)
        assert.deepStrictEqual(lines.slice(1), ["open pages are brought up to date again"])
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([logger])))
    }
  )

  it.effect("says no more of a page that cannot be made once nobody watches it", () => {
    const lines: Array<unknown> = []
    const logger = Logger.make(({ message }) => lines.push(...(Array.isArray(message) ? message : [message])))
    return Effect.gen(function* () {
      const broken = new Set(["/alerts"])
      const { scan, watch } = yield* costing({ cost: 1, broken })
      yield* watch("/")
      broken.clear()
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* watch("/alerts")
          broken.add("/alerts")
          yield* scan
        })
      )
      yield* scan
      assert.deepStrictEqual(lines, [
        "open pages cannot be brought up to date",
        "open pages are brought up to date again"
      ])
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([logger])))
  })

  it.effect("goes on with the top of a page that is not there any more", () =>
    Effect.gen(function* () {
      const gone = new Set<string>()
      const { scan, watch } = yield* costing({ cost: 1, gone })
      const received = yield* watch("/matches/7")
      gone.add("/matches/7")
      yield* scansOf(scan, 2)
      assert.include(textOf(received.at(-1)), "scan 2")
    }).pipe(Effect.scoped)
  )
})
