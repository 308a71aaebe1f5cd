/** Where Redis is: one URL, or its parts. */
import { Duration, Effect, Option, Redacted, Schema } from "effect"
import { optional, SettingsError, setting, settingsOf, wholeNumber } from "../Config.ts"

/** A Redis server. */
export interface RedisSettings {
  readonly host: string
  readonly port: number
  readonly username: Option.Option<string>
  readonly password: Option.Option<Redacted.Redacted>
  readonly db: number
  readonly tls: boolean
}

/** The Redis of the configuration. */
export interface RedisConfig {
  readonly server: RedisSettings
  /** How long dedup may take before the database decides alone. */
  readonly dedupTimeout: Duration.Duration
}

const unescaped = Option.liftThrowable(decodeURIComponent)

/** Whether a URL's user and password can be read: a bare % is no escape. */
const isEscaped = ({ password, username }: URL): boolean =>
  [username, password].every((part) => Option.isSome(unescaped(part)))

const settings = {
  url: optional({
    name: "REDIS_URL",
    takes:
      "redis://[:password@]host[:port][/db], or rediss:// for TLS, with a % in a name or password written %25; instead of REDIS_HOST and its kin",
    meaning: "The Redis that holds queues and dedup. Without it and REDIS_HOST both are embedded.",
    isSecret: true,
    schema: Schema.String.pipe(
      Schema.check(
        Schema.isPattern(/^rediss?:\/\/[^/]/),
        Schema.makeFilter((text) => URL.canParse(text) && isEscaped(new URL(text)))
      )
    )
  }),
  host: optional({
    name: "REDIS_HOST",
    takes: "a host name; instead of REDIS_URL",
    meaning: "The host of that Redis, where it is not given as REDIS_URL.",
    schema: Schema.String
  }),
  port: setting({
    name: "REDIS_PORT",
    takes: "a port from 1 to 65535",
    default: "6379",
    meaning: "Its port.",
    schema: wholeNumber(1, 65_535)
  }),
  password: optional({
    name: "REDIS_PASSWORD",
    takes: "a password",
    meaning: "Its password, if it asks for one.",
    isSecret: true,
    schema: Schema.String
  }),
  db: setting({
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
  })
}

const fromUrl = (text: string): RedisSettings => {
  const url = new URL(text)
  const part = (value: string) => Option.filter(unescaped(value), (some) => some !== "")
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 6379 : Number(url.port),
    username: part(url.username),
    password: Option.map(part(url.password), Redacted.make),
    db: Number(url.pathname.slice(1)) || 0,
    tls: url.protocol === "rediss:"
  }
}

/** The settings of Redis: none without a URL or a host. */
export const redisSettings = settingsOf(
  settings,
  Effect.gen(function* () {
    const url = yield* settings.url.read
    const host = yield* settings.host.read
    if (Option.isSome(url) && Option.isSome(host)) {
      return yield* new SettingsError({
        message: "REDIS_URL and REDIS_HOST are both set. Unset one: either says where Redis is."
      })
    }
    const parts = {
      port: yield* settings.port.read,
      username: Option.none(),
      password: Option.map(yield* settings.password.read, Redacted.make),
      db: yield* settings.db.read,
      tls: false
    }
    const dedupTimeout = Duration.millis(yield* settings.dedupTimeout.read)
    return Option.map(
      Option.orElse(Option.map(url, fromUrl), () => Option.map(host, (host) => ({ ...parts, host }))),
      (server): RedisConfig => ({ server, dedupTimeout })
    )
  })
)
