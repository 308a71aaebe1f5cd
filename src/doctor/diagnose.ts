/** All that `touchline doctor` checks, in the order in which it tells of it. */
import { Cause, Context, Effect, Layer, Option, Result, Struct } from "effect"
import { RateLimiter } from "effect/persistence"
import { AlertChannel } from "../alert/AlertChannel.ts"
import { allSettings, type Chosen, type Reading } from "../Chosen.ts"
import { checkDatabase } from "../database/checks.ts"
import { Database } from "../database/Database.ts"
import { StrategyStore } from "../database/StrategyStore.ts"
import { Dedup } from "../dedup/Dedup.ts"
import { checkFeed } from "../feed/checks.ts"
import { FeedMemory } from "../feed/FeedMemory.ts"
import { MatchFeed } from "../feed/MatchFeed.ts"
import { MatchHistory } from "../history/MatchHistory.ts"
import { checkHttp } from "../http/checks.ts"
import {
  type Check,
  type Consulting,
  type Extend,
  ofThisProgram,
  type Part,
  type Platform,
  partLabels
} from "../Integration.ts"
import { checkQueues } from "../queue/checks.ts"
import { QueueBackend } from "../queue/QueueBackend.ts"
import { checkRecordings } from "../recording/checks.ts"
import { checkStrategies } from "../strategies/checks.ts"
import { Strategies } from "../strategies/Strategies.ts"
import { chooseFrom, integrations } from "../Touchline.ts"
import { type Checked, check, ok, skipped } from "./Check.ts"
import { checkNode, checkSettings } from "./settings.ts"

/** A check that there is nothing to look at for. */
const nothing = (name: string, why: string): Check => check(name, Effect.succeed(skipped(why)))

const brokenSettings = "not checked: its settings cannot be used"

/** What is told of a part that cannot be checked. Of the other parts nothing is told anyway. */
const checksOf: Partial<Record<Part, ReadonlyArray<string>>> = {
  database: ["database", "migrations"],
  feed: ["feed"],
  queue: ["queues"]
}

const nothingOf = (part: Part): ReadonlyArray<Check> =>
  (checksOf[part] ?? []).map((name) => nothing(name, brokenSettings))

/** Checks that someone else makes. Where that breaks, or one of them does, this is the answer, and the others are made. */
const checksFrom = (name: string, make: () => ReadonlyArray<Check>): ReadonlyArray<Check> => {
  const broken = (cause: Cause.Cause<never>): Check => check(name, Effect.failCause(cause))
  try {
    return make().map(
      Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : broken(cause)))
    )
  } catch (defect) {
    return [broken(Cause.die(defect))]
  }
}

/** What its checks tell of an integration: nothing where the settings ask for another one, or the program has its own. */
const integrationChecks = (chosen: Chosen, open: Consulting["open"], { brought, integration }: Reading) => {
  const { absent, brings, name } = integration
  if (Result.isFailure(brought)) {
    const isDatabase = brings.includes("database") && chosen.isBroken("database")
    return [
      ...(absent === undefined ? [] : [nothing(name, brokenSettings)]),
      ...(isDatabase ? nothingOf("database") : [])
    ]
  }
  const made = brought.success
  if (Option.isNone(made)) return absent === undefined ? [] : [nothing(name, absent)]
  const fills = new Set(
    Struct.keys(partLabels).filter((part) => chosen.filledBy(part) === integration && !chosen.isBroken(part))
  )
  if (fills.size > 0) return checksFrom(name, () => made.value.checks?.({ fills, open }) ?? [])
  const isReplaced = brings.some((part) => chosen.replaced.has(part))
  return isReplaced && absent !== undefined ? [nothing(name, `not in use: another is, ${ofThisProgram}`)] : []
}

/** A check that a part can be had of which nobody asks more. */
const available = <A>(
  part: Part,
  service: Effect.Effect<A, { readonly message: string }, Platform>,
  nameOf: (service: A) => string
) =>
  check(
    partLabels[part],
    Effect.map(service, (it) => ok(nameOf(it)))
  )

/** The checks of what a program has put in the place of the configured parts. */
const replacedChecks = ({ parts, replaced }: Chosen, open: Consulting["open"]): ReadonlyArray<Check> => {
  const channel = Layer.provide(parts.channel, parts.limits)
  const history = Layer.provide(parts.history, Layer.mergeAll(parts.database, parts.queue))
  const strategies = Layer.provide(parts.strategies, Layer.provide(StrategyStore.layer, parts.database))
  const unnamed = () => ofThisProgram
  const checks: Record<Part, () => ReadonlyArray<Check>> = {
    database: () => checkDatabase(open(Database, parts.database), { accepts: ofThisProgram }),
    channel: () => [available("channel", open(AlertChannel, channel), marked)],
    dedup: () => [available("dedup", open(Dedup, parts.dedup), marked)],
    history: () => [available("history", open(MatchHistory, history), unnamed)],
    strategies: () => [available("strategies", open(Strategies, strategies), marked)],
    limits: () => [available("limits", open(RateLimiter.RateLimiter, parts.limits), unnamed)],
    queue: () => [available("queue", open(QueueBackend, parts.queue), marked)],
    // It is asked anyway, and marked there.
    feed: () => []
  }
  return [...replaced].flatMap((part) => checks[part]())
}

const marked = ({ name }: { readonly name: string }) => `${name}, ${ofThisProgram}`

/**
 * Checks what the configuration asks for, one after the other so that each latency is its own, and hands on each answer
 * as it comes. Whatever a check meets, the others are made. What the layers log meanwhile is part of no answer.
 */
export const diagnose = Effect.fn("diagnose")(function* (
  tell: (checked: Checked) => Effect.Effect<void>,
  extend: Extend = () => ({})
) {
  const chosen = yield* chooseFrom(integrations(), extend)
  const { filledBy, isBroken, list, parts, problems, readings, replaced } = chosen
  const memo = yield* Layer.makeMemoMap
  const scope = yield* Effect.scope
  const open: Consulting["open"] = (service, layer) =>
    Effect.map(Layer.buildWithMemoMap(layer, memo, scope), Context.get(service))

  const ofIntegrations = readings.map((reading) => ({
    integration: reading.integration,
    checks: integrationChecks(chosen, open, reading)
  }))
  // Nothing that it keeps is for the service.
  const feed = open(MatchFeed, Layer.provide(parts.feed, FeedMemory.layerMemory))
  const checks = [
    checkNode(process.versions.node),
    ...checkSettings(problems, allSettings(list).length),
    ...ofIntegrations.flatMap((each) => each.checks),
    ...replacedChecks(chosen, open),
    ...(replaced.has("strategies") || isBroken("database") ? [] : [checkStrategies(parts.database, open)]),
    checkHttp(chosen.http),
    ...(isBroken("feed") ? nothingOf("feed") : [checkFeed(feed, replaced.has("feed") ? `, ${ofThisProgram}` : "")])
  ]
  const made = yield* Effect.forEach(
    [...checks, ...Option.toArray(Option.map(chosen.service.record, checkRecordings))],
    Effect.tap(tell)
  )
  if (isBroken("queue")) return [...made, ...(yield* Effect.forEach(nothingOf("queue"), Effect.tap(tell)))]
  const on = ofIntegrations.find(({ checks, integration }) => integration === filledBy("queue") && checks.length > 0)
  const queues = yield* checkQueues(
    open(QueueBackend, parts.queue),
    on && (on.integration.title ?? on.integration.name)
  )
  return [...made, ...(yield* Effect.forEach(queues, Effect.tap(tell)))]
}, Effect.scoped)
