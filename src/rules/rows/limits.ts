/**
 * What the rows of one owner may cost: the one table of limits. Each is a setting; the service writes them into the table
 * `owner_limits`, where the database bounds what is written and read. Strategies without an owner are the operator's, and
 * unlimited.
 *
 * A limit bounds what is new. What an older row has beyond one stays in its row, can be updated as long as it does not grow,
 * and is left out when it is read.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** A limit as people read it. */
export interface OwnerLimit {
  readonly setting: string
  readonly default: number
  readonly meaning: string
}

/** Every limit, by its name in `owner_limits`. The defaults stand in the migration as well, which a test compares. */
export const ownerLimits = {
  strategies: {
    setting: "LIMIT_STRATEGIES",
    default: 200,
    meaning: "How many strategies an owner may have."
  },
  rules: { setting: "LIMIT_RULES", default: 100, meaning: "How many rules a strategy of an owner may have." },
  conditions: {
    setting: "LIMIT_CONDITIONS",
    default: 100,
    meaning: "How many comparisons a strategy of an owner may make, alternatives and those of its outcome included."
  },
  depth: {
    setting: "LIMIT_DEPTH",
    default: 16,
    meaning: "How deep an expression in a strategy of an owner may be nested."
  },
  terms: {
    setting: "LIMIT_TERMS",
    default: 40,
    meaning:
      "How many values and numbers one comparison in a strategy of an owner may name, and all of its outcome together."
  },
  name: {
    setting: "LIMIT_NAME",
    default: 200,
    meaning: "How many characters the name of a strategy of an owner may have."
  },
  text: {
    setting: "LIMIT_TEXT",
    default: 4000,
    meaning: "How many characters the description of a strategy of an owner may have, and its outcome."
  },
  size: {
    setting: "LIMIT_SIZE",
    default: 32_000,
    meaning: "How many bytes a strategy of an owner may have, all its rules included."
  },
  price: {
    setting: "LIMIT_PRICE",
    default: 10_000,
    meaning:
      "What all strategies of an owner may cost a scan: each distinct comparison costs the minutes of its windows or 1 for every four values and numbers in it, whichever is more; one of an outcome five times that."
  },
  changes: {
    setting: "LIMIT_CHANGES",
    default: 5000,
    meaning: "How many rows an owner may change in an hour with a token of their own."
  },
  triggers: {
    setting: "LIMIT_TRIGGERS",
    default: 2000,
    meaning: "How many triggers an owner may have in a day (UTC)."
  },
  alerts: {
    setting: "LIMIT_ALERTS",
    default: 60,
    meaning: "How many alerts a chat of an owner gets in an hour. What comes beyond is gathered into one digest."
  }
} as const satisfies Readonly<Record<string, OwnerLimit>>

export type OwnerLimitName = keyof typeof ownerLimits

/** The limits in force: how many of each. */
export type Limits = Readonly<Record<OwnerLimitName, number>>

const isName = (name: string): name is OwnerLimitName => name in ownerLimits

/** The names of all limits. */
export const ownerLimitNames: ReadonlyArray<OwnerLimitName> = Object.keys(ownerLimits).filter(isName)

/** Limits made from their names. */
export const limitsOf = (most: (name: OwnerLimitName) => number): Limits => ({
  strategies: most("strategies"),
  rules: most("rules"),
  conditions: most("conditions"),
  depth: most("depth"),
  terms: most("terms"),
  name: most("name"),
  text: most("text"),
  size: most("size"),
  price: most("price"),
  changes: most("changes"),
  triggers: most("triggers"),
  alerts: most("alerts")
})

export const defaultLimits: Limits = limitsOf((name) => ownerLimits[name].default)

/** The limits of the settings. */
export const OwnerLimits = Context.Reference<Limits>("touchline/rules/OwnerLimits", {
  defaultValue: () => defaultLimits
})

export const layerOwnerLimits = ({ limits }: { readonly limits: Limits }) => Layer.succeed(OwnerLimits, limits)

const beyondTexts = {
  strategies: (most: number) => `its owner has more than ${most} strategies`,
  rules: (most: number) => `has more than ${most} rules`,
  conditions: (most: number) => `makes more than ${most} comparisons`,
  depth: (most: number) => `has an expression that is nested more than ${most} levels deep`,
  terms: (most: number) => `names more than ${most} values in one comparison, or in its outcome`,
  name: (most: number) => `has a name of more than ${most} characters`,
  text: (most: number) => `has a text of more than ${most} characters`,
  size: (most: number) => `has more than ${most} bytes`,
  price: (most: number) => `is put aside: the strategies of its owner may cost ${most} a scan, and this one costs more`,
  changes: (most: number) => `its owner changed more than ${most} rows in an hour`,
  triggers: (most: number) => `did not fire: its owner has had ${most} triggers today, and more are held back`,
  alerts: (most: number) => `its chat gets ${most} alerts an hour`
} satisfies Readonly<Record<OwnerLimitName, (most: number) => string>>

/** Why something is beyond a limit, for its owner. */
export const beyond = (name: OwnerLimitName, limits: Limits): string =>
  `${beyondTexts[name](limits[name])} (${ownerLimits[name].setting})`

/** The limit that the database says a row is beyond. */
export const limitNamed = (name: unknown): OwnerLimitName => (typeof name === "string" && isName(name) ? name : "size")
