/**
 * Every setting of Touchline: its name, what it takes, its default and what it means. `.env.example` mirrors this table
 * (a test holds the two equal). Values come from the environment, then from a `.env` file in the working directory; an
 * empty value counts as none.
 */
import {
  Config,
  ConfigProvider,
  Duration,
  Effect,
  FileSystem,
  type Layer,
  Option,
  Redacted,
  Result,
  Schema,
  SchemaGetter
} from "effect"
import { didYouMean } from "./domain/nearest.ts"

/** One setting. */
export interface Setting<A> {
  readonly name: string
  /** What a value looks like, in a person's words. */
  readonly takes: string
  /** The value, as it would be written, that counts when none is given. Absent: the setting is optional. */
  readonly default?: string
  readonly meaning: string
  /** A secret is never shown, in no message. */
  readonly isSecret: boolean
  readonly schema: Schema.Codec<A, string>
}

const wholeNumber = (minimum: number, maximum: number) =>
  Schema.FiniteFromString.pipe(Schema.check(Schema.isInt(), Schema.isBetween({ minimum, maximum })))

const choice = <const L extends ReadonlyArray<string>>(choices: L) =>
  Schema.String.pipe(
    Schema.decodeTo(Schema.Literals(choices), {
      decode: SchemaGetter.toLowerCase(),
      encode: SchemaGetter.passthroughSupertype()
    })
  )

const setting = <A>(definition: Omit<Setting<A>, "isSecret"> & { readonly isSecret?: boolean }): Setting<A> => ({
  isSecret: false,
  ...definition
})

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "none"] as const
const feeds = ["simulated"] as const
const logFormats = ["pretty", "json"] as const

