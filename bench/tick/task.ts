/** What `bench/tick.ts` and the process that it measures say to each other. */
import { Schema } from "effect"

/** What to measure: ticks, or how fast triggers are created and their alerts sent. */
export const Task = Schema.Struct({
  kind: Schema.Literals(["ticks", "create"]),
  backend: Schema.Literals(["redis", "embedded"]),
  /** The URL of what gives the feed's answers and counts calls. */
  surroundings: Schema.String,
  /** Ticks between the first one and those that are measured, in which the process gets into its stride. */
  settling: Schema.Int,
  /** Ticks that are measured, at most: at least three, and no more once `budgetMs` are over. */
  steady: Schema.Int,
  budgetMs: Schema.Finite,
  /** Whether the strategies are to be switched on after the first tick. */
  activate: Schema.Boolean,
  /** How many triggers come about then. */
  expected: Schema.Int
})
export interface Task extends Schema.Schema.Type<typeof Task> {}

/** Calls, or milliseconds, by kind. */
const Counts = Schema.Record(Schema.String, Schema.Finite)
export type Counts = typeof Counts.Type

/** Calls of the database by function, and of Redis by command. */
export const Calls = Schema.Struct({ database: Counts, redis: Counts })
export interface Calls extends Schema.Schema.Type<typeof Calls> {}

/** The figures of ticks. Times are in milliseconds, `parts` the medians of the spans of a tick added up by name. */
export const TickFigures = Schema.Struct({
  firstMs: Schema.Finite,
  firstCpuMs: Schema.Finite,
  firstTriggers: Schema.Int,
  firstParts: Counts,
  firstCalls: Calls,
  steadyMs: Schema.Struct({ median: Schema.Finite, max: Schema.Finite }),
  /** What the process itself computed in a steady tick, on all of its threads; the median. */
  steadyCpuMs: Schema.Finite,
  measured: Schema.Int,
  held: Schema.Array(Schema.Int),
  triggers: Schema.Int,
  duplicates: Schema.Int,
  parts: Counts,
  /** Calls within the measured ticks, all of them together. */
  calls: Calls,
  /** Calls between them, and those that follow strategies or sweep the outbox. */
  beside: Calls,
  rssMB: Schema.Finite,
  /** Null where there is no PostgREST. */
  select1Ms: Schema.NullOr(Schema.Finite),
  peakMB: Schema.Finite
})
export interface TickFigures extends Schema.Schema.Type<typeof TickFigures> {}

/** The figures of creating and alerting. */
export const CreateFigures = Schema.Struct({
  created: Schema.Int,
  createdPerSecond: Schema.Finite,
  alerts: Schema.Int,
  alertsPerSecond: Schema.Finite,
  peakMB: Schema.Finite
})
export interface CreateFigures extends Schema.Schema.Type<typeof CreateFigures> {}

export const Figures = Schema.Union([TickFigures, CreateFigures])
