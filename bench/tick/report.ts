/** The figures of `bench:tick`, for people as they come and for machines at the end. */
import { median } from "../rules/measure.ts"
import { type Case, goals, nameOf } from "./cases.ts"
import type { Counts, CreateFigures, TickFigures } from "./task.ts"
import type { World } from "./World.ts"

/** What a case's process measured. */
export interface Measured {
  /** Pairs that were in the database before it began. */
  readonly known: number
  readonly figures: TickFigures | CreateFigures
  /** Lines that the service logged as warnings or worse: a figure beside any is worth little. */
  readonly warnings: number
}

export interface Result extends Measured {
  readonly of: Case
  readonly world: World
  /** The load average after it, and how long the case took with everything around it. */
  readonly load: number
  readonly seconds: number
}

const round = (value: number, digits = 1): number => Number(value.toFixed(digits))
const ms = (value: number): string => `${value >= 100 ? Math.round(value) : value.toFixed(1)} ms`
const perSecond = (value: number): string => `${Math.round(value).toLocaleString("en")}/s`
const sum = (counts: Counts): number => Object.values(counts).reduce((all, count) => all + count, 0)
const list = (counts: Counts, by = 1): string =>
  Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${round(count / by, 2)}`)
    .join(", ")

/** Scripts run commands of their own, which Redis counts as well: what a client sent besides them is of these kinds. */
const besideScripts = /^(eval|evalsha|fcall|mget|set|setex|mset|exists|pipeline)$/

const sentToRedis = (redis: Counts): Counts =>
  Object.keys(redis).some((kind) => kind.startsWith("eval"))
    ? Object.fromEntries(Object.entries(redis).filter(([kind]) => besideScripts.test(kind)))
    : redis

const shareOf = ({ size }: Case, held: ReadonlyArray<number>): number =>
  held.reduce((all, each) => all + each, 0) / held.length / (size.strategies * size.matches)

const isTicks = (figures: TickFigures | CreateFigures): figures is TickFigures => "steadyMs" in figures

/** What a service finds to hold is what the engine finds alone; anything else is a fault of the bench or of the service. */
const sameHeld = ({ figures, of, world }: Result): boolean => {
  if (!isTicks(figures)) return figures.created === world.held[0]
  const [first = 0, ...later] = figures.held
  return first === world.held[0] && later.every((held, index) => held === world.held[1 + of.settling + index])
}

/** Parts of a tick that take long enough to be named, the longest first. */
const longest = (parts: Counts, least: number): Counts =>
  Object.fromEntries(Object.entries(parts).filter(([, took]) => took >= least))

const tick = (result: Result, figures: TickFigures) => {
  const { of, world } = result
  const calls = sentToRedis(figures.calls.redis)
  return {
    backend: of.backend,
    strategies: of.size.strategies,
    matches: of.size.matches,
    heldShare: of.size.heldShare,
    heldShareReached: round(shareOf(of, figures.held), 6),
    firstMs: round(figures.firstMs),
    firstTriggers: figures.firstTriggers,
    knownBefore: result.known,
    steadyMs: { median: round(figures.steadyMs.median, 2), max: round(figures.steadyMs.max, 2) },
    steadyCpuMs: round(figures.steadyCpuMs, 2),
    firstCpuMs: round(figures.firstCpuMs),
    steadyTicks: figures.measured,
    goalMs: of.goalMs ?? null,
    engineMs: round(median(world.engineMs.slice(1)), 2),
    // A call of every tick counts 1.
    databaseCalls: round(sum(figures.calls.database) / figures.measured, 2),
    redisCalls: round(sum(calls) / figures.measured, 2),
    besideCalls: { database: sum(figures.beside.database), redis: sum(sentToRedis(figures.beside.redis)) },
    calls: figures.calls,
    beside: figures.beside,
    firstCalls: figures.firstCalls,
    steadyTriggers: figures.triggers,
    steadyDuplicates: figures.duplicates,
    parts: Object.fromEntries(Object.entries(figures.parts).map(([name, took]) => [name, round(took, 2)])),
    firstParts: Object.fromEntries(Object.entries(figures.firstParts).map(([name, took]) => [name, round(took, 2)])),
    rssMB: Math.round(figures.rssMB),
    peakMB: Math.round(figures.peakMB),
    select1Ms: figures.select1Ms === null ? null : round(figures.select1Ms, 2),
    isRight: sameHeld(result),
    warnings: result.warnings,
    load: round(result.load)
  }
}

const tickLines = (result: Result, figures: TickFigures): ReadonlyArray<string> => {
  const each = tick(result, figures)
  const goal = each.goalMs === null ? "" : ` (goal ${each.goalMs})`
  const overOne =
    each.select1Ms === null
      ? ""
      : `, ${round(each.steadyMs.median / each.select1Ms)} x select 1 (${ms(each.select1Ms)})`
  return [
    `${nameOf(result.of)}: steady ${ms(each.steadyMs.median)}${goal}, worst ${ms(each.steadyMs.max)} of ${each.steadyTicks}, computing ${ms(each.steadyCpuMs)}; first ${ms(each.firstMs)}; load ${each.load}`,
    `    engine ${ms(each.engineMs)}: ${round(each.steadyMs.median / each.engineMs)} x${overOne}; ${round(100 * each.heldShareReached, 3)} % hold; memory ${each.rssMB} MB, peak ${each.peakMB} MB`,
    `    parts: ${list(longest(each.parts, each.steadyMs.median / 50))}`,
    `    calls a tick: database ${each.databaseCalls} (${list(each.calls.database, each.steadyTicks)}), Redis ${each.redisCalls} (${list(sentToRedis(each.calls.redis), each.steadyTicks)}); beside: ${each.besideCalls.database} and ${each.besideCalls.redis} in all`,
    `    first: ${each.firstTriggers} triggers, ${each.knownBefore} pairs known before; ${list(longest(each.firstParts, each.firstMs / 20))}`,
    ...(each.steadyTriggers > 0 ? [`    NOT STEADY: ${each.steadyTriggers} triggers came about`] : []),
    ...(each.steadyDuplicates > 0
      ? [`    ${each.steadyDuplicates} pairs were brought to a database that had them`]
      : [])
  ]
}

const createLines = (result: Result, figures: CreateFigures): ReadonlyArray<string> => [
  `${nameOf(result.of)}: ${figures.created} triggers at ${perSecond(figures.createdPerSecond)}${result.of.backend === "redis" ? ` (goal ${goals.createdPerSecond})` : ""}, ${figures.alerts} alerts at ${perSecond(figures.alertsPerSecond)}${result.of.backend === "redis" ? ` (goal ${goals.alertsPerSecond})` : ""}; peak ${Math.round(figures.peakMB)} MB; load ${round(result.load)}`
]

/** A case for people. */
export const linesOf = (result: Result): ReadonlyArray<string> => [
  ...(isTicks(result.figures) ? tickLines(result, result.figures) : createLines(result, result.figures)),
  ...(sameHeld(result) ? [] : ["    WRONG: the service did not fire what the engine fires alone"]),
  ...(result.warnings > 0 ? [`    ${result.warnings} warnings of the service`] : []),
  `    (the case took ${result.seconds} s)`
]

/** All cases for machines. */
export const summary = (results: ReadonlyArray<Result>) => {
  const ticks = results.flatMap((result) => (isTicks(result.figures) ? [tick(result, result.figures)] : []))
  const steady = (strategies: number, heldShare: number): number | undefined =>
    ticks.find(
      (each) =>
        each.backend === "redis" &&
        each.matches === 1000 &&
        each.strategies === strategies &&
        each.heldShare === heldShare
    )?.steadyMs.median
  const ratio = (one: number | undefined, other: number | undefined): number | null =>
    one === undefined || other === undefined ? null : round(one / other, 2)
  const createdOn = (backend: Case["backend"]) =>
    results.flatMap(({ figures, of }) => (of.backend === backend && !isTicks(figures) ? [figures] : []))[0]
  const rate = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value))
  const selects = ticks.flatMap(({ select1Ms }) => (select1Ms === null ? [] : [select1Ms]))
  return {
    ticks,
    createdPerSecond: rate(createdOn("redis")?.createdPerSecond),
    createdPerSecondEmbedded: rate(createdOn("embedded")?.createdPerSecond),
    alertsPerSecond: {
      redis: rate(createdOn("redis")?.alertsPerSecond),
      embedded: rate(createdOn("embedded")?.alertsPerSecond)
    },
    select1Ms: selects.length === 0 ? null : round(median(selects), 2),
    ratios: {
      held: ratio(steady(100_000, 0.01), steady(100_000, 0.0001)),
      strategies: ratio(steady(10_000, 0.01), steady(1000, 0.01))
    },
    goals
  }
}
