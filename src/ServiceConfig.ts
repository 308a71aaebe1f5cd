/** The settings of the service itself. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { choice, optional, type Settings, type SettingsError, setting, settingsOf, wholeNumber } from "./Config.ts"
import { type Limits, limitsOf, type OwnerLimitName, ownerLimitNames, ownerLimits } from "./rules/rows/limits.ts"

/** A time after which something is of no use. */
const isReasonable = Schema.makeFilter<Duration.Duration>(
  (time) => Duration.between(time, { minimum: Duration.seconds(1), maximum: Duration.days(30) }),
  { expected: "a duration from 1 second to 30 days" }
)

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "none"] as const
const logFormats = ["pretty", "json"] as const

/** How messages that were sent tell what became of their trigger. */
export const resultModes = ["edit", "reply", "off"] as const
export type ResultMode = (typeof resultModes)[number]

const own = {
  pollInterval: setting({
    name: "POLL_INTERVAL",
    takes: "a whole number of milliseconds from 100 to 3600000",
    default: "15000",
    meaning: "Time from one scan to the next, in milliseconds.",
    schema: wholeNumber(100, 3_600_000)
  }),
  shardSize: setting({
    name: "SHARD_SIZE",
    takes: "a whole number from 1 to 10000",
    default: "100",
    meaning: "A scan of more matches than this is shared out in parts of this size, where instances share a Redis.",
    schema: wholeNumber(1, 10_000)
  }),
  dedupTtl: setting({
    name: "DEDUP_TTL",
    takes: "a whole number of seconds from 1 to 604800",
    default: "7200",
    meaning: "How long dedup remembers a pair, in seconds. The database remembers for ever.",
    schema: wholeNumber(1, 604_800)
  }),
  settleAfter: setting({
    name: "SETTLE_AFTER",
    takes: "a whole number of seconds from 0 to 3600",
    default: "90",
    meaning: "How long what decides a result before the end of the match must stand until it is told, in seconds.",
    schema: wholeNumber(0, 3600)
  }),
  results: setting({
    name: "RESULTS",
    takes: resultModes.join(", "),
    default: "edit",
    meaning:
      "How alerts tell what became of them: `edit` adds it to the message, `reply` answers the message, `off` tells nothing.",
    schema: choice(resultModes)
  }),
  alertExpires: optional({
    name: "ALERT_EXPIRES",
    takes: "a duration such as 45 minutes or 3 hours",
    meaning:
      "How long after its trigger an alert is still sent. Without it: until 3 h after kick-off, and for 30 min at least.",
    schema: Schema.DurationFromString.pipe(Schema.check(isReasonable))
  }),
  stopTimeout: setting({
    name: "STOP_TIMEOUT",
    takes: "a whole number of milliseconds from 4000 to 600000",
    default: "10000",
    meaning:
      "How long a stop may take, in milliseconds. A send may take 2 s less, so that none is cut short. What stops the service must wait 5 s longer.",
    schema: wholeNumber(4000, 600_000)
  }),
  record: optional({
    name: "RECORD",
    takes: "a directory",
    meaning:
      "Where every poll of the feed is recorded, a file a day and instance, for `replay`, `backtest` and `explain`.",
    schema: Schema.NonEmptyString
  }),
  recordDays: setting({
    name: "RECORD_DAYS",
    takes: "a whole number of days from 1 to 3650",
    default: "30",
    meaning: "How many days recorded polls are kept.",
    schema: wholeNumber(1, 3650)
  }),
  triggerDays: optional({
    name: "TRIGGER_DAYS",
    takes: "a whole number of days from 2 to 3650",
    meaning:
      "How many days triggers keep the details of their message. Without it: for ever. The pair, its result and times are kept for ever.",
    schema: wholeNumber(2, 3650)
  }),
  logLevel: setting({
    name: "LOG_LEVEL",
    takes: logLevels.join(", "),
    default: "info",
    meaning: "The least important log lines that are written.",
    schema: choice(logLevels)
  }),
  logFormat: setting({
    name: "LOG_FORMAT",
    takes: logFormats.join(" or "),
    default: "pretty",
    meaning: "How log lines look: `pretty` for people, `json` for machines, one object a line.",
    schema: choice(logFormats)
  })
}

/** A setting for each limit of what owners may cost. */
const limitSettings = new Map(
  ownerLimitNames.map((name) => {
    const { default: most, meaning, setting: variable } = ownerLimits[name]
    const each = setting({
      name: variable,
      takes: "a whole number from 1 to 1000000000",
      default: `${most}`,
      meaning,
      schema: wholeNumber(1, 1_000_000_000)
    })
    return [name, each] as const
  })
)

/** The limits of the settings. */
const readLimits: Effect.Effect<Limits, SettingsError> = Effect.map(
  Effect.forEach([...limitSettings], ([name, { read }]) => Effect.map(read, (most) => [name, most] as const)),
  (read) => {
    const found = new Map<OwnerLimitName, number>(read)
    return limitsOf((name) => found.get(name) ?? ownerLimits[name].default)
  }
)

/** The settings of the service itself, as decoded. */
export interface ServiceConfig {
  readonly pollInterval: Duration.Duration
  readonly shardSize: number
  readonly dedupTtl: Duration.Duration
  readonly settleAfter: Duration.Duration
  readonly results: ResultMode
  readonly alertExpires: Option.Option<Duration.Duration>
  /** How long a stop may take. */
  readonly stopTimeout: Duration.Duration
  /** Where polls are recorded, and for how many days they are kept. None: they are not. */
  readonly record: Option.Option<{ readonly directory: string; readonly days: number }>
  /** How long triggers keep the details of their message. None: for ever. */
  readonly triggerDays: Option.Option<Duration.Duration>
  readonly logLevel: (typeof logLevels)[number]
  readonly logFormat: (typeof logFormats)[number]
  /** What the rows of one owner may cost. */
  readonly limits: Limits
}

/** The settings of the service itself. Each has a default. */
export const serviceSettings: Settings<ServiceConfig> = settingsOf(
  { ...own, ...Object.fromEntries(limitSettings) },
  Effect.gen(function* () {
    const days = yield* own.recordDays.read
    return {
      pollInterval: Duration.millis(yield* own.pollInterval.read),
      shardSize: yield* own.shardSize.read,
      dedupTtl: Duration.seconds(yield* own.dedupTtl.read),
      settleAfter: Duration.seconds(yield* own.settleAfter.read),
      results: yield* own.results.read,
      alertExpires: yield* own.alertExpires.read,
      stopTimeout: Duration.millis(yield* own.stopTimeout.read),
      record: Option.map(yield* own.record.read, (directory) => ({ directory, days })),
      triggerDays: Option.map(yield* own.triggerDays.read, Duration.days),
      logLevel: yield* own.logLevel.read,
      logFormat: yield* own.logFormat.read,
      limits: yield* readLimits
    }
  })
)
