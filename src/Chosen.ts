/**
 * What fills each part of the pipeline under the settings as they are: something of the program itself, or else the first
 * integration of the list that is configured and brings it.
 */
import { Effect, Layer, Option, Result, Struct } from "effect"
import { asFarAsUsable, choice, missing, type Setting, SettingsError, type SettingText, setting } from "./Config.ts"
import { answering } from "./database/answering.ts"
import { type PageConfig, pageSettings } from "./http/dashboard/settings.ts"
import { type HttpConfig, httpSettings } from "./http/settings.ts"
import {
  type Brought,
  type Extend,
  type Extensions,
  type Integration,
  type Part,
  type Parts,
  partLabels
} from "./Integration.ts"
import { type ServiceConfig, serviceSettings } from "./ServiceConfig.ts"
import { type TelemetryConfig, telemetrySettings } from "./telemetry/settings.ts"

/** One that the settings describe, and what became of reading them. */
export interface Reading {
  readonly integration: Integration
  /** None: it is not configured, or another feed is asked for. */
  readonly brought: Result.Result<Option.Option<Brought>, SettingsError>
}

/** The parts, and where they come from. */
export interface Chosen {
  readonly service: ServiceConfig
  /** None: it is not served over HTTP. */
  readonly http: Option.Option<HttpConfig>
  /** None: nothing is sent to a collector. */
  readonly telemetry: Option.Option<TelemetryConfig>
  readonly pages: PageConfig
  readonly parts: Parts
  /** What those integrations do that fill a part, while the service runs. */
  readonly runs: ReadonlyArray<NonNullable<Brought["runs"]>>
  /** The integrations: those of the program, then the listed ones. */
  readonly list: ReadonlyArray<Integration>
  /** In the order of the list. */
  readonly readings: ReadonlyArray<Reading>
  /** The integration that fills a part. None where the program or Touchline itself does. */
  readonly filledBy: (part: Part) => Integration | undefined
  /** Whether a part is the program's, or an integration's that it brings. */
  readonly isOwn: (part: Part) => boolean
  /** The parts that the program has replaced. */
  readonly replaced: ReadonlySet<Part>
  /** Whether the settings that are wrong are of what should fill a part. */
  readonly isBroken: (part: Part) => boolean
  /** What is wrong with the settings, a line each. The parts are then those of what can be used. */
  readonly problems: ReadonlyArray<string>
}

