/**
 * Makes pages of each kind beside the first scans, for nobody: code that runs for the first time takes several times what it
 * takes later, and whoever asks for the first page of a process would wait for it.
 *
 * Guarantees: it begins when a scan has been made, never holds the thread for longer than one page takes, and ends.
 */
import { Clock, Effect, Option, PubSub } from "effect"
import { isInPlay } from "../../domain/Snapshot.ts"
import { PageStore } from "./PageStore.ts"
import { Pages } from "./Pages.ts"
import { Picture } from "./Picture.ts"
import { document, type Files } from "./page.ts"
import { matchPath } from "./pages/now.ts"
import { encoded } from "./words.ts"

/** How often each page is made: what ran so often is about as fast as it gets. */
const times = 3

/** What else the thread has to do comes before the next page. */
const apart = "200 millis"

/** Until the scope closes, or all pages were made. Fails never: whoever asks for a page that cannot be made is told why. */
export const warmUp = Effect.fnUntraced(function* (names: Files) {
  const picture = yield* Picture
  const { pageOf } = yield* Pages
  const { records } = yield* PageStore
  const subscription = yield* PubSub.subscribe(picture.scans)

  const make = Effect.fnUntraced(function* (address: string) {
    yield* Effect.sleep(apart)
    const page = yield* pageOf(address)
    yield* Effect.yieldNow
    if (Option.isSome(page)) document(page.value, names, address)
  })

  const all = Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const match = picture.all().find(({ snapshot }) => isInPlay(snapshot.clock))
    const [strategy] = yield* records(undefined, 1)
    const addresses = [
      "/",
      ...(match === undefined ? [] : [matchPath(match.snapshot.match.id)]),
      "/alerts",
      "/strategies",
      ...(strategy === undefined ? [] : [`/strategies/${encoded(strategy.id)}`]),
      "/strategies/new",
      "/system"
    ]
    for (let time = 0; time < times; time++) yield* Effect.forEach(addresses, make, { discard: true })
    yield* Effect.annotateLogs(Effect.logDebug("pages are warm"), { ms: (yield* Clock.currentTimeMillis) - began })
  }).pipe(
    Effect.catch(({ message }) => Effect.annotateLogs(Effect.logDebug("pages are not warm"), { reason: message }))
  )

  yield* Effect.forkScoped(Effect.andThen(PubSub.take(subscription), all))
})
