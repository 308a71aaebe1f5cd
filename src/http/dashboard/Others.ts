/**
 * What other processes saw of the matches. Ticks and shards are worked by whichever process takes them; the pages of each show
 * all matches. The last poll is on the database for all of them, and so are the pasts of matches and what has fired: what this
 * process has not judged since is made of these. Whose clock stands still is told by the process that found it so.
 *
 * Guarantees: nothing is asked for while nobody looks, and once in a second however many look. No page waits longer than a
 * second; what comes later is on it with the next look. Nothing is written, and no scan knows of it.
 */
import { Array as Arr, Clock, Context, Duration, Effect, Fiber, Layer, Option, Result, Schema, Semaphore } from "effect"
import { Database, type DatabaseError } from "../../database/Database.ts"
import { TriggerStore } from "../../database/TriggerStore.ts"
import { decodeSnapshot } from "../../domain/decodeSnapshot.ts"
import { compareMatchMinutes, isInPlay, type MatchMinute, type Snapshot } from "../../domain/Snapshot.ts"
import { Instances } from "../../health/Instances.ts"
import { makeOutage } from "../../health/Outage.ts"
import { MatchHistory } from "../../history/MatchHistory.ts"
import { QueueBackend } from "../../queue/QueueBackend.ts"
import { type LastPoll, lastPollNote, pollOf } from "../../recording/lastPoll.ts"
import { makeKnownPairs } from "../../scan/KnownPairs.ts"
import { nearby } from "../../scan/nearby.ts"
import { makeWatching } from "../../scan/watching.ts"
import { Picture } from "./Picture.ts"

/** How long an answer is good for. */
const goodFor = Duration.toMillis(Duration.seconds(1))

/** How long a page waits for it. */
const waitsFor = Duration.seconds(1)

/** Matches that are taken in one go: the thread is free between. */
const atOnce = 50

export const Others = Context.Reference<{
  /** Brings the picture up to what other processes have seen. Never fails. */
  readonly refresh: Effect.Effect<void>
  /** Whether there may be other processes. */
  readonly isAny: boolean
}>("touchline/http/dashboard/Others", { defaultValue: () => ({ refresh: Effect.void, isAny: false }) })

const Note = Schema.StructWithRest(Schema.Struct({ poll: Schema.String }), [
  Schema.Record(Schema.String, Schema.Unknown)
])
const decodeNotes = Schema.decodeUnknownOption(Schema.Tuple([Schema.Struct({ value: Note })]))

const snapshotsOf = ({ matches }: LastPoll): ReadonlyArray<Snapshot> =>
  matches.flatMap((shown) => Option.toArray(Option.map(Result.getSuccess(decodeSnapshot(shown)), (it) => it.snapshot)))

const make = Effect.fnUntraced(function* (feed: string) {
  const picture = yield* Picture
  const { call } = yield* Database
  const { triggered } = yield* TriggerStore
  const history = yield* MatchHistory
  const instances = yield* Instances
  const scope = yield* Effect.scope
  const known = makeKnownPairs({ ttl: Number.POSITIVE_INFINITY })
  const watching = yield* makeWatching(known)
  const turn = yield* Semaphore.make(1)
  const outage = makeOutage({
    part: "pages",
    begins: "pages do not show what other processes see",
    ends: "pages show what other processes see again"
  })
  let askedAt = Number.NEGATIVE_INFINITY
  let takenAt = Number.NEGATIVE_INFINITY
  let taken: string | undefined

  /** Whose clock any process found to stand, and has not gone on from there. */
  const standing = Effect.map(instances.all, ({ instances: all }) => {
    const clocks = new Map<string, MatchMinute>()
    for (const each of all.flatMap((instance) => instance.standing ?? [])) {
      const before = clocks.get(each.match)
      if (before === undefined || compareMatchMinutes(each, before) > 0) clocks.set(each.match, each)
    }
    return ({ clock, match }: Snapshot): boolean => {
      const stood = clocks.get(match.id)
      return stood !== undefined && compareMatchMinutes(clock, stood) <= 0
    }
  })

  const take = Effect.fnUntraced(function* (
    snapshots: ReadonlyArray<Snapshot>,
    at: number,
    stands: (snapshot: Snapshot) => boolean
  ) {
    const ids = snapshots.map(({ match }) => match.id)
    const timelines = yield* history.look(snapshots)
    const fired = yield* triggered(ids)
    const { rules } = yield* watching
    const now = yield* Clock.currentTimeMillis
    for (const id of ids) known.answered(id, fired.get(id) ?? [], now)
    const views = snapshots
      .filter((snapshot) => isInPlay(snapshot.clock) && !stands(snapshot))
      .map((snapshot) => ({ snapshot, timeline: timelines.get(snapshot.match.id) ?? [] }))
    yield* picture.take({ snapshots, timelines, views, nearby: (some, most) => nearby(rules, known, some, most) }, at)
  })

  const ask = Effect.gen(function* () {
    const rows = yield* call("feed_notes_of", { of_feed: feed, names: [lastPollNote] })
    const note = Option.map(decodeNotes(rows), ([{ value }]) => value)
    // Unpacking it takes much longer than seeing that it is the same.
    const poll = Option.isSome(note) && note.value.poll === taken ? Option.none() : Option.flatMap(note, pollOf)
    if (Option.isSome(poll) && poll.value.at > takenAt) {
      const { at } = poll.value
      // What this process judged since then it knows better.
      const unseen = snapshotsOf(poll.value).filter(({ match }) => (picture.find(match.id)?.at ?? 0) < at)
      const stands = yield* standing
      yield* Effect.forEach(
        Arr.chunksOf(unseen, atOnce),
        (some) => Effect.andThen(take(some, at, stands), Effect.yieldNow),
        {
          discard: true
        }
      )
      takenAt = at
    }
    taken = Option.getOrUndefined(note)?.poll
    yield* outage.over
  }).pipe(
    Effect.catch(({ message }: DatabaseError) => outage.met(message)),
    turn.withPermitsIfAvailable(1)
  )

  return {
    isAny: true,
    refresh: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (now - askedAt < goodFor) return
      askedAt = now
      const asking = yield* Effect.forkIn(ask, scope)
      yield* Effect.timeoutOption(Fiber.await(asking), waitsFor)
    })
  }
})

/** Of this feed, by its name in the settings. A process that has the queues to itself is the only one. */
export const layerOthers = (feed: string) =>
  Layer.effect(
    Others,
    Effect.flatMap(QueueBackend, ({ exclusive }) => (exclusive ? Effect.succeed(Others.defaultValue()) : make(feed)))
  ).pipe(Layer.provide(MatchHistory.layerLooking))
