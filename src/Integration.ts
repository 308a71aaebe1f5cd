/**
 * The services that a running Touchline is made of, and what an integration is: something that fills some of them when
 * the settings ask for it.
 *
 * Each integration is a folder of one shape: its settings, its layers, what `doctor` asks of it, and in `integration.ts`
 * how they go together. One from outside is made in the same way and handed to `serve` or `cli`.
 */
import type * as NodeServices from "@effect/platform-node/NodeServices"
import { type Context, Effect, type Layer, Option } from "effect"
import type { RateLimiter } from "effect/persistence"
import type { AlertChannel } from "./alert/AlertChannel.ts"
import type { Setting, Settings, SettingsError } from "./Config.ts"
import type { Database } from "./database/Database.ts"
import type { StrategyStore } from "./database/StrategyStore.ts"
import type { Dedup } from "./dedup/Dedup.ts"
import type { Checked } from "./doctor/Check.ts"
import type { FeedMemory } from "./feed/FeedMemory.ts"
import type { MatchFeed } from "./feed/MatchFeed.ts"
import type { MatchHistory } from "./history/MatchHistory.ts"
import type { QueueBackend } from "./queue/QueueBackend.ts"
import type { ServiceConfig } from "./ServiceConfig.ts"
import type { Strategies } from "./strategies/Strategies.ts"

/** What every layer may use: files, paths and the rest of the machine. */
export type Platform = NodeServices.NodeServices

/** Why something does not start, in words for whoever starts it. */
export interface StartError {
  readonly message: string
}

/** The services of the pipeline. A layer of each; any of them can be another one. */
export interface Parts {
  readonly feed: Layer.Layer<MatchFeed, StartError, FeedMemory | Platform>
  readonly channel: Layer.Layer<AlertChannel, StartError, RateLimiter.RateLimiter | Platform>
  readonly dedup: Layer.Layer<Dedup, StartError, Platform>
  readonly database: Layer.Layer<Database, StartError, Platform>
  readonly queue: Layer.Layer<QueueBackend, StartError, Platform>
  readonly history: Layer.Layer<MatchHistory, StartError, Database | QueueBackend | Platform>
  readonly strategies: Layer.Layer<Strategies, StartError, StrategyStore | Platform>
  /** Over how many processes the limits of channels are kept. */
  readonly limits: Layer.Layer<RateLimiter.RateLimiter, StartError, Platform>
}

/** The name of a part. */
export type Part = keyof Parts

/** What people read each part as, in the banner and in the doctor's answers. */
export const partLabels: Readonly<Record<Part, string>> = {
  feed: "feed",
  strategies: "strategies",
  dedup: "dedup",
  history: "history",
  database: "database",
  queue: "queue",
  limits: "limits",
  channel: "alerts"
}

/** How the banner and the doctor mark what a program of one's own has put in the place of what would be there. */
export const ofThisProgram = "of this program"

/** A question of the doctor. */
export type Check = Effect.Effect<Checked, never, Platform>

/** What checks are made with. */
export interface Consulting {
  /** The parts that the integration fills. It may bring more: another one goes before, or the program's own. */
  readonly fills: ReadonlySet<Part>
  /** A service of a layer, built when first asked for, and once. What several layers stand on they share. */
  readonly open: <I, A, E, R extends Platform>(
    service: Context.Key<I, A>,
    layer: Layer.Layer<I, E, R>
  ) => Effect.Effect<A, E, Platform>
}

/** What a configured integration brings. */
export interface Brought {
  readonly parts: Partial<Parts>
  /** What is asked of it, where it fills a part. A feed and the queues are asked anyway. */
  readonly checks?: (consulting: Consulting) => ReadonlyArray<Check>
  /** What it does beside filling its parts while the service runs, where it fills one, such as answering people. */
  readonly runs?: Layer.Layer<never, StartError, Database | RateLimiter.RateLimiter | Platform>
}

/** An integration, as the list has it. */
export interface Integration {
  /** In small letters, such as `redis`. */
  readonly name: string
  /** What people call it, where that is another word, such as `Redis`. */
  readonly title?: string
  readonly settings: ReadonlyArray<Setting<unknown>>
  /** The parts that it can fill. */
  readonly brings: ReadonlyArray<Part>
  /** For a feed that FEED may name: what it does, such as `invents them`. It is used only when it is named. */
  readonly feed?: string
  /** What the doctor says of it where it is not configured. Absent: nothing. */
  readonly absent?: string
  /** What it brings under the settings as they are: nothing where it is not configured. */
  readonly read: (service: ServiceConfig) => Effect.Effect<Option.Option<Brought>, SettingsError>
}

/** What an integration is made of. What it brings has no other names than `Brought` and `Parts`: see `Only`. */
export interface IntegrationOptions<Config, B extends Brought = Brought>
  extends Omit<Integration, "settings" | "read"> {
  /** What they decode to is none where the integration is not configured. Absent: it needs no settings. */
  readonly settings: Settings<Option.Option<Config>>
  readonly bring: (
    config: Config,
    service: ServiceConfig
  ) => Only<B, Brought> & { readonly parts: Only<B["parts"], Partial<Parts>> }
}

/** Makes an integration. */
export const integration = <Config, const B extends Brought = Brought>({
  bring,
  settings,
  ...rest
}: IntegrationOptions<Config, B>): Integration => ({
  ...rest,
  settings: settings.all,
  read: (service) =>
    Effect.map(
      settings.read,
      Option.map((config) => bring(config, service))
    )
})

/** For an integration that needs no settings: it is there. */
export const noSettings: Settings<Option.Option<undefined>> = { all: [], read: Effect.succeedSome(undefined) }

/** What a program of one's own brings: a layer for any part, instead of what the settings choose, and integrations. */
export interface Extensions extends Partial<Parts> {
  /** They go before those that come with Touchline: their parts, and the first of their feeds where FEED is not set. */
  readonly integrations?: ReadonlyArray<Integration>
  /** A directory (or file) whose strategy files are watched, and nothing else. Without one, those of the database are. */
  readonly strategyDirectory?: string
}

/** Extensions (or what else is said) and nothing else: a name that is none of theirs, such as a mistyped one, is a type error. */
export type Only<E extends Whole, Whole = Extensions> = E &
  ([Exclude<keyof E, keyof Whole>] extends [never]
    ? unknown
    : { readonly [Name in Exclude<keyof E, keyof Whole>]: never })

/** Makes extensions of the settings of the service. */
export type Extend<E extends Extensions = Extensions> = (service: ServiceConfig) => Only<E>
