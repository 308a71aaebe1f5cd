/**
 * Keeps open pages up to date: what changed on a page is made once a scan, and sent to all who watch it.
 *
 * Guarantees: pages that nobody watches cost nothing. Bringing pages up to date takes `budget` of a scan at most, however many
 * are watched: those that were brought up to date longest ago come first, and the others with a later scan. What is sent is
 * made once for all who watch a page. A watcher that does not read is given no more than it takes; whoever has missed
 * something is sent the whole page when it reads again.
 */
import { Clock, Context, Duration, Effect, Layer, Option, PubSub, type Scope, Semaphore } from "effect"
import { makeOutage } from "../../health/Outage.ts"
import { Pages } from "./Pages.ts"
import { Picture } from "./Picture.ts"
import { type Packed, packed } from "./packed.ts"
import { changed, type Page, type Piece } from "./page.ts"
import { type Watched, WatchedPages, type Watcher } from "./WatchedPages.ts"

/** How long bringing pages up to date may take after a scan. What is begun then is ended. */
const budget = Duration.toMillis(Duration.millis(4))

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
      const turn = yield* Semaphore.make(1)
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
        for (const watcher of each.watchers) {
          if (watcher.isFull()) watcher.missed = true
          else if (watcher.missed) whole(each, watcher)
          else watcher.write(event)
        }
      })

      /** Brings pages up to date as far as time allows. */
      const updateAll = (pages: ReadonlyArray<Watched>) =>
        Effect.gen(function* () {
          const began = yield* Clock.monotonicTimeNanos
          for (const each of pages.toSorted((a, b) => a.at - b.at)) {
            if (each.watchers.size === 0) continue
            yield* update(each)
            const took = Number((yield* Clock.monotonicTimeNanos) - began) / 1e6
            if (took >= budget) break
          }
          yield* outage.over
        }).pipe(
          Effect.catch(({ message }) => outage.met(message)),
          Effect.catchDefect((defect) => Effect.logError("a page broke", defect)),
          turn.withPermits(1)
        )

      const all = Effect.suspend(() => updateAll([...watched.values()]))
      const moving = Effect.suspend(() => updateAll([...watched.values()].filter(({ isMoving }) => isMoving)))

      const subscription = yield* PubSub.subscribe(scans)
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(PubSub.take(subscription), all)))
      yield* Effect.forkScoped(Effect.forever(Effect.delay(moving, movingEvery)))

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
        look: all
      })
    })
  )
}
