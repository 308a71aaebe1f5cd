/** Writes `.env.example` from the settings: `npm run docs`. */
import { writeFileSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { allSettings } from "../src/Chosen.ts"
import type { SettingText } from "../src/Config.ts"
import { integrations } from "../src/Touchline.ts"

const entry = ({ default: fallback = "", meaning, name, takes }: SettingText): string =>
  `# ${meaning}\n# Takes ${takes}.\n${name}=${fallback}\n`

/** The content of `.env.example`. */
export const envExample = [
  "# Every setting of Touchline with its default. Copy this file to .env and change what you need;\n# the environment goes before .env, and an empty value counts as none.\n",
  ...allSettings(integrations()).map(entry)
].join("\n")

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(new URL("../.env.example", import.meta.url), envExample)
}
