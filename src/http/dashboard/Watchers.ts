/**
 * Keeps open pages up to date: what changed on a page is made once a scan, and sent to all who watch it.
 *
 * Guarantees: pages that nobody watches cost nothing. Making pages and sending them takes `perScan` of the processor for each
 * scan, whoever watches: pages take turns, the one whose turn is longest ago first, and what does not fit follows with a later
 * scan. Where all fits, each page follows every scan. In its turn a page is made, or, where it shows the
 * database alone and nothing changed there, its top alone. What is broken follows on all pages within seconds, whether there are
 * scans or not. What is sent is made once for all who watch a page. A watcher that does not read is given no more than it takes;
 * whoever has missed something is sent the whole page when it reads again.
 */
import { Clock, Context, Duration, Effect, Latch, Layer, Option, PubSub, type Scope, Semaphore, Stream } from "effect"
import type { DatabaseError } from "../../database/Database.ts"
import { makeOutage } from "../../health/Outage.ts"
import { makeAllowance } from "./Allowance.ts"
import { Others } from "./Others.ts"
import { Pages } from "./Pages.ts"
import { Picture } from "./Picture.ts"
import { type Packed, packed } from "./packed.ts"
import { changed, type Page, type Part, type Piece } from "./page.ts"
import { Troubles } from "./Troubles.ts"
import { IsRenewal, keptFor } from "./Unchanged.ts"
import { type Watched, WatchedPages, type Watcher } from "./WatchedPages.ts"

/**
 * What bringing pages up to date may take of the processor for each scan, in milliseconds, how much of it is saved at most, and
 * how much is owed at most: after six scans at the latest some page has its turn, whatever one before it took.
 */
export const allowed = { perScan: 2.5, most: 200, mostOwed: 15 } as const

/** Shards of one scan come sooner after each other than this. */
const scansApart = Duration.toMillis(Duration.seconds(1))

/** Watchers that are sent something in one turn of the event loop: a scan that begins waits for no more, some 3 ms. */
const atOnce = 200

/** How soon a page on which something is about to change is looked at again. */
const movingEvery = Duration.seconds(1)

/** How soon what other processes tell is looked at again. What this one knows to be broken makes itself heard. */
const lookEvery = Duration.seconds(15)

/** How soon it is looked at what other processes have seen of the matches. */
const othersEvery = Duration.seconds(5)

/** An event of a stream of events: its data, line by line. */
const event = (name: string, data: string): string =>
  `event: ${name}\n${data
    .split("\n")
    .map((line) => `data: ${line}`)
    .join("\n")}\n\n`

const partsEvent = (pieces: ReadonlyArray<Piece>): Packed =>
  packed(event("parts", pieces.map(({ html }) => html.text).join("\n")))

/** Sends a watcher all that a page shows. */
const whole = (page: Watched, watcher: Watcher): void => {
  page.whole ??= partsEvent(page.parts)
  watcher.missed = false
  watcher.write(page.whole)
}

export class Watchers extends Context.Service<
  Watchers,
  {
    /**
     * How a page is watched until the scope closes: the watcher is sent all its parts, then what changes. Answers with what is
     * to be run when a watcher that was full reads again. None where there is no such page. Fails where it cannot be made now.
     */
    readonly watch: (
      address: string
    ) => Effect.Effect<
      Option.Option<(watcher: Watcher) => Effect.Effect<() => void, never, Scope.Scope>>,
      DatabaseError
    >
    /** Looks at the watched pages now: something was done that they show. */
    readonly look: Effect.Effect<void>
  }
