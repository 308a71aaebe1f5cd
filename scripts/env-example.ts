/** Writes `.env.example` from the settings: `npm run docs`. */
import { writeFileSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { type Setting, settings } from "../src/Config.ts"

const entry = ({ default: fallback = "", meaning, name, takes }: Setting<unknown>): string =>
  `# ${meaning}\n# Takes ${takes}.\n${name}=${fallback}\n`

/** The content of `.env.example`. */
export const envExample = [
  "# Every setting of Touchline with its default. Copy this file to .env and change what you need;\n# the environment goes before .env, and an empty value counts as none.\n",
  ...Object.values(settings).map((each: Setting<unknown>) => entry(each))
].join("\n")

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(new URL("../.env.example", import.meta.url), envExample)
}
