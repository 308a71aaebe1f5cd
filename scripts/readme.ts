/** Brings the parts of README.md and of pages in docs up to date that stand elsewhere already: `npm run docs`. */
import { readFileSync, writeFileSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { allSettings } from "../src/Chosen.ts"
import type { SettingText } from "../src/Config.ts"
import { type MetricText, metricTexts } from "../src/health/metrics.ts"
import { integrations } from "../src/Touchline.ts"

const root = new URL("../", import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), "utf8").trimEnd()
const fenced = (language: string, path: string): string => `\`\`\`${language}\n${read(path)}\n\`\`\``

const row = ({ default: fallback, meaning, name }: SettingText): string =>
  `| \`${name}\` | ${fallback === undefined ? "" : `\`${fallback}\``} | ${meaning} |`

const metricRow = ({ help, labels, name, of, type }: MetricText): string =>
  `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${of} | ${help} |`

const parts: Readonly<Record<string, string>> = {
  settings: ["| setting | default | meaning |", "|---|---|---|", ...allSettings(integrations()).map(row)].join("\n"),
  strategy: fenced("yaml", "examples/strategies/late-pressure-no-reward.yaml"),
  metrics: ["| metric | type | labels | of | meaning |", "|---|---|---|---|---|", ...metricTexts.map(metricRow)].join(
    "\n"
  ),
  systemd: fenced("ini", "deploy/systemd/touchline@.service"),
  pm2: fenced("js", "deploy/pm2/ecosystem.config.cjs"),
  "custom-feed": fenced("ts", "examples/custom-feed.ts"),
  "custom-integration": fenced("ts", "examples/custom-integration.ts")
}

/** The pages that have such parts. */
export const pages = ["README.md", "docs/extend.md", "docs/deploy.md", "docs/operate.md"]

/** A text with each part between its markers, `<!-- begin name -->` and `<!-- end name -->`. */
export const filled = (text: string): string =>
  Object.entries(parts).reduce(
    (all, [name, content]) =>
      all.replace(
        new RegExp(`(<!-- begin ${name} -->\n)[^]*?(\n<!-- end ${name} -->)`),
        (_, begin: string, end: string) => `${begin}${content}${end}`
      ),
    text
  )

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const page of pages) {
    const file = new URL(page, root)
    writeFileSync(file, filled(readFileSync(file, "utf8")))
  }
}
