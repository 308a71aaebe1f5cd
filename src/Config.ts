/**
 * What a setting is and how settings are read. Those of the service itself stand in `ServiceConfig.ts`, those of an
 * integration in its folder.
 *
 * Values come from the environment, then from a `.env` file in the working directory; an empty value counts as none. A
 * value that cannot be used is told in one line: which setting, what it got, what it takes. A secret is in no message.
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { didYouMean } from "./domain/nearest.ts"

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
