/**
 * What a feed keeps for longer than a poll and shares with the same feed in other instances: figures from before kick-off,
 * asked for once a day, and when its provider may be asked again.
 *
 * Guarantees: nothing here fails or takes long. Where the database does not answer, what this process has kept itself is what
 * there is, and a line says so once.
 */
import { Clock, Context, Duration, Effect, Layer, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { makeOutage } from "../health/Outage.ts"

/** Values by their names; each is JSON. */
export type Notes = { readonly [name: string]: unknown }

export class FeedMemory extends Context.Service<
  FeedMemory,
  {
    /** The notes of a feed that have one of these names and have not expired. */
    readonly recall: (feed: string, names: ReadonlyArray<string>) => Effect.Effect<Notes>
    /** Keeps notes for a while, in the place of those of the same name. */
    readonly keep: (feed: string, notes: Notes, keepFor: Duration.Duration) => Effect.Effect<void>
  }
>()("touchline/feed/FeedMemory") {
  /** In memory: it knows what this process has kept. */
  static readonly layerMemory = Layer.sync(FeedMemory, () => FeedMemory.of(inMemory()))

  /** On the database, for all instances. */
  static readonly layer = Layer.effect(
    FeedMemory,
    Effect.suspend(() => onDatabase({ writes: true }))
  )

  /** It reads what is on the database and leaves no trace there. */
  static readonly layerPreview = Layer.effect(
    FeedMemory,
    Effect.suspend(() => onDatabase({ writes: false }))
  )
}

/** How long the database may take over one answer: a poll waits for it. */
const answerWithin = Duration.seconds(1)

/** Notes that are kept in one call. */
const notesPerCall = 200

/** Notes in this process; those that have expired go when others come. */
const inMemory = (): FeedMemory["Service"] => {
  const kept = new Map<string, { readonly value: unknown; readonly until: number }>()
  const keyOf = (feed: string, name: string) => `${feed}/${name}`
  return {
    recall: (feed, names) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        Object.fromEntries(
          names.flatMap((name) => {
            const note = kept.get(keyOf(feed, name))
            return note === undefined || note.until <= now ? [] : [[name, note.value]]
          })
        )
      ),
    keep: (feed, notes, keepFor) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const [key, { until }] of kept) if (until <= now) kept.delete(key)
        const until = now + Duration.toMillis(keepFor)
        for (const [name, value] of Object.entries(notes)) kept.set(keyOf(feed, name), { value, until })
      })
  }
}

const decodeNotes = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ note: Schema.String, value: Schema.Unknown }))
)

const onDatabase = Effect.fnUntraced(function* ({ writes }: { readonly writes: boolean }) {
  const { call } = yield* Database
  const own = inMemory()
  const outage = makeOutage({
    part: "database",
    begins: "what feeds keep is kept in memory: the database does not answer",
    ends: "what feeds keep is on the database again"
  })
  const ask = (operation: string, args: { readonly [name: string]: unknown }) =>
    call(operation, args).pipe(
      Effect.timeoutOrElse({
        duration: answerWithin,
        orElse: () => Effect.fail({ message: `no answer within ${Duration.format(answerWithin)}` })
      }),
      Effect.tap(() => outage.over)
    )
  return FeedMemory.of({
    recall: Effect.fn("FeedMemory.recall")(function* (feed, names) {
      const mine = yield* own.recall(feed, names)
      return yield* ask("feed_notes_of", { of_feed: feed, names }).pipe(
        Effect.flatMap(decodeNotes),
        // In a preview what was kept since is here and nowhere else.
        Effect.map((rows): Notes => {
          const shared = Object.fromEntries(rows.map(({ note, value }) => [note, value]))
          return writes ? { ...mine, ...shared } : { ...shared, ...mine }
        }),
        Effect.catch(({ message }) => Effect.as(outage.met(message), mine))
      )
    }),
    keep: Effect.fn("FeedMemory.keep")(function* (feed, notes, keepFor) {
      yield* own.keep(feed, notes, keepFor)
      const entries = Object.entries(notes).map(([note, value]) => ({ note, value }))
      if (!writes || entries.length === 0) return
      const pages = Array.from({ length: Math.ceil(entries.length / notesPerCall) }, (_, page) =>
        entries.slice(page * notesPerCall, (page + 1) * notesPerCall)
      )
      yield* Effect.forEach(pages, (page) =>
        ask("keep_feed_notes", { of_feed: feed, notes: page, seconds: Math.ceil(Duration.toSeconds(keepFor)) })
      ).pipe(Effect.catch(({ message }) => outage.met(message)))
    })
  })
})
