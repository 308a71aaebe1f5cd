/** What the alerts can be looked for by. The database is asked for strategies once in a while, however many pages are made. */
import { Effect, Option } from "effect"
import { steadyMillis } from "../../health/steady.ts"
import { type AlertRow, type Named, PageStore } from "./PageStore.ts"
import { Picture } from "./Picture.ts"

/** How long the names of strategies are good for; those of alerts on the page are always there. */
const goodFor = 60_000

/** The most strategies to choose from. */
const mostStrategies = 500

const byName = (names: ReadonlyMap<string, string>): ReadonlyArray<Named> =>
  Array.from(names, ([id, name]) => ({ id, name })).sort((a, b) => (a.name < b.name ? -1 : 1))

/** Of names that several have, each with the beginning of its id. */
const told = (strategies: ReadonlyArray<Named>): ReadonlyArray<Named> =>
  strategies.map(({ id, name }, index) => ({
    id,
    name:
      strategies[index - 1]?.name === name || strategies[index + 1]?.name === name
        ? `${name} (${id.slice(0, 8)})`
        : name
  }))

/** What tells the choices: what is chosen, and what the alerts on the page are of, is always among them. */
export const makeChoices = Effect.gen(function* () {
  const store = yield* PageStore
  const picture = yield* Picture
  let held: { readonly at: number; readonly strategies: ReadonlyArray<Named> } | undefined

  const strategies = Effect.fnUntraced(function* (alerts: ReadonlyArray<AlertRow>, chosen: string | undefined) {
    const now = yield* steadyMillis
    if (held === undefined || now - held.at > goodFor)
      held = { at: now, strategies: yield* store.withAlerts(mostStrategies) }
    const names = new Map(held.strategies.map(({ id, name }) => [id, name]))
    for (const { strategyId, strategyName } of alerts)
      if (strategyName !== undefined) names.set(strategyId, strategyName)
    if (chosen !== undefined && !names.has(chosen)) {
      const kept = yield* store.strategy(chosen)
      names.set(chosen, Option.match(kept, { onNone: () => "one that is not there", onSome: ({ name }) => name }))
    }
    return told(byName(names))
  })

  const competitions = (alerts: ReadonlyArray<AlertRow>, chosen: string | undefined): ReadonlyArray<Named> => {
    const names = new Map(chosen === undefined ? [] : [[chosen, chosen]])
    for (const { snapshot } of picture.all()) names.set(snapshot.match.competition.id, snapshot.match.competition.name)
    for (const { competition, competitionId } of alerts) {
      if (competitionId !== undefined) names.set(competitionId, competition ?? competitionId)
    }
    return byName(names)
  }

  return { strategies, competitions }
})