/** FEED: one of the feeds of the list, at first the first. */
const feedSetting = (list: ReadonlyArray<Integration>): Setting<string> => {
  const feeds = list.filter(({ feed }) => feed !== undefined)
  const names = feeds.map(({ name }) => name)
  return setting({
    name: "FEED",
    takes: names.join(" or "),
    default: names[0] ?? "",
    meaning: `Where matches come from: ${feeds.map(({ feed, name }) => `\`${name}\` ${feed}`).join(", ")}.`,
    schema: choice(names)
  })
}

/** Every setting there is: those of the service, then those of each integration. */
export const allSettings = (list: ReadonlyArray<Integration>): ReadonlyArray<SettingText> => [
  ...serviceSettings.all,
  ...httpSettings.all,
  ...telemetrySettings.all,
  ...pageSettings.all,
  feedSetting(list),
  ...list.flatMap(({ settings }) => settings)
]

/** Names that are a secret in one place and none in another, where their value would be shown. */
const halfSecret = (settings: ReadonlyArray<SettingText>): ReadonlySet<string> => {
  const open = new Set(settings.filter(({ isSecret }) => !isSecret).map(({ name }) => name))
  return new Set(settings.filter(({ isSecret, name }) => isSecret && open.has(name)).map(({ name }) => name))
}

/** What counts where no integration brings a part. */
export type Rest = Pick<Parts, "dedup" | "history" | "limits" | "strategies">

/** A part that nothing brings. */
const lacking = <A>(part: Part): Layer.Layer<A, SettingsError> =>
  Layer.effectContext(
    Effect.fail(new SettingsError({ message: `Nothing brings a ${part}. List an integration that does.` }))
  )

/** Reads an integration's settings. A feed is wanted only if it is the one that FEED names, and must then be configured. */
const readOne = (integration: Integration, service: ServiceConfig, feed: string) => {
  const read = integration.read(service)
  if (integration.feed === undefined) return read
  if (integration.name !== feed) return Effect.as(read, Option.none())
  const [wanted] = integration.settings.filter((each) => each.default === undefined)
  return wanted === undefined
    ? read
    : Effect.filterOrFail(read, Option.isSome, () => missing(wanted, `FEED is ${feed}`))
}

/**
 * Reads every setting and chooses what fills each part. Never fails for a setting: see `problems`. What the program
 * itself brings goes before everything.
 */
export const choose = Effect.fnUntraced(function* (
  listed: ReadonlyArray<Integration>,
  extend: Extend,
  rest: (service: ServiceConfig, own: Extensions) => Rest
): Effect.fn.Return<Chosen, SettingsError> {
  const { problems, value: service } = yield* asFarAsUsable(serviceSettings)
  const http = yield* asFarAsUsable(httpSettings)
  const telemetry = yield* asFarAsUsable(telemetrySettings)
  const pages = yield* asFarAsUsable(pageSettings)
  const own = extend(service)
  const list = [...(own.integrations ?? []), ...listed]
  const named = yield* Effect.result(feedSetting(list).read)
  // The feed of the program itself goes before the one that FEED names, which then needs no settings.
  const feed = own.feed === undefined ? Result.getOrElse(named, () => "") : ""
  const readings = yield* Effect.forEach(list, (integration) =>
    Effect.map(Effect.result(readOne(integration, service, feed)), (brought): Reading => ({ integration, brought }))
  )
  const brings = readings.flatMap(({ brought, integration }) =>
    Option.toArray(
      Option.map(Option.flatten(Result.getSuccess(brought)), ({ parts, runs }) => ({ integration, parts, runs }))
    )
  )
  const found = (part: Part) => brings.find(({ parts }) => parts[part] !== undefined)
  const fill = <P extends Part>(part: P): Parts[P] | undefined => own[part] ?? found(part)?.parts[part]
  const others = rest(service, own)
  const isOwn = (part: Part) =>
    own[part] !== undefined || own.integrations?.some((each) => each === found(part)?.integration) === true
  const database = fill("database") ?? lacking("database")
  const isAskedFor = ({ feed: does, name }: Integration) => does === undefined || name === feed
  const clashing = halfSecret(allSettings(list))
  const failures = [Result.getFailure(named), ...readings.map(({ brought }) => Result.getFailure(brought))].flatMap(
    Option.toArray
  )
  return {
    service,
    http: http.value,
    telemetry: telemetry.value,
    pages: pages.value,
    list,
    parts: {
      feed: fill("feed") ?? lacking("feed"),
      channel: fill("channel") ?? lacking("channel"),
      database: isOwn("database") ? answering(database) : database,
      queue: fill("queue") ?? lacking("queue"),
      dedup: fill("dedup") ?? others.dedup,
      history: fill("history") ?? others.history,
      limits: fill("limits") ?? others.limits,
      strategies: fill("strategies") ?? others.strategies
    },
    runs: brings.flatMap((each) => {
      const fillsOne = Struct.keys(partLabels).some((part) => own[part] === undefined && found(part) === each)
      return each.runs !== undefined && fillsOne ? [each.runs] : []
    }),
    readings,
    filledBy: (part) => (own[part] === undefined ? found(part)?.integration : undefined),
    isOwn,
    replaced: new Set(Struct.keys(partLabels).filter((part) => own[part] !== undefined)),
    isBroken: (part) => {
      if (own[part] !== undefined) return false
      if (part === "feed" && Result.isFailure(named)) return true
      const first = readings.find(({ brought, integration }) =>
        Result.isFailure(brought)
          ? isAskedFor(integration) && integration.brings.includes(part)
          : integration === found(part)?.integration
      )
      return first !== undefined && Result.isFailure(first.brought)
    },
    problems: [
      ...(own.strategies === undefined || own.strategyDirectory === undefined
        ? []
        : ["The program brings strategies and a strategyDirectory. It can bring one of them."]),
      ...problems,
      ...http.problems,
      ...telemetry.problems,
      ...pages.problems,
      ...Array.from(
        clashing,
        (name) => `${name} is a secret of one integration and none of another. Call it a secret in both.`
      ),
      ...failures
        .flatMap(({ message }) => message.split("\n"))
        .filter((problem) => !clashing.has(problem.split(" ")[0] ?? ""))
    ]
  }
})
