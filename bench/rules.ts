/**
 * How fast the rules engine is: `npm run bench:rules`, with `-- --json` for one object on the last line of stdout.
 *
 * One core. A pair is one strategy on one match. The engine's time is the whole of a tick's evaluation, from snapshots and
 * timelines to the list of the pairs that fired; it is the median over ticks in which every match goes on by a minute.
 * Peers get their facts read beforehand, and the shortest of several runs counts. First every peer must fire exactly the
 * pairs that the engine fires. `-- --quick` leaves the sizes out that need gigabytes.
 */
import { type Strategy, StrategyId } from "../src/domain/Strategy.ts"
import { seeded } from "../src/feed/simulated/SimulatedMatch.ts"
import { evaluate, type View } from "../src/rules/evaluate.ts"
import * as RuleSet from "../src/rules/RuleSet.ts"
import { best, bestOf, bytesHeld, median } from "./rules/measure.ts"
import { type Peer, peers } from "./rules/peers.ts"
import { makeStrategies, type Taste } from "./rules/strategies.ts"
import { decodeMatches, drawViews, loadMatches, playMatches } from "./rules/views.ts"

const json = process.argv.includes("--json")
const quick = process.argv.includes("--quick")

const count = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 })
const say = (text = ""): void => console.log(text)
const line = (label: string, ...values: ReadonlyArray<string>): void =>
  say(`  ${label.padEnd(50)}${values.map((value) => value.padStart(20)).join("")}`)
const rate = (pairs: number, elapsed: number): number => Math.round((1000 * pairs) / elapsed)
const perSecond = (pairs: number): string =>
  pairs >= 1e9 ? `${(pairs / 1e9).toFixed(2)} G/s` : `${count.format(pairs / 1e6)} M/s`
const ms = (elapsed: number): string => `${count.format(elapsed)} ms`

const { matches: recorded, source } = loadMatches()
const matches = decodeMatches({ matches: recorded, source })
const next = seeded("bench:rules")
const ticks = playMatches(matches, 1000, 31, next)
const [views = []] = ticks
const competitions = [...new Set(views.map(({ snapshot }) => snapshot.match.competition.id))]
const generate = makeStrategies(views, competitions, "usual")
const strategies = generate(100_000, next)

/** The pairs that a rule set of these strategies fires, as a peer gives them. */
const firedPairs = (some: ReadonlyArray<Strategy>, on: ReadonlyArray<View>): ReadonlyArray<number> => {
  const fired = RuleSet.make(some).fired(on)
  return Array.from(fired.views, (view, index) => (fired.strategies[index] ?? 0) * on.length + view)
}

const sameOrThrow = (name: string, ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): void => {
  const expected = Float64Array.from(ours).sort()
  const found = Float64Array.from(theirs).sort()
  const at = expected.findIndex((pair, index) => pair !== found[index])
  if (expected.length === found.length && at < 0) return
  throw new Error(`${name} fires ${found.length} pairs and the engine ${expected.length}; first difference at ${at}`)
}

/** How many of the pairs of some strategies fire; fails when the engine and the reference evaluator do not agree on them. */
const checkedPairs = (all: ReadonlyArray<Strategy>): ReadonlyArray<number> => {
  const some = all.slice(0, 500)
  const on = views.slice(0, 200)
  const ours = firedPairs(some, on)
  const reference = some.flatMap((strategy, number) =>
    on.flatMap((view, index) => (evaluate(strategy, view) === undefined ? [] : [number * on.length + index]))
  )
  sameOrThrow("the reference evaluator", ours, reference)
  return ours
}

const agreement = async (): Promise<number> => {
  const ours = checkedPairs(strategies)
  for (const { name, prepare } of peers) {
    sameOrThrow(name, ours, await prepare(strategies.slice(0, 500), views.slice(0, 200))())
  }
  return ours.length
}

