/** Checks of the database: whether it answers, and whether it has what this version calls. */
import { Duration, Effect } from "effect"
import { type CheckOptions, check, failed, measured, ok, skipped } from "../doctor/Check.ts"
import type { StartError } from "../Integration.ts"
import type { Database } from "./Database.ts"
import { DataDirError } from "./embedded/DataDirLock.ts"

/** How long the embedded database may take to open: a new one, without its template, sets itself up first. */
export const openTimeout = Duration.seconds(30)

/** For how long all functions together may take to answer: some seventy calls, each of which may be slow or tried again. */
const migrationsTimeout = Duration.minutes(1)

const nowhere = "1970-01-01T00:00:00Z"

/** A call of each function that this version or the one before it calls, such that nothing is changed and next to nothing read. */
export const idleCalls: { readonly [operation: string]: { readonly [name: string]: unknown } } = {
  create_triggers: { candidates: [] },
  triggers_by_id: { ids: [] },
  triggers_since: { since: nowhere, max_rows: 0 },
  failed_alerts: { max_rows: 0 },
  retry_alerts: { ids: [] },
  pending_alerts: { max_rows: 0 },
  outbox_alerts: { place: null, max_rows: 0 },
  triggered_pairs: { pairs: [] },
  record_alerts: { results: [] },
  triggered_strategies: { match_ids: [] },
  record_alert_sent: { trigger_id: "", attempts: 0, receipt: {} },
  record_alert_failed: { trigger_id: "", attempts: 0, reason: "" },
  count_alerts: {},
  begin_alert_send: { trigger_id: "", seconds: 0 },
  expire_alerts: { ids: [], seconds: null, at: nowhere },
  closed_alerts: { max_rows: 0 },
  send_alerts_again: { ids: [], until: nowhere },
  count_alerts_by_standing: {},
  save_strategies: { definitions: [] },
  add_first_strategies: { definitions: [] },
  page_of_strategies: { after: null, max_rows: 0 },
  strategies_by_id: { ids: [] },
  strategies_since: { seen: null, again: [], max_rows: 0 },
  sum_of_strategies: { after: null, max_rows: 0 },
  page_of_fingerprints: { after: null, max_rows: 0 },
  forget_strategy_changes: {},
  match_strategy_files: { files: [], names: [] },
  save_strategy_files: { files: [], names: [] },
  match_directory_files: { files: [], names: [], directory: "" },
  save_directory_files: { files: [], names: [], directory: "" },
  record_moments: { moments: [] },
  moments_since: { cursors: [] },
  moments_of: { match_ids: [], since: null, reader: "" },
  save_moments: { moments: [], writer: "" },
  play_moments_of: { match_ids: [], since: null, reader: "" },
  save_play_moments: { moments: [], doubts: [], writer: "" },
  feed_notes_of: { of_feed: "", names: [] },
  keep_feed_notes: { of_feed: "", notes: [], seconds: 0 },
  create_judged_triggers: { matches: [] },
  judged_triggers_by_id: { ids: [] },
  judged_triggers_since: { since: nowhere, max_rows: 0 },
  open_triggers: { match_ids: [], finals_since: null },
  open_outcomes: { match_ids: [], finals_since: null },
  open_matches: { shown: [], max_rows: 0 },
  note_match_waits: { waits: [] },
  resolve_triggers: { results: [] },
  resolve_outcomes: { results: [] },
  pending_amendments: { max_rows: 0 },
  record_amendment: { told: {} },
  strategy_performance: { strategy: "", since: null, by_competition: false },
  recount_performance: { strategies: [] },
  database_size: {},
  forget_trigger_details: { before: nowhere, max_rows: 0 },
  page_of_alerts: { filter: {}, place: null, max_rows: 0 },
  strategies_with_alerts: { max_rows: 0 },
  page_of_records: { filter: {}, place: null, max_rows: 0 },
  keep_backtest: { strategy: "", result: null },
  strategy_as_kept: { strategy: "" },
  decided_triggers: { strategy: "", max_rows: 0 },
  edit_strategy: { strategy: "", was: null, change: {} },
  add_strategy: { said: {} },
  create_bounded_triggers: { matches: [] },
  set_owner_limits: { limits: {} },
  note_strategy_reasons: { reasons: [] },
  count_held_back: { counts: [] },
  triggers_of_owners: { owners: [] },
  new_chat_link_of: { owner: null },
  link_chat: { token: "", chat: "" },
  use_chat_link: { token: "", chat: "" },
  mute_chat: { chat: "", reason: "" },
  due_digests: { after: 0, max_chats: 0, claim: 0 },
  record_digest: { ids: [], message: null, reason: null },
  told_triggers: { ids: [] },
  hold_lease: { lease: "", by: "", seconds: 0 }
}

/** The process that has the data directory open, if that is why the database cannot be had. */
export const holderOf = (error: StartError): number | undefined =>
  error instanceof DataDirError ? error.holder : undefined

/** What checks of a database say beside what they find. */
export interface DatabaseCheckOptions extends CheckOptions {
  /** What a database has done that answers, such as `accepts the key`. */
  readonly accepts?: string
}

/**
 * The checks of a database. An embedded one that a running Touchline holds is as it should be: what that process has
 * opened works.
 */
export const checkDatabase = <R>(
  database: Effect.Effect<Database["Service"], StartError, R>,
  { accepts, ...options }: DatabaseCheckOptions = {}
) => [
  check(
    "database",
    Effect.gen(function* () {
      const { call, name } = yield* database
      const [, latencyMs] = yield* measured(call("count_alerts", {}))
      return ok(accepts === undefined ? name : `${name} ${accepts}`, latencyMs)
    }).pipe(
      Effect.catch((error) => {
        const pid = holderOf(error)
        return pid === undefined
          ? Effect.fail(error)
          : Effect.succeed(ok(`a running Touchline, process ${pid}, has it open, and that is fine`))
      })
    ),
    options
  ),
  check(
    "migrations",
    Effect.matchEffect(database, {
      onFailure: (error) => {
        const pid = holderOf(error)
        return Effect.succeed(
          skipped(`not checked: ${pid === undefined ? "the database cannot be used" : `process ${pid} applied them`}`)
        )
      },
      onSuccess: Effect.fnUntraced(function* ({ call }) {
        const failures = yield* Effect.forEach(
          Object.entries(idleCalls),
          ([operation, args]) =>
            call(operation, args).pipe(
              Effect.as(undefined),
              Effect.catch((error) => Effect.succeed(error))
            ),
          { concurrency: 4 }
        )
        const [first, ...others] = failures.filter((each) => each !== undefined)
        if (first === undefined) return ok(`current: all ${failures.length} functions answer`)
        const also = others.length === 0 ? "" : ` (and so for ${others.map(({ operation }) => operation).join(", ")})`
        const finding = failed(first.message, "Apply supabase/migrations.")
        return { ...finding, message: `${finding.message}${also}` }
      })
    }),
    { within: options.within ?? migrationsTimeout }
  )
]