>()("touchline/http/dashboard/Watchers") {
  static readonly layer = Layer.effect(
    Watchers,
    Effect.gen(function* () {
      const { mark, pageOf, top } = yield* Pages
      const { scans } = yield* Picture
      const watched = yield* WatchedPages
      const others = yield* Others
      const troubles = yield* Troubles
      const turn = yield* Semaphore.make(1)
      /** Of those who bring a page to something: what is broken is told while another page waits for the database. */
      const sending = yield* Semaphore.make(1)
      /** Open once something is about to change on a page, or what is broken may be something else. */
      const begins = yield* Latch.make()
      const allowance = yield* makeAllowance(allowed)
      let turns = 0
      /** Pages that could not be made in their last turn. */
      const failing = new Set<Watched>()
      const outage = makeOutage({
        begins: "open pages cannot be brought up to date",
        ends: "open pages are brought up to date again"
      })

      /** Brings a page to these parts, and sends what changed, as `pack` makes it. */
      const renew = Effect.fnUntraced(function* (each: Watched, parts: ReadonlyArray<Part>, pack = partsEvent) {
        const pieces = changed(each.parts, parts)
        each.parts = parts
        if (pieces.length === 0) return
        each.whole = undefined
        const event = pack(pieces)
        let written = 0
        for (const watcher of each.watchers) {
          if (written > 0 && written % atOnce === 0) yield* Effect.yieldNow
          if (watcher.isFull()) watcher.missed = true
          else if (watcher.missed) whole(each, watcher)
          else watcher.write(event)
          written += 1
        }
      }, sending.withPermits(1))

      /** Makes a page anew. False: there is none any more at its address. */
      const update = Effect.fnUntraced(function* (each: Watched) {
        const [at, marked] = [yield* Clock.currentTimeMillis, yield* mark]
        const page = yield* Effect.provideService(pageOf(each.address), IsRenewal, true)
        each.at = at
        each.mark = marked
        each.isMoving = Option.isSome(page) && page.value.isMoving === true
        if (each.isMoving) yield* begins.open
        if (Option.isSome(page)) {
          yield* renew(each, page.value.parts)
          lookAgain(page.value.parts)
        }
        return Option.isSome(page)
      })

      const troubleIn = (parts: ReadonlyArray<Part>) => parts.find(({ id }) => id === "troubles")?.html.text
      /** What is broken, as of the last look; undefined while nobody looks. */
      let told: string | undefined
      /** A page that was begun before the last look tells what was broken then. */
      const lookAgain = (parts: ReadonlyArray<Part>): void => {
        if (troubleIn(parts) !== told) begins.openUnsafe()
      }

      const topAgain = Effect.provideService(top, IsRenewal, true)

      /** What brings the tops of pages up to date: most of them had the same, and are sent the same bytes. */
      const makeUpdateTop = Effect.map(topAgain, (parts) => {
        const now = new Map(parts.map((part) => [part.id, part]))
        const events = new Map<string, Packed>()
        const pack = (pieces: ReadonlyArray<Piece>) => {
          const which = pieces.map(({ id }) => id).join()
          const event = events.get(which) ?? partsEvent(pieces)
          events.set(which, event)
          return event
        }
        return (each: Watched) =>
          renew(
            each,
            each.parts.map((part) => now.get(part.id) ?? part),
            pack
          )
      })

      /** Whether a page may show something else than it does, as far as there is telling. */
      const mayDiffer = (
        { at, isKept, isMoving, mark: made }: Watched,
        mark: string | undefined,
        now: number
      ): boolean => !isKept || isMoving || mark === undefined || made !== mark || now - at >= keptFor

      /** Gives pages their turns: as far as is allowed, or, where somebody waits for it, to all of them. */
      const takeTurns = Effect.fnUntraced(function* (pages: ReadonlyArray<Watched>, isAwaited = false) {
        const now = yield* Clock.currentTimeMillis
        const marked = yield* mark
        let updateTop: Effect.Success<typeof makeUpdateTop> | undefined
        const topOf = (each: Watched) =>
          Effect.gen(function* () {
            updateTop ??= yield* makeUpdateTop
            yield* updateTop(each)
          })
        for (const each of pages.toSorted((a, b) => a.turn - b.turn)) {
          if (!isAwaited && !allowance.isLeft()) break
          // What else there is to do comes between pages, at nobody's expense.
          yield* Effect.yieldNow
          // A page that cannot be made has had its turn too.
          each.turn = ++turns
          const made = Effect.flatMap(update(each), (isThere) => {
            failing.delete(each)
            // Its top goes on.
            return isThere ? Effect.void : topOf(each)
          })
          yield* allowance.spend(isAwaited || mayDiffer(each, marked, now) ? made : topOf(each)).pipe(
            Effect.catch(({ message }) => {
              failing.add(each)
              return Effect.andThen(outage.met(message), allowance.spend(topOf(each)))
            }),
            Effect.catchDefect((defect) => Effect.logError("a page broke", defect))
          )
        }
        for (const each of failing) if (watched.get(each.address) !== each) failing.delete(each)
        if (failing.size === 0) yield* outage.over
      })

      let grantedAt = Number.NEGATIVE_INFINITY
      const all = Effect.sync(() => [...watched.values()])
      const scanned = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        if (now - grantedAt >= scansApart) {
          grantedAt = now
          allowance.grant()
        }
        yield* takeTurns(yield* all)
      })
      const moving = Effect.flatMap(all, (pages) => takeTurns(pages.filter((each) => each.isMoving)))
      const lookAtTroubles = Effect.gen(function* () {
        const pages = yield* all
        const trouble = pages.length === 0 ? undefined : troubleIn(yield* topAgain)
        told = trouble
        // A page may have been made since the last look, and tell of what is over again.
        const untold = pages.filter(({ parts }) => troubleIn(parts) !== trouble)
        if (untold.length > 0)
          yield* allowance.spend(
            Effect.flatMap(makeUpdateTop, (updateTop) => Effect.forEach(untold, updateTop, { discard: true }))
          )
      })
      const look = Effect.flatMap(all, (pages) => takeTurns(pages, true))
      /** What other processes see comes by itself to nobody. */
      const askOthers = Effect.suspend(() => (watched.size === 0 ? Effect.void : others.refresh))

      const subscription = yield* PubSub.subscribe(scans)
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(PubSub.take(subscription), turn.withPermits(1)(scanned))))
      yield* Effect.forkScoped(Stream.runForEach(troubles.changes, () => begins.open))
      const isMoving = Effect.map(all, (pages) => allowance.isLeft() && pages.some((each) => each.isMoving))
      const nextLook = Effect.gen(function* () {
        yield* Effect.sleep(movingEvery)
        if (!(yield* isMoving)) yield* Effect.timeoutOption(begins.await, lookEvery)
        // What begins during the look is looked at again.
        yield* begins.close
      })
      // Whose turn takes long, or who waits for the database in it, keeps nobody from hearing what is broken.
      const movingBeside = Effect.flatMap(all, (pages) =>
        pages.some((each) => each.isMoving) ? Effect.forkScoped(turn.withPermitsIfAvailable(1)(moving)) : Effect.void
      )
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(nextLook, Effect.andThen(lookAtTroubles, movingBeside))))
      if (others.isAny) yield* Effect.forkScoped(Effect.forever(Effect.delay(askOthers, othersEvery)))

      const begin = Effect.fnUntraced(function* (address: string) {
        const [at, marked] = [yield* Clock.currentTimeMillis, yield* mark]
        return Option.map(yield* pageOf(address), ({ isKept = false, isMoving = false, parts }: Page) => {
          const watchers = new Set<Watcher>()
          const turn = ++turns
          if (isMoving) begins.openUnsafe()
          return {
            address,
            parts,
            whole: undefined,
            watchers,
            turn,
            at,
            mark: marked,
            isMoving,
            isKept
          } satisfies Watched
        })
      })

      const join = (page: Watched, watcher: Watcher) =>
        Effect.sync(() => {
          // Somebody else may have begun meanwhile.
          const each = watched.get(page.address) ?? page
          watched.set(each.address, each)
          each.watchers.add(watcher)
          whole(each, watcher)
          lookAgain(each.parts)
          return each
        })

      const leave = (each: Watched, watcher: Watcher): void => {
        each.watchers.delete(watcher)
        if (each.watchers.size === 0) watched.delete(each.address)
      }

      return Watchers.of({
        watch: Effect.fnUntraced(function* (address) {
          // What others watch is up to date: after a restart all come at once.
          const known = watched.get(address)
          return Option.map(
            known === undefined ? yield* begin(address) : Option.some(known),
            (first) => (watcher: Watcher) =>
              Effect.map(
                Effect.acquireRelease(join(first, watcher), (each) => Effect.sync(() => leave(each, watcher))),
                (each) => () => {
                  if (watcher.missed) whole(each, watcher)
                }
              )
          )
        }),
        look: turn.withPermits(1)(look)
      })
    })
  )
}
