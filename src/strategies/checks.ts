/** The check of the database's strategies: which of those that are switched on cannot be used, and why. */
import { Array as Arr, Duration, Effect, Layer, Option, Result } from "effect"
import { holderOf } from "../database/checks.ts"
import { SharesDataDir } from "../database/embedded/EmbeddedPostgres.ts"
import { pageSize, StrategyStore } from "../database/StrategyStore.ts"
import { check, ok, skipped, warning } from "../doctor/Check.ts"
import type { Consulting, Parts } from "../Integration.ts"
import { decodeStrategyRow, nameOfRow } from "../rules/rows/StrategyRow.ts"

/** How many are told of by name. */
const mostNamed = 10

/** Reading and decoding takes as long as there are strategies: some ten thousand a second. */
const within = Duration.minutes(1)

const lookAt = Effect.fnUntraced(function* ({ page }: StrategyStore["Service"]) {
  const problems: Array<string> = []
  let read = 0
  let rows = yield* page(undefined)
  while (true) {
    read += rows.length
    for (const { content } of rows) {
      const decoded = decodeStrategyRow(content)
      if (Result.isSuccess(decoded)) continue
      const { message, source } = decoded.failure
      const name = nameOfRow(content)
      problems.push(`${source}${name === undefined ? "" : ` (${name})`}: ${message}`)
    }
    const last = Arr.last(rows)
    if (Option.isNone(last) || rows.length < pageSize) break
    rows = yield* page(last.value.id)
  }
  if (read === 0) return ok("the database has none that is switched on")
  if (problems.length === 0) return ok(`all ${read} of the database can be used`)
  const named = problems.slice(0, mostNamed)
  const more = problems.length - named.length
  return warning(
    `${problems.length} of ${read} of the database are left out: ${named.join("; ")}${more === 0 ? "" : `; and ${more} more`}`,
    "Edit or switch off these strategies; they are taken up when they can be used."
  )
})

/** Looks at the strategies of a database, also of an embedded one that a running Touchline holds. */
export const checkStrategies = (database: Parts["database"], open: Consulting["open"]) => {
  const layer = Layer.provide(StrategyStore.layer, database)
  return check(
    "strategies",
    Effect.flatMap(open(StrategyStore, layer), lookAt).pipe(
      Effect.catchIf(
        (error) => holderOf(error) !== undefined,
        () =>
          Effect.flatMap(StrategyStore, lookAt).pipe(
            Effect.provide(layer),
            Effect.provideService(SharesDataDir, "only")
          )
      ),
      // What is wrong with the database is told by its own checks.
      Effect.catch(({ message }) => Effect.succeed(skipped(`not checked: ${message}`)))
    ),
    { within }
  )
}
