/** How log lines look and where they go. */
import { Cause, Effect, Formatter, Layer, Logger, type LogLevel, References } from "effect"
import { lineWriter } from "./LogWriter.ts"
import type { ServiceConfig } from "./ServiceConfig.ts"

const levels: Readonly<Record<ServiceConfig["logLevel"], LogLevel.LogLevel>> = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  fatal: "Fatal",
  none: "None"
}

const colours: Readonly<Record<string, number>> = { Trace: 90, Debug: 90, Info: 32, Warn: 33, Error: 31, Fatal: 31 }

const paint = (text: string, colour: number | undefined, isColoured: boolean): string =>
  isColoured && colour !== undefined ? `\x1b[${colour}m${text}\x1b[0m` : text

const text = (value: unknown): string => (typeof value === "string" ? value : Formatter.format(value))

const quoted = (value: string): string => (/^[^\s"=]+$/.test(value) ? value : JSON.stringify(value))

/** `23:12:41.123 INFO  trigger created  strategy="Late pressure" minute=78`: one line an event, its fields after it. */
const pretty = (isColoured: boolean) =>
  Logger.make<unknown, string>(({ cause, date, fiber, logLevel, message }) => {
    const fields = Object.entries(fiber.getRef(References.CurrentLogAnnotations)).filter(
      ([, value]) => value !== undefined
    )
    return [
      paint(date.toISOString().slice(11, 23), 90, isColoured),
      paint(logLevel.toUpperCase().padEnd(5), colours[logLevel], isColoured),
      (Array.isArray(message) ? message : [message]).map(text).join(" "),
      ...fields.map(([name, value]) => `${paint(`${name}=`, 90, isColoured)}${quoted(text(value))}`),
      ...(cause.reasons.length > 0 ? [`\n${Cause.pretty(cause)}`] : [])
    ].join(" ")
  })

/**
 * Writes log lines of `logLevel` and above in `logFormat`. The service logs to stdout; commands whose output is their
 * answer log to stderr. Lines that cannot be written are lost, and how many is told when writing works again.
 */
export const layerLogging = (
  { logFormat, logLevel }: Pick<ServiceConfig, "logFormat" | "logLevel">,
  stream: NodeJS.WriteStream
): Layer.Layer<never> => {
  const lines = logFormat === "json" ? Logger.formatJson : pretty(stream.isTTY === true)
  const write = lineWriter(stream, (lost) =>
    Effect.logWarning("log lines were lost, for they could not be written").pipe(
      Effect.annotateLogs({ lines: lost }),
      Effect.provide(logger),
      Effect.runFork
    )
  )
  const logger = Logger.layer([Logger.map(lines, write)])
  return Layer.merge(logger, Layer.succeed(References.MinimumLogLevel, levels[logLevel]))
}

/** Runs an effect so that only its log lines from `level` on are written. */
export const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>, level: LogLevel.LogLevel): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, References.MinimumLogLevel, level)
