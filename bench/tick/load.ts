/** Brings a world into a database by SQL, in bulk, as no service would. */

import { Iterable } from "effect"
import type { PostgresClient } from "../../src/database/embedded/PostgresClient.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { toStrategyFile } from "../../src/rules/files/StrategyFile.ts"
import type { World, WorldPair } from "./World.ts"

/** What loads a database. */
export interface Loader {
  /** Runs statements; answers with what they print, if it is one that prints. */
  readonly exec: (sql: string) => Promise<string>
  /** Adds rows, in the text format of COPY. `unchecked`: nothing looks at what they refer to, and no trigger fires. */
  readonly copy: (
    table: string,
    columns: ReadonlyArray<string>,
    rows: Iterable<string>,
    how?: "unchecked"
  ) => Promise<unknown>
}

/** Loads a PGlite of this process. */
export const onPglite = (client: PostgresClient): Loader => ({
  exec: async (sql) => {
    const results = await client.exec(sql)
    return results.flatMap(({ rows }) => rows.map((each) => Object.values(each).join("|"))).join("\n")
  },
  copy: async (table, columns, rows, how) => {
    if (how === "unchecked") await client.exec("set session_replication_role = replica")
    await client.query(`copy ${table} (${columns.join(", ")}) from '/dev/blob'`, [], { blob: new Blob([...rows]) })
    await client.exec("set session_replication_role = default")
  }
})

const field = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n")

const row = (...fields: ReadonlyArray<string | number>): string =>
  `${fields.map((each) => field(`${each}`)).join("\t")}\n`

/** Rows in pieces of some size: one write for each row takes longer than making it. */
const inPieces = function* (rows: Iterable<string>): Iterable<string> {
  let piece = ""
  for (const each of rows) {
    piece += each
    if (piece.length < 65_536) continue
    yield piece
    piece = ""
  }
  if (piece !== "") yield piece
}

export const loadStrategies = (loader: Loader, strategies: ReadonlyArray<Strategy>): Promise<unknown> =>
  loader.copy(
    "public.strategies",
    ["id", "name", "is_active", "definition"],
    inPieces(
      strategies.map(({ id, ...definition }) =>
        row(id, definition.name, "true", JSON.stringify(toStrategyFile(definition)))
      )
    )
  )

/** What was recorded just now is told again by the next look, as that of others; a past is older than that. */
const recordedAt = new Date(Date.now() - 600_000).toISOString()

export const loadPast = (loader: Loader, { past }: World): Promise<unknown> =>
  loader.copy(
    "public.match_history",
    ["match_id", "period", "minute", "added", "figures", "recorded_at"],
    inPieces(
      Iterable.map(past(), ({ matchId, moment: { added, figures, minute, period } }) =>
        row(matchId, period, minute, added, JSON.stringify(figures), recordedAt)
      )
    )
  )

const indexesOfTriggers = `
  select indexdef from pg_indexes
  where schemaname = 'public' and tablename = 'triggers' and indexname not like '%_pkey'
`

/** Loads pairs as triggers of long ago, their alerts sent; answers how many. Indexes are made afterwards, which is faster. */
export const loadPairs = async (loader: Loader, pairs: Iterable<WorldPair>): Promise<number> => {
  let count = 0
  const indexes = (await loader.exec(indexesOfTriggers)).split("\n").filter((line) => line !== "")
  await loader.exec(indexes.map((index) => `drop index public.${/INDEX (\S+) ON/.exec(index)?.[1]};`).join("\n"))
  await loader.copy(
    "public.triggers",
    ["strategy_id", "match_id"],
    inPieces(
      Iterable.map(pairs, ({ matchId, strategy }) => {
        count += 1
        return row(strategy.id, matchId)
      })
    ),
    "unchecked"
  )
  await loader.exec(indexes.map((index) => `${index};`).join("\n"))
  return count
}