/** Compiles strategies and evaluates them tick after tick. */
const live = (some: ReadonlyArray<Strategy>) => {
  const { elapsed: compileMs, result: ruleSet } = best(3, () => RuleSet.make(some))
  const timed = ticks.map((on) => {
    const { elapsed, result } = best(1, () => ruleSet.fired(on))
    return { elapsed, fired: result.views.length }
  })
  // The first tick also reads the past into rows, which later ticks come back to.
  const [first, ...later] = timed.map(({ elapsed }) => elapsed)
  const elapsedMs = median(later)
  const pairs = some.length * views.length
  const fired = timed.reduce((sum, each) => sum + each.fired, 0) / timed.length
  return {
    pairsPerSecond: rate(pairs, elapsedMs),
    elapsedMs,
    slowestMs: Math.max(...later),
    firstTickMs: first ?? Number.NaN,
    pairs,
    fired: Math.round(fired),
    firedShare: fired / pairs,
    conditions: ruleSet.conditions(),
    compileMs,
    ruleSet
  }
}

/** The same for strategies that share less. */
const otherTaste = (taste: Taste) => {
  const all = makeStrategies(views, competitions, taste)(100_000, seeded(`bench:rules ${taste}`))
  checkedPairs(all)
  const { ruleSet, ...figures } = live(all)
  return { taste, ...figures }
}

const measurePeer = async ({ prepare, share: [most, on] }: Peer) => {
  const some = strategies.slice(0, most)
  const someViews = views.slice(0, on)
  const run = prepare(some, someViews)
  return { pairs: most * on, pairsPerSecond: rate(most * on, await bestOf(3, run)) }
}

/** Ten strategies on a hundred matches: a service on its first day. */
const small = async () => {
  const some = strategies.slice(0, 10)
  const on = views.slice(0, 100)
  const ruleSet = RuleSet.make(some)
  const microseconds = async (run: () => unknown): Promise<number> => {
    const batch = () => {
      for (let times = 0; times < 200; times++) run()
    }
    await bestOf(20, batch)
    return (1000 * (await bestOf(30, batch))) / 200
  }
  const engine = await microseconds(() => ruleSet.fired(on))
  const timesOf: { [name: string]: number } = {}
  for (const peer of peers.filter(({ name }) => name.startsWith("closures"))) {
    timesOf[peer.name] = await microseconds(peer.prepare(some, on))
  }
  return { engine, ...timesOf }
}

/**
 * Bytes held for each strategy, not counting the strategies themselves and what fired: compiled, and with the working
 * memory and the rows of past moments that a tick leaves behind.
 */
const memory = () => {
  const before = bytesHeld()
  const ruleSet = RuleSet.make(strategies)
  const compiled = bytesHeld()
  ruleSet.fired(views)
  const evaluated = bytesHeld()
  return {
    compiled: Math.round((compiled - before) / strategies.length),
    withWorkingMemory: Math.round((evaluated - before) / ruleSet.size())
  }
}

/** How long adding and removing take, one by one, in microseconds. */
const changes = (ruleSet: RuleSet.RuleSet) => {
  // The ids of the first strategies with other conditions, as when users edit theirs.
  const edited = generate(5000, seeded("edited"))
  const each = (run: (strategy: Strategy) => unknown): number =>
    best(1, () => edited.forEach(run)).elapsed / edited.length
  const replace = each(ruleSet.add)
  const remove = each(({ id }) => ruleSet.remove(id))
  const add = each(ruleSet.add)
  return { replaceMicroseconds: 1000 * replace, removeMicroseconds: 1000 * remove, addMicroseconds: 1000 * add }
}

/** The time of a tick and of compiling for these strategies: the median over sets of views, of which the first warms up. */
const size = (some: ReadonlyArray<Strategy>, sets: ReadonlyArray<ReadonlyArray<View>>) => {
  const { elapsed: compileMs, result: ruleSet } = best(1, () => RuleSet.make(some))
  const timed = sets.map((on) => {
    const { elapsed, result } = best(1, () => ruleSet.fired(on))
    return { elapsed, fired: result.views.length }
  })
  const on = sets[0]?.length ?? 0
  const pairs = some.length * on
  const elapsedMs = median(timed.slice(1).map(({ elapsed }) => elapsed))
  return {
    strategies: some.length,
    views: on,
    elapsedMs,
    pairsPerSecond: rate(pairs, elapsedMs),
    firedShare: (timed.at(-1)?.fired ?? 0) / pairs,
    conditions: ruleSet.conditions(),
    compileMs
  }
}

