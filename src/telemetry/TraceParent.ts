/**
 * What a job carries of the trace in which it was offered, so that its work is part of that trace, in whatever process. Jobs
 * carry nothing while nobody collects traces, and jobs of earlier versions never do.
 */
import { Context, Effect, Option, Schema, Tracer } from "effect"

/** Whether traces are collected. */
export const AreTraced = Context.Reference<boolean>("touchline/telemetry/AreTraced", { defaultValue: () => false })

/** The span in which a job was offered, by W3C's ids. */
export const TraceParent = Schema.Struct({ traceId: Schema.String, spanId: Schema.String })
export interface TraceParent extends Schema.Schema.Type<typeof TraceParent> {}

/** What a payload has of its parent. */
export const parented = { parent: Schema.optionalKey(TraceParent) }

/** The parent of what is offered now, as a part of a payload. */
export const parentNow: Effect.Effect<{ readonly parent?: TraceParent }> = Effect.gen(function* () {
  if (!(yield* AreTraced)) return {}
  const span = yield* Effect.option(Effect.currentSpan)
  return Option.match(span, {
    onNone: () => ({}),
    onSome: ({ sampled, spanId, traceId }) => (sampled ? { parent: { traceId, spanId } } : {})
  })
})

/** Runs the work of a job as part of the trace in which it was offered. */
export const within =
  (parent: TraceParent | undefined) =>
  <A, E, R>(
    work: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> | Effect.Effect<A, E, R> =>
    parent === undefined ? work : Effect.withParentSpan(work, Tracer.externalSpan(parent))
