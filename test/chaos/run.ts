/** One chaos run: things go wrong, then all is healed and drained, and what came of it is judged. */
import { cpSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { Effect, Schema } from "effect"
import { check, type Judged, type TriggerRow } from "./check.ts"
import { makeHistory } from "./History.ts"
import { drawNemeses, heal, runLane } from "./Nemeses.ts"
import { makeWorld, type World } from "./World.ts"

/** How long after its banner a process may take to its first poll, in milliseconds: two intervals. */
const starting = 4000

const decodeRows = Schema.decodeUnknownSync(
  Schema.Array(
    Schema.Struct({
      pair: Schema.String,
      count: Schema.Int,
      state: Schema.Literals(["pending", "sent", "failed", "expired"])
    })
  )
)
const decodeCounts = Schema.decodeUnknownSync(Schema.Tuple([Schema.Struct({ pending: Schema.Int, all: Schema.Int })]))

/** The pairs as the database has them. */
export const triggersOf = async ({ query }: World): Promise<ReadonlyArray<TriggerRow>> =>
  decodeRows(
    await query(`select s.name || '|' || t.home_team as pair, count(*)::int as count,
      min(case when t.alert_expired_at is not null then 'expired' else t.alert_state end) as state
      from triggers t join strategies s on s.id = t.strategy_id group by 1`)
  )

export const countsOf = async ({ query }: World) =>
  decodeCounts(
    await query(
      "select count(*) filter (where alert_state = 'pending')::int as pending, count(*)::int as all from triggers"
    )
  )[0]

/** The jobs that are in the queue of alerts, in whatever state. */
export const jobsOf = async ({ redis }: World): Promise<number> => {
  const sizes = await Promise.all([
    redis.ask("llen", "bull:send-alert:wait"),
    redis.ask("llen", "bull:send-alert:active"),
    ...["delayed", "prioritized", "failed"].map((state) => redis.ask("zcard", `bull:send-alert:${state}`))
  ])
  return sizes.reduce<number>((sum, size) => sum + Number(size), 0)
}

/** Waits until nothing is left to be sent, for as long as it gets less: but for so many milliseconds at most while it does not. */
export const drain = async (world: World, patience: number, say: (line: string) => void): Promise<boolean> => {
  const expected = world.evening.pairs.size
  let [least, since] = [Number.POSITIVE_INFINITY, performance.now()]
  for (let looks = 0; performance.now() - since < patience; looks += 1) {
    const [{ all, pending }, jobs] = [await countsOf(world), await jobsOf(world)]
    if (pending === 0 && jobs === 0 && all >= expected) return true
    if (looks % 10 === 0) say(`${all} of ${expected} triggers, ${pending} pending, ${jobs} jobs`)
    const left = Math.max(0, expected - all) + pending
    if (left < least) [least, since] = [left, performance.now()]
    await setTimeout(1000)
  }
  return false
}

export interface ChaosOptions {
  readonly seed: string
  readonly minutes: number
  readonly pairs: number
  readonly say: (line: string) => void
  /** The repository whose source the processes run. */
  readonly root?: string
  /** How long the drain may stand still, in milliseconds. */
  readonly patience: number
  /** Where logs and history are kept when something is wrong. */
  readonly keep?: string
}

/** What a run comes to: the object that is printed, and what is wrong in words. */
export const chaos = Effect.fnUntraced(function* ({ keep, minutes, pairs, patience, root, say, seed }: ChaosOptions) {
  const history = makeHistory()
  const world = yield* makeWorld({ seed, pairs, processes: 3, history, ...(root === undefined ? {} : { root }) })
  const ms = minutes * 60_000 * 0.75
  const calm = Math.min(60_000, Math.max(15_000, ms / 5))
  const { counts, lanes } = drawNemeses({ seed, minutes, world, history, say })
  say(
    `${world.evening.pairs.size} pairs, ${lanes[0].length} + ${lanes[1].length} nemeses in ${Math.round(ms / 1000)} s`
  )

  return yield* Effect.promise(async () => {
    for (const each of world.instances) each.start()
    while (new Set(history.runs.map(({ process }) => process)).size < world.instances.length) await setTimeout(100)
    const began = performance.now()
    world.follow(() => Math.min(1, (performance.now() - began) / (ms + calm)))
    await setTimeout(calm)
    const tell = (line: string) => say(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`)
    await Promise.all(lanes.map((lane) => runLane(lane, ms, tell)))
    world.follow(() => 1)
    await heal(world, history)
    tell("healed")
    const isDrained = await drain(world, patience, tell)
    // A second message would come with the next sweep.
    if (isDrained) await setTimeout(Math.min(35_000, calm))
    const healed = performance.now()
    const [{ pending }, jobs] = [await countsOf(world), await jobsOf(world)]
    const stops = await Promise.all(world.instances.map((each) => each.stop()))
    for (const { code } of stops) if (code !== 0) history.unexpected(`the last stop ended with ${code}`)
    const judged = check({
      pairs: world.evening.pairs,
      briefPair: world.evening.briefPair,
      triggers: await triggersOf(world),
      shownSince: world.shownSince,
      history,
      starting,
      healed
    })
    const result = {
      seed,
      ...counts,
      pairs: world.evening.pairs.size,
      triggers: judged.triggers,
      deliveries: judged.deliveries,
      duplicates: judged.duplicates,
      explained: judged.explained,
      windowMs: judged.windowMs,
      lost: judged.lost.length,
      expired: judged.expired,
      silentMs: judged.silentMs,
      worstDelayMs: judged.worstDelayMs,
      stuckJobs: jobs,
      pendingLeft: pending,
      unexpectedExits: history.unexpectedExits.length,
      unhandled: history.unhandledLines.length,
      brief: judged.brief.shown,
      briefCalm: judged.brief.calm,
      briefMissed: judged.brief.missed.length
    }
    const problems = problemsOf(judged, result, history)
    if (problems.length > 0 && keep !== undefined) {
      cpSync(world.directory, keep, { recursive: true })
      writeFileSync(join(keep, "history.json"), JSON.stringify(history))
    }
    return { result, problems, history }
  })
})

/** What must not be, in words. */
const problemsOf = (
  judged: Judged,
  result: { readonly silentMs: number; readonly stuckJobs: number; readonly pendingLeft: number },
  { unexpectedExits, unhandledLines }: ReturnType<typeof makeHistory>
): ReadonlyArray<string> => [
  ...judged.lost.slice(0, 5).map((pair) => `lost: ${pair}`),
  ...judged.doubled.map((pair) => `two triggers: ${pair}`),
  ...judged.unexpected.slice(0, 5).map((pair) => `not expected: ${pair}`),
  ...judged.brief.missed.map((pair) => `missed while all was well: ${pair}`),
  ...judged.unexplained.map(
    ({ deliveries, pair }) => `a second message without a reason: ${pair} ${JSON.stringify(deliveries)}`
  ),
  ...(result.silentMs > silenceBound ? [`no poll for ${judged.silentMs} ms, until ${judged.silentAt} s`] : []),
  ...(result.stuckJobs > 0 ? [`${result.stuckJobs} jobs are stuck`] : []),
  ...(result.pendingLeft > 0 ? [`${result.pendingLeft} alerts are pending`] : []),
  ...unexpectedExits,
  ...unhandledLines
]

/** Three intervals, none of which counts as shorter than 5 s. */
const silenceBound = 15_000