const scaling = () => {
  const byStrategies = [1000, 10_000, 100_000].map((most) => size(strategies.slice(0, most), ticks))
  if (!quick) {
    const more = generate(900_000, next).map((strategy, index) => ({ ...strategy, id: StrategyId.make(`m${index}`) }))
    byStrategies.push(size([...strategies, ...more], ticks.slice(0, 6)))
  }
  const draw = drawViews(matches)
  const byViews = (quick ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000]).map((most) =>
    size(
      strategies.slice(0, 1000),
      Array.from({ length: Math.max(3, 30_000 / most) }, () => draw(most, next))
    )
  )
  return { byStrategies, byViews }
}

const peerReport = async (ours: number) => {
  const report: { [name: string]: { pairsPerSecond: number; ratio: number; pairs: number } } = {}
  for (const peer of peers) {
    const { pairs, pairsPerSecond } = await measurePeer(peer)
    const ratio = Math.round((10 * ours) / pairsPerSecond) / 10
    report[peer.name] = { pairsPerSecond, ratio, pairs }
    line(peer.what, perSecond(pairsPerSecond), `${count.format(ratio)} x`, `${count.format(pairs)} pairs`)
  }
  return report
}

const sizes = (title: string, rows: ReadonlyArray<ReturnType<typeof size>>): void => {
  say()
  line(title, "tick", "pairs", "fired", "conditions", "compiling")
  for (const { compileMs, conditions, elapsedMs, firedShare, pairsPerSecond, strategies, views } of rows) {
    line(
      `${strategies.toLocaleString("en")} x ${views.toLocaleString("en")}`,
      ms(elapsedMs),
      perSecond(pairsPerSecond),
      `${(100 * firedShare).toFixed(2)} %`,
      conditions.toLocaleString("en"),
      ms(compileMs)
    )
  }
}

say(`Rules: strategies on moments of ${source}`)
const checked = await agreement()
say(`The reference evaluator and all peers fire the same ${checked} of ${(500 * 200).toLocaleString("en")} pairs.`)
say()
const { ruleSet, ...top } = live(strategies)
line("100,000 strategies x 1,000 matches", "pairs", "against", "measured on")
line("this engine", perSecond(top.pairsPerSecond), "", `${count.format(top.pairs)} pairs`)
const measured = await peerReport(top.pairsPerSecond)
say()
line("a tick", ms(top.elapsedMs), `${ms(top.slowestMs)} the slowest`, `${ms(top.firstTickMs)} the first`)
line("fired", `${(100 * top.firedShare).toFixed(2)} %`, `${top.fired.toLocaleString("en")} pairs`)
line("distinct conditions", top.conditions.toLocaleString("en"))
line("compiling all", ms(top.compileMs))
const change = changes(ruleSet)
line("replacing, removing, adding one", ...Object.values(change).map((time) => `${time.toFixed(1)} us`))
const bytes = memory()
line("held a strategy, beside itself", `${bytes.compiled} bytes`, `${bytes.withWorkingMemory} after a tick`)
say()
line("strategies that share less", "tick", "pairs", "fired", "conditions", "compiling")
const tastes = (["wide", "scattered"] as const).map((taste) => {
  const figures = otherTaste(taste)
  const { compileMs, conditions, elapsedMs, firedShare, pairsPerSecond } = figures
  const share = `${(100 * firedShare).toFixed(2)} %`
  line(taste, ms(elapsedMs), perSecond(pairsPerSecond), share, conditions.toLocaleString("en"), ms(compileMs))
  return figures
})
const ten = await small()
say()
line("10 strategies x 100 matches", "tick")
for (const [name, time] of Object.entries(ten)) {
  line(peers.find((peer) => peer.name === name)?.what ?? "this engine", `${time.toFixed(1)} us`)
}
const table = scaling()
sizes("strategies x matches", table.byStrategies)
sizes("", table.byViews)
if (json) {
  say(
    JSON.stringify({
      source,
      ...top,
      peers: measured,
      ...change,
      bytesPerStrategy: bytes.withWorkingMemory,
      bytesPerStrategyCompiled: bytes.compiled,
      tastes,
      smallMicroseconds: ten,
      scaling: table
    })
  )
}
