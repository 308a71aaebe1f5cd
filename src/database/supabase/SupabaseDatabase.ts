/**
 * The Database on Supabase: PostgREST over HTTP, through supabase-js, with the service role key.
 *
 * Guarantees: a call ends. Each request is given up after `timeout`; what may pass (no connection, no answer, 408, 429,
 * 5xx) is tried again after about 0.2, 0.4 and 0.8 seconds and then fails as `unavailable`; everything else fails at
 * once as `refused`. The key is in no message, log or error.
 *
 * A call whose answer was lost has perhaps happened, and happens again with the retry. That is harmless, function by
 * function: reading changes nothing; saving strategies and moments puts the same rows there; a receipt or a failure that
 * is recorded stays as it is. Two functions answer differently the second time. `add_first_strategies` adds nothing, so
 * samples may be in that are reported as none. `create_judged_triggers` creates nothing, counts nothing again, and names
 * the triggers of the lost call as those whose alerts are still to be sent.
 */
import { createClient, type SupabaseClient } from "@supabase/supabase-js"
import { Duration, Effect, Layer, Option, Redacted, Schedule, Schema } from "effect"
import { Database, DatabaseError } from "../Database.ts"
import type { SupabaseSettings } from "./settings.ts"

/** How long Supabase may take over one request. Longer than the 8 seconds after which it gives up a query itself. */
export const supabaseTimeout = Duration.seconds(10)

/** How what may pass is tried again: after about 0.2, 0.4 and 0.8 seconds. */
export const supabaseRetryPolicy = Schedule.exponential("200 millis").pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 3 })
)

/** What the layer does by default and a test may want otherwise. */
export interface SupabasePolicy {
  /** For each request, so that a call may take as many times as long as it has attempts. */
  readonly timeout?: Duration.Input
  readonly retry?: Schedule.Schedule<unknown>
}

/** The function that calls the others and answers with all of their rows as one value. */
const through = "touchline_call"

/** What supabase-js answers with, whether a request failed or not. */
const decodeAnswer = Schema.decodeUnknownOption(
  Schema.Struct({ status: Schema.Int, data: Schema.Unknown, error: Schema.Unknown })
)

const decodeRowsOf = Schema.decodeUnknownOption(Schema.Array(Schema.Unknown))

const text = Schema.optionalKey(Schema.NullishOr(Schema.String))

/** PostgREST's own error; of whoever answered in its place, such as a proxy, perhaps the body as `message`. */
const Problem = Schema.Struct({ code: text, message: text, details: text })

const decodeProblem = Schema.decodeUnknownOption(Problem)

/** A request that failed. */
interface Fault {
  /** The answer's HTTP status; 0 without an answer. */
  readonly status: number
  /** PostgREST's code, PostgreSQL's SQLSTATE, or empty. */
  readonly code: string
  readonly message: string
  /** Where fetch failed, its cause with its stack. */
  readonly details: string
}

const faultOf = (status: number, error: unknown): Fault => {
  const { code, details, message } = Option.getOrElse(decodeProblem(error), (): typeof Problem.Type => ({}))
  return { status, code: code ?? "", message: message ?? "", details: details ?? "" }
}

/**
 * Whether a fault may pass. PGRST000 to 003 are PostgREST's own troubles in reaching the database
 * (https://docs.postgrest.org/en/v12/references/errors.html).
 */
const mayPass = ({ code, status }: Fault): boolean =>
  status === 0 || status === 408 || status === 429 || status >= 500 || /^PGRST00[0-3]$/.test(code)

const migrate =
  'Apply supabase/migrations: `supabase db push`, or `psql "$DATABASE_URL" -f` each of its files in order. Each may be applied twice.'

const takeKey = "SUPABASE_SERVICE_ROLE_KEY takes the service role key, or a secret key, of the project in SUPABASE_URL."

/** What went wrong in one line, without the stack and the page of HTML that a fault may hold. */
const reasonOf = ({ code, details, message, status }: Fault): string => {
  const cause = /^Caused by: (?:\w+: )?(.+)$/m.exec(details)?.[1]
  const line = (cause ?? message).trim().split("\n")[0] ?? ""
  const said = line === "" || line.startsWith("<") ? "no reason given" : line.slice(0, 300)
  const marks = [...(status === 0 ? [] : [`HTTP ${status}`]), ...(code === "" ? [] : [code])]
  return marks.length === 0 ? said : `${said} (${marks.join(", ")})`
}

