/**
 * What a setting is, how settings are read, and those of the service itself. Those of an integration stand in its folder.
 *
 * Values come from the environment, then from a `.env` file in the working directory; an empty value counts as none. A
 * value that cannot be used is told in one line: which setting, what it got, what it takes. A secret is in no message.
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { didYouMean } from "./domain/nearest.ts"
import { type Limits, limitsOf, type OwnerLimitName, ownerLimitNames, ownerLimits } from "./rules/rows/limits.ts"

/** Settings that cannot be used. The message has one line for each: the variable, what it got and what it takes. */
export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", {
  message: Schema.String
}) {}

/** What people read of a setting. */
export interface SettingText {
  readonly name: string
  /** What a value looks like, in a person's words. */
  readonly takes: string
  /** The value, as it would be written, that counts when none is given. Absent: the setting is optional. */
  readonly default?: string
  readonly meaning: string
  /** A secret is never shown, in no message. */
  readonly isSecret: boolean
}

/** One setting. */
export interface Setting<A> extends SettingText {
  /** Its value now. Fails with one line when it cannot be used. */
  readonly read: Effect.Effect<A, SettingsError>
}

/** What a setting is made of. It is no secret unless it says so. */
export interface SettingOptions<A> extends Omit<SettingText, "isSecret" | "default"> {
  readonly isSecret?: boolean
  /** From the text that was given to the value. */
  readonly schema: Schema.Codec<A, string>
}

