import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { Yaml } from "effect/encoding"
import { metricTexts } from "../../src/health/metrics.ts"
import { nodeMetricNames } from "../../src/health/nodeMetrics.ts"
import { has, needing, run } from "../fixtures/programs.ts"

const deploy = (name: string) => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url))

const RuleTests = Schema.Struct({
  tests: Schema.Array(
    Schema.Struct({
      alert_rule_test: Schema.Array(
        Schema.Struct({ alertname: Schema.String, exp_alerts: Schema.optionalKey(Schema.Array(Schema.Unknown)) })
      )
    })
  )
})

/** The names under which what we tell is asked for. */
const shown = new Set([
  ...nodeMetricNames,
  ...metricTexts.flatMap(({ name, type }) =>
    type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
  )
])

const named = (text: string) => new Set(text.match(/\b(touchline|process|nodejs|http)_[a-z0-9_]+/g))

describe("What is given for operators", () => {
  it.each(["prometheus/alerts.yml", "prometheus/alerts.test.yml", "grafana/touchline.json"])(
    "%s names metrics that there are, and nothing else",
    (file) => {
      const names = named(readFileSync(deploy(file), "utf8"))
      expect(names.size).toBeGreaterThan(4)
      expect([...names].filter((name) => !shown.has(name))).toEqual([])
    }
  )

  it("the dashboard is one that Grafana can read: JSON, with an id and a place for each panel", () => {
    const { panels } = JSON.parse(readFileSync(deploy("grafana/touchline.json"), "utf8"))
    expect(new Set(panels.map(({ id }: { id: number }) => id)).size).toBe(panels.length)
    for (const { gridPos, targets } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      expect(targets.length).toBeGreaterThan(0)
    }
  })
})

describe.skipIf(!has("promtool"))(needing("promtool", "The alerting rules"), () => {
  it("are ones that Prometheus reads", () => {
    expect(run("promtool", ["check", "rules", deploy("prometheus/alerts.yml")])).toMatchObject({ status: 0 })
  })

  it("are each tested for when they fire and for when they do not", () => {
    const rules = Array.from(
      readFileSync(deploy("prometheus/alerts.yml"), "utf8").matchAll(/- alert: (\S+)/g),
      ([, name]) => name
    )
    const { tests } = Schema.decodeUnknownSync(RuleTests)(
      Yaml.parse(readFileSync(deploy("prometheus/alerts.test.yml"), "utf8"))
    )
    const told = tests.flatMap((each) => each.alert_rule_test)
    const names = (fires: boolean) =>
      told.filter(({ exp_alerts = [] }) => exp_alerts.length > 0 === fires).map(({ alertname }) => alertname)
    expect(rules.length).toBeGreaterThan(5)
    expect(rules.filter((name) => !names(true).includes(name ?? ""))).toEqual([])
    expect(rules.filter((name) => !names(false).includes(name ?? ""))).toEqual([])
  })

  it("fire when they should, and leave an idle service alone", () => {
    expect(run("promtool", ["test", "rules", deploy("prometheus/alerts.test.yml")])).toMatchObject({ status: 0 })
  })
})