/** What an operator reads: what happened, and what to do about it. */
const explain = (name: string, operation: string, fault: Fault): string => {
  const { code, status } = fault
  const reason = reasonOf(fault)
  if (status === 0) return `${name} cannot be reached: ${reason}. Check SUPABASE_URL and the network.`
  if (code === "PGRST202" || code === "42883") {
    return `${name} has no function ${operation} as this version calls it: ${reason}. ${migrate}`
  }
  if (code === "42P01" || code === "42703") return `${name} has other tables than this version: ${reason}. ${migrate}`
  if (code === "42501") return `${name} does not let this key call ${operation}: ${reason}. ${takeKey}`
  if (status === 401 || status === 403) return `${name} refuses the key: ${reason}. ${takeKey}`
  if (status === 404) return `${name} is no Supabase project: ${reason}. Check SUPABASE_URL.`
  return `${operation} failed at ${name}: ${reason}`
}

/** A client that holds no session and retries nothing by itself. Fails when the URL or the key cannot be used at all. */
const connect = (name: string, { serviceRoleKey, url }: SupabaseSettings) =>
  Effect.try({
    try: (): SupabaseClient => {
      const key = Redacted.value(serviceRoleKey)
      // fetch would name the key when it refuses the header.
      if (!/^[\x21-\x7e]+$/.test(key)) throw new Error(`the key holds a character that no key has. ${takeKey}`)
      return createClient(url.href, key, {
        auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
        db: { retry: false }
      })
    },
    catch: (cause) =>
      new DatabaseError({
        operation: "open",
        reason: "refused",
        message: `${name} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`
      })
  })

/**
 * The layer of Database on a Supabase project that has `supabase/migrations`.
 *
 * It makes one call before it is there, so that a wrong URL, a wrong key or missing migrations fail the start, with what
 * to do in the message.
 */
export const layerSupabase = (
  settings: SupabaseSettings,
  { retry = supabaseRetryPolicy, timeout = supabaseTimeout }: SupabasePolicy = {}
): Layer.Layer<Database, DatabaseError> =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      const name = `Supabase at ${settings.url.host}`
      const client = yield* connect(name, settings)
      const fail = (operation: string, reason: DatabaseError["reason"], message: string, code = "") =>
        new DatabaseError({
          operation,
          reason,
          code,
          message: message.replaceAll(Redacted.value(settings.serviceRoleKey), "<redacted>")
        })

      const request = (operation: string, args: { readonly [name: string]: unknown }) =>
        Effect.tryPromise({
          try: async (signal): Promise<unknown> => client.rpc(through, { operation, args }).abortSignal(signal),
          catch: (cause) => fail(operation, "refused", `${operation} cannot be sent to ${name}: ${String(cause)}`)
        }).pipe(
          Effect.timeoutOrElse({
            duration: timeout,
            orElse: () =>
              Effect.fail(
                fail(
                  operation,
                  "unavailable",
                  `${name} did not answer ${operation} within ${Duration.format(Duration.fromInputUnsafe(timeout))}`
                )
              )
          })
        )

      const attempt = Effect.fnUntraced(function* (operation: string, args: { readonly [name: string]: unknown }) {
        const answer = decodeAnswer(yield* request(operation, args))
        if (Option.isSome(answer) && answer.value.error !== null) {
          const fault = faultOf(answer.value.status, answer.value.error)
          const reason = mayPass(fault) ? "unavailable" : "refused"
          return yield* fail(operation, reason, explain(name, operation, fault), fault.code)
        }
        const rows = Option.flatMap(answer, ({ data }) => decodeRowsOf(data))
        if (Option.isSome(rows)) return rows.value
        return yield* fail(
          operation,
          "refused",
          `${name} does not answer ${operation} as Supabase does. Check SUPABASE_URL.`
        )
      })

      const call = Effect.fn("Database.call")(function* (
        operation: string,
        args: { readonly [name: string]: unknown }
      ) {
        return yield* attempt(operation, args).pipe(
          Effect.tapError(({ message, reason }) =>
            Effect.logDebug("a call of the database failed").pipe(Effect.annotateLogs({ operation, reason, message }))
          ),
          Effect.retry({ schedule: retry, while: ({ reason }) => reason === "unavailable" })
        )
      })

      yield* call("count_alerts", {})
      return Database.of({ name, call })
    })
  )