/** What was given, or else the default; without either, nothing. */
const given = <A>({ default: fallback, isSecret, name, schema, takes }: SettingText & SettingOptions<A>) =>
  Effect.gen(function* () {
    const text = yield* Config.option(Config.NonEmptyString(name)).pipe(
      Effect.mapError(({ message }) => new SettingsError({ message: `${name} cannot be read: ${message}` }))
    )
    const written = Option.orElse(text, () => Option.fromUndefinedOr(fallback))
    if (Option.isNone(written)) return Option.none<A>()
    const value = Schema.decodeResult(schema)(written.value)
    if (Result.isSuccess(value)) return Option.some(value.success)
    if (/^\w+:\/\/[^/?#]*@/.test(written.value)) {
      return yield* new SettingsError({
        message: `${name} holds a name or a password, which is not shown here. It takes ${takes}, without them.`
      })
    }
    const hint = didYouMean(written.value, takes.split(/, | or /))
    const got = isSecret ? "cannot be used" : `is ${JSON.stringify(written.value)}${hint}`
    return yield* new SettingsError({ message: `${name} ${got}. It takes ${takes}.` })
  })

/** A setting that need not be set. */
export const optional = <A>(options: SettingOptions<A>): Setting<Option.Option<A>> => {
  const setting = { isSecret: false, ...options }
  return { ...setting, read: given(setting) }
}

/** A setting with a default, which must be a value that it takes. */
export const setting = <A>(options: SettingOptions<A> & { readonly default: string }): Setting<A> => {
  const setting = { isSecret: false, ...options }
  const fallback = Schema.decodeEffect(options.schema)(options.default)
  return {
    ...setting,
    read: Effect.flatMap(given(setting), (value) =>
      Option.isSome(value) ? Effect.succeed(value.value) : Effect.orDie(fallback)
    )
  }
}

/** Settings that belong together, and what they decode to. */
export interface Settings<A> {
  /** In the order in which they are shown. */
  readonly all: ReadonlyArray<Setting<unknown>>
  /** Fails with all that is wrong in one message. */
  readonly read: Effect.Effect<A, SettingsError>
}

/** Runs all, and fails with what is wrong with any of them, a line each. */
export const allRight = (
  reads: ReadonlyArray<Effect.Effect<unknown, SettingsError>>
): Effect.Effect<void, SettingsError> =>
  Effect.flatMap(Effect.all(reads, { mode: "result" }), (results) => {
    const problems = results.filter(Result.isFailure).map(({ failure }) => failure.message)
    return problems.length === 0 ? Effect.void : Effect.fail(new SettingsError({ message: problems.join("\n") }))
  })

/** `decoded` reads the settings and may fail for what is wrong between them; it runs when each can be used by itself. */
export const settingsOf = <A>(
  settings: { readonly [key: string]: Setting<unknown> },
  decoded: Effect.Effect<A, SettingsError>
): Settings<A> => {
  const all = Object.values(settings)
  return { all, read: Effect.andThen(allRight(all.map(({ read }) => read)), decoded) }
}

/** The environment without these variables. */
const without = (hidden: ReadonlySet<string>) =>
  Effect.map(ConfigProvider.ConfigProvider, (provider) =>
    ConfigProvider.make((path) => (hidden.has(String(path[0])) ? Effect.undefined : provider.load(path)))
  )

/** Reads settings as far as they can be used: those that cannot count as not set, and are told in `problems`. */
export const asFarAsUsable = <A>(
  { read }: Settings<A>,
  problems: ReadonlyArray<string> = []
): Effect.Effect<{ readonly value: A; readonly problems: ReadonlyArray<string> }, SettingsError> => {
  const names = new Set(problems.map((problem) => problem.split(" ")[0] ?? ""))
  return read.pipe(
    Effect.provideServiceEffect(ConfigProvider.ConfigProvider, without(names)),
    Effect.map((value) => ({ value, problems })),
    Effect.catch((error) =>
      // What is wrong without them too has another cause.
      problems.length > 0 ? Effect.fail(error) : asFarAsUsable({ all: [], read }, error.message.split("\n"))
    )
  )
}

/** The failure of a setting that another one asks for. */
export const missing = (wanted: SettingText, because: string): SettingsError =>
  new SettingsError({ message: `${wanted.name} is not set, but ${because}. It takes ${wanted.takes}.` })

/** Whole numbers of a range. */
export const wholeNumber = (minimum: number, maximum: number) =>
  Schema.FiniteFromString.pipe(Schema.check(Schema.isInt(), Schema.isBetween({ minimum, maximum })))

/** A URL without a name or a password in it: those would stand in log lines and errors. */
export const plainUrl = Schema.URLFromString.pipe(
  Schema.check(
    Schema.makeFilter(({ password, username }: URL) => (username === "" && password === "") || "holds credentials")
  )
)

/** One of some words, in any case. */
export const choice = <const L extends ReadonlyArray<string>>(choices: L) =>
  Schema.String.pipe(
    Schema.decodeTo(Schema.Literals(choices), {
      decode: SchemaGetter.transform((text: string) => {
        const word = text.toLowerCase()
        return choices.find((each) => each.toLowerCase() === word) ?? text
      }),
      encode: SchemaGetter.passthroughSupertype()
    })
  )

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

/** The text of a `.env` file, with or without a byte order mark. What is no UTF-8 would be read as no settings at all. */
const dotEnvText = (bytes: Uint8Array) =>
  Effect.try({
    try: () => {
      if (bytes.includes(0)) throw new Error("it is in UTF-16, as PowerShell's `>` writes it")
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    },
    catch: (cause) => ({ message: `${cause instanceof Error ? cause.message : String(cause)}. Save it as UTF-8.` })
  })

/** The environment, then `.env` in the working directory if there is one. */
export const layerEnvironment = ConfigProvider.layer(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const environment = ConfigProvider.fromEnv()
    if (!(yield* fs.exists(".env"))) return environment
    const text = yield* Effect.flatMap(fs.readFile(".env"), dotEnvText)
    return ConfigProvider.orElse(environment, ConfigProvider.fromDotEnvContents(text))
  }).pipe(Effect.mapError(({ message }) => new SettingsError({ message: `.env cannot be read: ${message}` })))
) satisfies Layer.Layer<never, SettingsError, FileSystem.FileSystem>
