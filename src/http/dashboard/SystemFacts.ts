/** What the service is made of and how it is set: the names of its layers, its settings, versions and queues. */
import { Clock, Context, Duration, Effect, Layer, Metric } from "effect"
import { AlertChannel } from "../../alert/AlertChannel.ts"
import { Database } from "../../database/Database.ts"
import { Dedup } from "../../dedup/Dedup.ts"
import { MatchFeed } from "../../feed/MatchFeed.ts"
import { feedBudget, feedLimit } from "../../health/metrics.ts"
import { ownVersion } from "../../nodeVersion.ts"
import { QueueBackend } from "../../queue/QueueBackend.ts"
import { type QueueFigures, queueFigures, workedQueueNames } from "../../queue/QueueFigures.ts"
import { Strategies } from "../../strategies/Strategies.ts"

/** A setting as it may be shown: a secret says that it is set, and nothing else. */
export interface ShownSetting {
  readonly name: string
  readonly value: string
  readonly isDefault: boolean
  readonly meaning: string
}

/** The settings in force. */
export const ShownSettings = Context.Reference<ReadonlyArray<ShownSetting>>("touchline/http/dashboard/ShownSettings", {
  defaultValue: () => []
})

export interface Facts {
  readonly layers: ReadonlyArray<readonly [part: string, name: string]>
  readonly settings: ReadonlyArray<ShownSetting>
  readonly versions: ReadonlyArray<readonly [what: string, version: string]>
  /** How the queues are, as of a few seconds ago; why that is not known. */
  readonly queues: ReadonlyArray<QueueFigures> | string
  /** What is left of the requests that the provider's plan has, as it said this process last. */
  readonly budgets: ReadonlyArray<Budget>
  /** Of this process. */
  readonly memory: number
  readonly uptime: Duration.Duration
}

/** Requests to a feed's provider. `limit` is what its plan has in all, as far as that is known. */
export interface Budget {
  readonly feed: string
  readonly remaining: number
  readonly limit: number | undefined
}

/** What feeds have noted. */
const budgets = Effect.map(Metric.snapshot, (all): ReadonlyArray<Budget> => {
  const noted = (id: string) =>
    all.flatMap((each) =>
      each.id === id && each.type === "Gauge"
        ? [{ feed: each.attributes?.feed ?? "", value: Number(each.state.value) }]
        : []
    )
  const limits = new Map(noted(feedLimit.id).map(({ feed, value }) => [feed, value]))
  return noted(feedBudget.id).map(({ feed, value }) => ({ feed, remaining: value, limit: limits.get(feed) }))
})

/** Figures of queues that are older than this are looked for anew, beside the page that shows them. */
const goodFor = Duration.seconds(5)

/** For those that are older than this a page waits. */
const keptFor = Duration.toMillis(Duration.seconds(15))

/** The page that was asked for is on its way by then: an embedded database answers on the thread that makes pages. */
const asksAfter = Duration.millis(100)

export class SystemFacts extends Context.Service<SystemFacts, { readonly facts: Effect.Effect<Facts> }>()(
  "touchline/http/dashboard/SystemFacts"
) {
  static readonly layer = Layer.effect(
    SystemFacts,
    Effect.gen(function* () {
      const strategies = yield* Strategies
      const backend = yield* QueueBackend
      const settings = yield* ShownSettings
      const layers = [
        ["feed", (yield* MatchFeed).name],
        ["strategies", strategies.name],
        ["dedup", (yield* Dedup).name],
        ["database", (yield* Database).name],
        ["queue", backend.name],
        ["alerts", (yield* AlertChannel).name]
      ] as const
      const scope = yield* Effect.scope
      let known: { readonly figures: Facts["queues"]; readonly at: number } | undefined
      const ask = yield* workedQueueNames.pipe(
        Effect.flatMap((names) => Effect.forEach(names, queueFigures, { concurrency: "unbounded" })),
        Effect.catch(({ message }) => Effect.succeed(message)),
        Effect.provideService(QueueBackend, backend),
        Effect.flatMap((figures) =>
          Effect.map(Clock.currentTimeMillis, (at) => {
            known = { figures, at }
            return figures
          })
        ),
        Effect.cachedWithTTL(goodFor)
      )
      const queues = Effect.gen(function* () {
        const age = (yield* Clock.currentTimeMillis) - (known?.at ?? Number.NEGATIVE_INFINITY)
        if (known === undefined || age >= keptFor) return yield* ask
        if (age >= Duration.toMillis(goodFor)) yield* Effect.forkIn(Effect.delay(ask, asksAfter), scope)
        return known.figures
      })
      const versions = [
        ["Touchline", ownVersion()],
        ["Node", process.version],
        ["system", `${process.platform} ${process.arch}`]
      ] as const
      return SystemFacts.of({
        facts: Effect.map(Effect.all([queues, budgets]), ([figures, left]) => ({
          budgets: left,
          layers,
          settings,
          versions,
          queues: figures,
          memory: process.memoryUsage.rss(),
          uptime: Duration.seconds(Math.round(process.uptime()))
        }))
      })
    })
  )
}