/** The settings, in the order in which `.env.example` shows them. */
export const settings = {
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
    meaning: "A scan of more matches than this is shared out in parts of this size, where queues are on Redis.",
    schema: wholeNumber(1, 10_000)
  }),
  feed: setting({
    name: "FEED",
    takes: feeds.join(" or "),
    default: "simulated",
    meaning: "Where matches come from: `simulated` invents them.",
    schema: choice(feeds)
  }),
  dataDir: setting({
    name: "DATA_DIR",
    takes: "a directory",
    default: ".touchline",
    meaning: "Where the embedded database and queue keep their data. One process at a time.",
    schema: Schema.String
  }),
  dedupTtl: setting({
    name: "DEDUP_TTL",
    takes: "a whole number of seconds from 1 to 604800",
    default: "7200",
    meaning: "How long dedup remembers a pair, in seconds. The database remembers for ever.",
    schema: wholeNumber(1, 604_800)
  }),
  redisUrl: setting({
    name: "REDIS_URL",
    takes: "redis://[:password@]host[:port][/db], or rediss:// for TLS; instead of REDIS_HOST and its kin",
    meaning: "The Redis that holds queues and dedup. Without it and REDIS_HOST both are embedded.",
    isSecret: true,
    schema: Schema.String.pipe(
      Schema.check(
        Schema.isPattern(/^rediss?:\/\/[^/]/),
        Schema.makeFilter((text) => URL.canParse(text))
      )
    )
  }),
  redisHost: setting({
    name: "REDIS_HOST",
    takes: "a host name; instead of REDIS_URL",
    meaning: "The host of that Redis, where it is not given as REDIS_URL.",
    schema: Schema.String
  }),
  redisPort: setting({
    name: "REDIS_PORT",
    takes: "a port from 1 to 65535",
    default: "6379",
    meaning: "Its port.",
    schema: wholeNumber(1, 65_535)
  }),
  redisPassword: setting({
    name: "REDIS_PASSWORD",
    takes: "a password",
    meaning: "Its password, if it asks for one.",
    isSecret: true,
    schema: Schema.String
  }),
  redisDb: setting({
    name: "REDIS_DB",
    takes: "a whole number from 0 to 15",
    default: "0",
    meaning: "Its database number.",
    schema: wholeNumber(0, 15)
  }),
  dedupTimeout: setting({
    name: "DEDUP_TIMEOUT",
    takes: "a whole number of milliseconds from 1 to 10000",
    default: "250",
    meaning: "How long a scan waits for dedup on Redis before the database decides alone, in milliseconds.",
    schema: wholeNumber(1, 10_000)
  }),
  telegramToken: setting({
    name: "TELEGRAM_BOT_TOKEN",
    takes: "the token that @BotFather gave the bot, such as 123456:ABC-DEF",
    meaning: "The Telegram bot that sends the alerts. Without it they are written to the console.",
    isSecret: true,
    schema: Schema.String.pipe(Schema.check(Schema.isPattern(/^\d+:[\w-]+$/)))
  }),
  telegramChatId: setting({
    name: "TELEGRAM_CHAT_ID",
    takes: "the number of a chat, such as 42 or -1001234567890, or the @name of a channel",
    meaning: "The chat that gets the alerts of strategies whose owner has none in user_telegram.",
    schema: Schema.String.pipe(Schema.check(Schema.isPattern(/^(-?\d+|@\w+)$/)))
  }),
  telegramApiRoot: setting({
    name: "TELEGRAM_API_ROOT",
    takes: "the URL of a Telegram Bot API server",
    default: "https://api.telegram.org",
    meaning: "The Bot API server, for those who run their own.",
    schema: Schema.URLFromString
  }),
  supabaseUrl: setting({
    name: "SUPABASE_URL",
    takes: "the URL of a Supabase project, such as https://abc.supabase.co, together with SUPABASE_SERVICE_ROLE_KEY",
    meaning: "The Supabase project that holds the data. Without it the database is embedded.",
    schema: Schema.URLFromString
  }),
  supabaseKey: setting({
    name: "SUPABASE_SERVICE_ROLE_KEY",
    takes: "the service role key of the project in SUPABASE_URL",
    meaning: "The key that the service uses there. Keep it secret: it may do everything.",
    isSecret: true,
    schema: Schema.String
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
} as const

/** The settings by name. */
export const settingsByName: ReadonlyMap<string, Setting<unknown>> = new Map(
  Object.values(settings).map((each: Setting<unknown>) => [each.name, each])
)

/** A Supabase project. */
export interface SupabaseSettings {
  readonly url: URL
  readonly serviceRoleKey: Redacted.Redacted
}

/** A Redis server. */
export interface RedisSettings {
  readonly host: string
  readonly port: number
  readonly username: Option.Option<string>
  readonly password: Option.Option<Redacted.Redacted>
  readonly db: number
  readonly tls: boolean
}

/** A Telegram bot. */
export interface TelegramSettings {
  readonly token: Redacted.Redacted
  /** The chat of strategies whose owner has none. */
  readonly chatId: Option.Option<string>
  readonly apiRoot: URL
}

/** The configuration as decoded. */
export interface TouchlineConfig {
  readonly pollInterval: Duration.Duration
  readonly shardSize: number
  readonly feed: (typeof feeds)[number]
  readonly dataDir: string
  readonly dedupTtl: Duration.Duration
  /** How long dedup may take before the database decides alone. */
  readonly dedupTimeout: Duration.Duration
  readonly redis: Option.Option<RedisSettings>
  readonly supabase: Option.Option<SupabaseSettings>
  readonly telegram: Option.Option<TelegramSettings>
  readonly logLevel: (typeof logLevels)[number]
  readonly logFormat: (typeof logFormats)[number]
}

/** Settings that cannot be used. The message has one line for each: the variable, what it got and what it takes. */
export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", {
  message: Schema.String
}) {}

const read = <A>({
  default: fallback,
  isSecret,
  name,
  schema,
  takes
}: Setting<A>): Effect.Effect<Result.Result<Option.Option<A>, string>> =>
  Effect.gen(function* () {
    const given = yield* Config.option(Config.NonEmptyString(name))
    const text = Option.orElse(given, () => Option.fromUndefinedOr(fallback))
    if (Option.isNone(text)) return Result.succeed(Option.none())
    return Result.match(Schema.decodeResult(schema)(text.value), {
      onSuccess: (value) => Result.succeed(Option.some(value)),
      onFailure: () => {
        const hint = didYouMean(text.value, takes.split(/, | or /))
        return Result.fail(
          `${name} ${isSecret ? "cannot be used" : `is ${JSON.stringify(text.value)}${hint}`}. It takes ${takes}.`
        )
      }
    })
  }).pipe(
    Effect.catchTag("ConfigError", ({ message }) => Effect.succeed(Result.fail(`${name} cannot be read: ${message}`)))
  )

