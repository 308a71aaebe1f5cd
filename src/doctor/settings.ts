/** Checks of what a process begins with: its Node.js and its settings. */
import { ConfigProvider, Effect } from "effect"
import { config, type SettingsError, settingsByName, type TouchlineConfig } from "../Config.ts"
import { isAtLeast, neededNode } from "../nodeVersion.ts"
import { check, failed, ok } from "./Check.ts"

/** Whether this version of Node.js is one that `engines` of package.json takes. */
export const checkNode = (version: string) =>
  check(
    "node",
    Effect.sync(() => {
      const needed = neededNode()
      return isAtLeast(version, needed)
        ? ok(`Node.js ${version}`)
        : failed(`Node.js ${version} is too old`, `Install Node.js ${needed} or later.`)
    })
  )

/** The settings, as far as they can be used. */
export interface ReadSettings {
  /** What is broken counts as not set here. */
  readonly config: TouchlineConfig
  /** What is wrong, a setting each. */
  readonly problems: ReadonlyArray<string>
  /** Whether what these settings are about can be checked. */
  readonly isUsable: (group: SettingsGroup) => boolean
}

const groups = ["REDIS_", "SUPABASE_", "TELEGRAM_"] as const

/** Settings that only make sense together, by how their names begin, or one by itself. */
export type SettingsGroup = (typeof groups)[number] | "FEED"

const groupOf = (problem: string): string => {
  const [name = ""] = problem.split(" ")
  return groups.find((group) => name.startsWith(group)) ?? name
}

const without = (hidden: ReadonlySet<string>) =>
  Effect.map(ConfigProvider.ConfigProvider, (provider) =>
    ConfigProvider.make((path) => {
      const isHidden = [...hidden].some((group) => String(path[0]).startsWith(group))
      return isHidden ? Effect.undefined : provider.load(path)
    })
  )

/** Reads the settings, and again without those that are wrong, so that the others can be checked all the same. */
export const readSettings = (
  broken: ReadonlySet<string> = new Set(),
  problems: ReadonlyArray<string> = []
): Effect.Effect<ReadSettings, SettingsError> =>
  config.pipe(
    Effect.provideServiceEffect(ConfigProvider.ConfigProvider, without(broken)),
    Effect.map((read) => ({ config: read, problems, isUsable: (group: SettingsGroup) => !broken.has(group) })),
    Effect.catchTag("SettingsError", (error) => {
      const found = error.message.split("\n")
      const all = new Set([...broken, ...found.map(groupOf)])
      return all.size === broken.size ? Effect.fail(error) : readSettings(all, [...problems, ...found])
    })
  )

/** A check for each setting that is wrong, or one for all when none is. */
export const checkSettings = ({ problems }: ReadSettings) =>
  problems.length === 0
    ? [check("settings", Effect.succeed(ok(`all ${settingsByName.size} can be used`)))]
    : problems.map((problem) => check("settings", Effect.succeed(failed(problem))))
