import { Console, DateTime, Effect, Layer, Option, Schedule } from "effect"
import { SharesDataDir } from "../database/embedded/EmbeddedPostgres.ts"
import { embeddedSettings } from "../database/embedded/settings.ts"
import { TriggerStore } from "../database/TriggerStore.ts"
import { askOfNotices, askOverHttp } from "../health/askStanding.ts"
import type { Standing } from "../health/Overview.ts"
import { type AlertRow, PageStore } from "../http/dashboard/PageStore.ts"
import type { Extend } from "../Integration.ts"
import { layerLogging, quietly } from "../Logging.ts"
import { QueueBackend } from "../queue/QueueBackend.ts"
import { chosenBy, storing } from "../Touchline.ts"
import { oneLine, table } from "./report.ts"

/** Alerts that are shown: of all the latest, and of those that failed. */
const [latest, failures] = [8, 5]

const watchEvery = "2 seconds"

const marks = { ok: "✓", degraded: "⚠", down: "✗", stopping: "–" } as const

/** A time in UTC, which it says: who reads may be anywhere. */
const time = (iso: string): string => `${iso.replace("T", " ").slice(0, 19)}Z`

/** The parts of a service, its processes and its last scans, as people read them. */
export const standingText = ({ instances, parts, scans, service, unknown }: Standing): string =>
  [
    `${marks[service]} the service is ${service === "ok" ? "well" : service}`,
    ...parts
      .filter(({ state }) => state !== "ok")
      .map(({ name, on, reason = "", since, state, what = "" }) =>
        oneLine(
          `  ${marks[state]} ${name}: ${what} (${reason}), since ${time(since)}${on === undefined ? "" : ` on ${on}`}`
        )
      ),
    ...instances.map(({ name, since, stalled, state, version }) =>
      oneLine(
        `  ${marks[state]} process ${name}, ${version}, since ${time(since)}${stalled === undefined ? "" : `: ${stalled}`}`
      )
    ),
    ...(unknown === undefined ? [] : [oneLine(`  the other processes cannot be told: ${unknown}`)]),
    "",
    scans.length === 0
      ? "No scan is known yet."
      : table(
          ["scan", "on", "matches", "held", "triggers", "ms"],
          scans.map(({ at, held, matches, ms, on, triggers }) => [
            time(at),
            on,
            ...[matches, held, triggers, ms].map(String)
          ])
        )
  ].join("\n")

const alertCells = ({
  away = "?",
  home = "?",
  minute,
  reason = "",
  state,
  strategyName = "",
  triggeredAt
}: AlertRow) => [
  time(DateTime.formatIso(triggeredAt)),
  state,
  strategyName,
  `${home} - ${away}`,
  minute === undefined ? "" : `${minute}'`,
  reason
]

const alertTable = (title: string, rows: ReadonlyArray<AlertRow>): string =>
  rows.length === 0
    ? `${title}: none.`
    : table([title, "state", "strategy", "match", "minute", "reason"], rows.map(alertCells))

const encodeAlert = (row: AlertRow) => ({
  id: row.id,
  at: DateTime.formatIso(row.triggeredAt),
  state: row.state,
  strategy: row.strategyName,
  match: row.matchId,
  reason: row.reason
})

/** `touchline status`: how the running service does, its last scans, the latest alerts and those that failed. */
export const status = Effect.fnUntraced(function* (
  extend: Extend,
  { json, watch }: { readonly json: boolean; readonly watch: boolean }
) {
  const chosen = yield* chosenBy(extend)
  const dataDir = yield* embeddedSettings.read
  const show = Effect.gen(function* () {
    const backend = yield* QueueBackend
    const overHttp = Option.match(chosen.http, {
      onNone: () => Effect.fail({ message: "HTTP is off" }),
      onSome: (config) => askOverHttp(config, dataDir)
    })
    const found = yield* Effect.result(overHttp)
    const standing: Option.Option<Standing> =
      found._tag === "Success" ? Option.some(found.success) : yield* askOfNotices(backend)
    const pages = yield* PageStore
    const rows = yield* pages.alerts({}, latest)
    const failed = yield* pages.alerts({ state: "failed" }, failures)
    const counts = yield* (yield* TriggerStore).counts
    if (json) {
      const answer = {
        standing: Option.getOrNull(standing),
        alerts: counts,
        latest: rows.map(encodeAlert),
        failed: failed.map(encodeAlert)
      }
      return yield* Console.log(JSON.stringify(answer))
    }
    const why = found._tag === "Failure" ? found.failure.message : ""
    const text = [
      Option.match(standing, { onNone: () => `No running service is found: ${why}.`, onSome: standingText }),
      "",
      `Alerts: ${counts.sent} sent, ${counts.pending} pending, ${counts.failed} failed, ${counts.expired} expired.`,
      "",
      alertTable("latest", rows),
      ...(failed.length === 0 ? [] : ["", alertTable("failed", failed)])
    ].join("\n")
    yield* Console.log(watch && process.stdout.isTTY ? `\x1b[H\x1b[2J${text}` : text)
  })
  const stores = PageStore.layer.pipe(Layer.provideMerge(storing(chosen.parts)))
  const look = show.pipe(
    Effect.provide(Layer.provideMerge(stores, layerLogging(chosen.service, process.stderr)), { local: true })
  )
  // Who watches asks the service anew each time, goes on when it stops, and keeps none from starting.
  const watching = look.pipe(
    Effect.provideService(SharesDataDir, "only"),
    Effect.catch(({ message }) => Console.log(oneLine(`No running service is found: ${message}`))),
    Effect.repeat(Schedule.spaced(watchEvery))
  )
  yield* quietly(watch ? Effect.asVoid(watching) : Effect.provideService(look, SharesDataDir, true), "Error")
})