const fromRedisUrl = (text: string): Option.Option<RedisSettings> => {
  if (!URL.canParse(text)) return Option.none()
  const url = new URL(text)
  const part = (value: string) => Option.filter(Option.some(decodeURIComponent(value)), (some) => some !== "")
  return Option.some({
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 6379 : Number(url.port),
    username: part(url.username),
    password: Option.map(part(url.password), Redacted.make),
    db: Number(url.pathname.slice(1)) || 0,
    tls: url.protocol === "rediss:"
  })
}

/** Reads and decodes every setting. Fails with all that is wrong in one message. */
export const config: Effect.Effect<TouchlineConfig, SettingsError> = Effect.gen(function* () {
  const problems: Array<string> = []
  const take = <A>(each: Setting<A>) =>
    Effect.map(read(each), (result) => {
      if (Result.isSuccess(result)) return result.success
      problems.push(result.failure)
      return Option.none<A>()
    })
  const needed = <A>(each: Setting<A>) =>
    Effect.map(take(each), (value) =>
      Option.getOrElse(value, () => Schema.decodeUnknownSync(each.schema)(each.default))
    )

  const supabaseUrl = yield* take(settings.supabaseUrl)
  const supabaseKey = yield* take(settings.supabaseKey)
  if (Option.isSome(supabaseUrl) !== Option.isSome(supabaseKey) && problems.length === 0) {
    const [given, missing] = Option.isSome(supabaseUrl)
      ? [settings.supabaseUrl, settings.supabaseKey]
      : [settings.supabaseKey, settings.supabaseUrl]
    problems.push(`${missing.name} is not set, but ${given.name} is. It takes ${missing.takes}.`)
  }
  const redisUrl = yield* take(settings.redisUrl)
  const redisHost = yield* take(settings.redisHost)
  const redis = {
    port: yield* needed(settings.redisPort),
    password: Option.map(yield* take(settings.redisPassword), Redacted.make),
    db: yield* needed(settings.redisDb)
  }
  if (Option.isSome(redisUrl) && Option.isSome(redisHost)) {
    problems.push("REDIS_URL and REDIS_HOST are both set. Unset one: either says where Redis is.")
  }
  const telegramToken = yield* take(settings.telegramToken)
  const telegramChatId = yield* take(settings.telegramChatId)
  const apiRoot = yield* needed(settings.telegramApiRoot)
  if (Option.isSome(telegramChatId) && Option.isNone(telegramToken) && problems.length === 0) {
    problems.push(`TELEGRAM_BOT_TOKEN is not set, but TELEGRAM_CHAT_ID is. It takes ${settings.telegramToken.takes}.`)
  }
  const all: TouchlineConfig = {
    pollInterval: Duration.millis(yield* needed(settings.pollInterval)),
    shardSize: yield* needed(settings.shardSize),
    feed: yield* needed(settings.feed),
    dataDir: yield* needed(settings.dataDir),
    dedupTtl: Duration.seconds(yield* needed(settings.dedupTtl)),
    dedupTimeout: Duration.millis(yield* needed(settings.dedupTimeout)),
    redis: Option.orElse(Option.flatMap(redisUrl, fromRedisUrl), () =>
      Option.map(redisHost, (host) => ({ ...redis, host, username: Option.none(), tls: false }))
    ),
    telegram: Option.map(telegramToken, (token) => ({ token: Redacted.make(token), chatId: telegramChatId, apiRoot })),
    supabase: Option.map(Option.all([supabaseUrl, supabaseKey]), ([url, key]) => ({
      url,
      serviceRoleKey: Redacted.make(key)
    })),
    logLevel: yield* needed(settings.logLevel),
    logFormat: yield* needed(settings.logFormat)
  }
  if (problems.length > 0) return yield* new SettingsError({ message: problems.join("\n") })
  return all
})

/** The environment, then `.env` in the working directory if there is one. */
export const layerEnvironment = ConfigProvider.layer(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const environment = ConfigProvider.fromEnv()
    if (!(yield* fs.exists(".env"))) return environment
    return ConfigProvider.orElse(environment, yield* ConfigProvider.fromDotEnv())
  }).pipe(Effect.mapError(({ message }) => new SettingsError({ message: `.env cannot be read: ${message}` })))
) satisfies Layer.Layer<never, SettingsError, FileSystem.FileSystem>
