/**
 * Keeps open pages up to date: what changed on a page is made once a scan, and sent to all who watch it.
 *
 * Guarantees: pages that nobody watches cost nothing. Bringing pages up to date takes `perScan` of the processor for each scan,
 * whoever watches: those that were brought up to date longest ago come first, and the others with a later scan. What is sent
 * is made once for all who watch a page. A watcher that does not read is given no more than it takes; whoever has missed
 * something is sent the whole page when it reads again.
 */
import { Array as Arr, Clock, Context, Duration, Effect, Layer, Option, PubSub, type Scope, Semaphore } from "effect"
import { makeOutage } from "../../health/Outage.ts"
import { makeAllowance } from "./Allowance.ts"
import { Others } from "./Others.ts"
import { Pages } from "./Pages.ts"
import { Picture } from "./Picture.ts"
import { type Packed, packed } from "./packed.ts"
import { changed, type Page, type Piece } from "./page.ts"
import { type Watched, WatchedPages, type Watcher } from "./WatchedPages.ts"

/** What bringing pages up to date may take of the processor for each scan, in milliseconds, and how much of it is kept. */
export const allowed = { perScan: 4, most: 200 } as const

/** Shards of one scan come sooner after each other than this. */
const scansApart = Duration.toMillis(Duration.seconds(1))

/** Watchers that are sent something in one turn of the event loop: a scan that begins waits for no more. */
const atOnce = 20

/** How soon a page on which something is about to change is looked at again. */
const movingEvery = Duration.seconds(1)

/** An event of a stream of events: its data, line by line. */
const event = (name: string, data: string): string =>
  `event: ${name}\n${data
    .split("\n")
    .map((line) => `data: ${line}`)
    .join("\n")}\n\n`

const partsEvent = (pieces: ReadonlyArray<Piece>): Packed =>
  packed(event("parts", pieces.map(({ html }) => html.text).join("\n")))

/** Sends a watcher all that a page shows. */
const whole = ({ parts }: Watched, watcher: Watcher): void => {
  watcher.missed = false
  watcher.write(partsEvent(parts))
}

export class Watchers extends Context.Service<
  Watchers,
  {
    /**
     * How a page is watched until the scope closes: the watcher is sent all its parts, then what changes. Answers with what is
     * to be run when a watcher that was full reads again. None where there is no such page.
     */
    readonly watch: (
      address: string
    ) => Effect.Effect<Option.Option<(watcher: Watcher) => Effect.Effect<() => void, never, Scope.Scope>>>
    /** Looks at the watched pages now: something was done that they show. */
    readonly look: Effect.Effect<void>
  }
>()("touchline/http/dashboard/Watchers") {
  static readonly layer = Layer.effect(
    Watchers,
    Effect.gen(function* () {
      const { pageOf } = yield* Pages
      const { scans } = yield* Picture
      const watched = yield* WatchedPages
      const others = yield* Others
      const turn = yield* Semaphore.make(1)
      const allowance = yield* makeAllowance(allowed)
      const outage = makeOutage({
        begins: "open pages cannot be brought up to date",
        ends: "open pages are brought up to date again"
      })

      const update = Effect.fnUntraced(function* (each: Watched) {
        const page = yield* pageOf(each.address)
        each.at = yield* Clock.currentTimeMillis
        if (Option.isNone(page)) return
        const pieces = changed(each.parts, page.value.parts)
        each.parts = page.value.parts
        each.isMoving = page.value.isMoving === true
        if (pieces.length === 0) return
        const event = partsEvent(pieces)
        for (const some of Arr.chunksOf(each.watchers, atOnce)) {
          for (const watcher of some) {
            if (watcher.isFull()) watcher.missed = true
            else if (watcher.missed) whole(each, watcher)
            else watcher.write(event)
          }
          yield* Effect.yieldNow
        }
      })

      /** Brings pages up to date: those of a scan as far as is allowed, what somebody waits for at once. */
      const updateAll = (pages: ReadonlyArray<Watched>, isAwaited = false) =>
        Effect.gen(function* () {
          for (const each of pages.toSorted((a, b) => a.at - b.at)) {
            if (each.watchers.size === 0) continue
            if (!isAwaited && !allowance.isLeft()) break
            yield* allowance.spend(update(each))
          }
          yield* outage.over
        }).pipe(
          Effect.catch(({ message }) => outage.met(message)),
          Effect.catchDefect((defect) => Effect.logError("a page broke", defect)),
          turn.withPermits(1)
        )

      let grantedAt = Number.NEGATIVE_INFINITY
      const scanned = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (now - grantedAt >= scansApart) {
          grantedAt = now
          allowance.grant()
        }
        return updateAll([...watched.values()])
      })
      const moving = Effect.suspend(() => updateAll([...watched.values()].filter(({ isMoving }) => isMoving)))
      const look = Effect.suspend(() => updateAll([...watched.values()], true))
      /** What other processes see comes by itself to nobody. */
      const askOthers = Effect.suspend(() => (watched.size === 0 ? Effect.void : others.refresh))

      const subscription = yield* PubSub.subscribe(scans)
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(PubSub.take(subscription), scanned)))
      yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.andThen(askOthers, moving), movingEvery)))

      const join = Effect.fnUntraced(function* (address: string, { isMoving = false, parts }: Page, watcher: Watcher) {
        const at = yield* Clock.currentTimeMillis
        const each = watched.get(address) ?? { address, parts, watchers: new Set<Watcher>(), at, isMoving }
        watched.set(address, each)
        each.watchers.add(watcher)
        whole(each, watcher)
        return each
      })

      const leave = (each: Watched, watcher: Watcher): void => {
        each.watchers.delete(watcher)
        if (each.watchers.size === 0) watched.delete(each.address)
      }

      return Watchers.of({
        watch: (address) =>
          Effect.map(pageOf(address).pipe(Effect.orDie), (page) =>
            Option.map(
              page,
              (first) => (watcher: Watcher) =>
                Effect.map(
                  Effect.acquireRelease(join(address, first, watcher), (each) =>
                    Effect.sync(() => leave(each, watcher))
                  ),
                  (each) => () => {
                    if (watcher.missed) whole(each, watcher)
                  }
                )
            )
          ),
        look
      })
    })
  )
}
