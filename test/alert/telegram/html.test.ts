import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { alertHtml, cutToLimit, escapeHtml, messageLimit } from "../../../src/alert/telegram/html.ts"
import { oneLine } from "../../../src/domain/oneLine.ts"
import type { Trigger } from "../../../src/domain/Trigger.ts"
import { alertOf } from "../../fixtures/alertOf.ts"
import { parseTelegramHtml } from "../../fixtures/telegramHtml.ts"

/** What a reader sees of the message. */
const shown = (html: string): string => Result.getOrThrow(parseTelegramHtml(html))

const linesOf = (trigger: Partial<Trigger>): ReadonlyArray<string> => shown(alertHtml(alertOf(trigger))).split("\n")

describe("the message of an alert", () => {
  it("says what fired, where the match stands, why, and what the feed knew", () => {
    const alert = alertOf(
      {
        strategyName: "Late pressure",
        evidence: [{ condition: "total corners last 15 minutes >= 4", left: 5, right: 4 }]
      },
      {
        period: "2H",
        minute: 90,
        added: 4,
        score: { home: 0, away: 1 },
        statistics: { shots_on_target: { home: 5, away: 2 }, possession: { home: 61.5, away: 38.5 } },
        prematch: { win_odds: { home: 1.8, away: 4.5 }, position: { home: 1, away: 9 } },
        odds: { win: { home: 2.1, away: 3.9 }, draw: 3.4, over_2_5: 1.95, btts_yes: 1.7 }
      },
      { side: "away", period: "1H", minute: 31, added: 0, isExact: true }
    )
    expect(alertHtml(alert)).toBe(`<b>Late pressure</b>
<b>Brazil 0-1 Belgium</b>, 90+4'
World Cup
Last goal: Belgium, 31'

<b>Conditions</b>
• total corners last 15 minutes &gt;= 4 (5)

<b>Statistics</b>
Shots on target: 5-2
Possession: 61.5%-38.5%

<b>Odds</b>
Win: 2.10 / 3.90
Draw: 3.40
Both teams to score yes: 1.70
Win before kick-off: 1.80 / 4.50
Over 2.5: 1.95`)
  })

  it("has no line for what is not known", () => {
    expect(alertHtml(alertOf({ strategyName: "Quiet", evidence: [] }))).toBe(
      "<b>Quiet</b>\n<b>Brazil 0-0 Belgium</b>, 60'\nWorld Cup"
    )
  })

  it("leaves out figures that the catalogue does not know, and the score that statistics give", () => {
    const figure = { home: 3, away: 3 }
    const html = alertHtml(alertOf({}, { statistics: { goals: figure, bottles_thrown: figure } }))
    expect(html).not.toContain("Statistics")
  })

  it("says by when a goal came that was not seen in its minute, and that both teams scored", () => {
    const html = alertHtml(alertOf({}, {}, { period: "2H", minute: 58, added: 0, isExact: false }))
    expect(html).toContain("Last goal: both teams, by 58'")
  })

  it("tells a break from play", () => {
    expect(alertHtml(alertOf({}, { minute: 45, added: 2, status: "break" }))).toContain("45+2' (break)")
  })

  it("has both values of a condition that compares two", () => {
    const evidence = [{ condition: "home goals < away goals", left: 0, right: 1 }]
    expect(linesOf({ evidence })).toContain("• home goals < away goals (0 and 1)")
  })

  it("shows names as they are, whatever markup they hold", () => {
    expect(linesOf({ strategyName: "<b>A & B</b> &amp; <i>" })[0]).toBe("<b>A & B</b> &amp; <i>")
  })

  it("keeps names to one line and reading in one direction", () => {
    expect(linesOf({ strategyName: " Two\nlines\u202e \u0000" })[0]).toBe("Two lines")
    expect(linesOf({ strategyName: " \n " })[0]).toBe("?")
  })

  it("drops lines from the end when it gets too long, and says how many", () => {
    const condition = `total shots >= ${"1".repeat(200)}`
    const lines = linesOf({ evidence: Array.from({ length: 60 }, () => ({ condition, left: 3, right: 1 })) })
    expect(lines.slice(0, 3)).toHaveLength(3)
    const kept = lines.filter((line) => line.startsWith("•")).length
    expect(kept).toBeGreaterThan(10)
    expect(lines.at(-1)).toBe(`… ${60 - kept} more`)
  })
})

const anyText = Arbitrary.schema(Schema.String)
// Characters that need care: markup, entities, line ends, halves of surrogate pairs, what is more than one code unit.
const careful = ["<", ">", "&", "&amp;", "<b>", "</b>", "\n", "\ud83d", "\ude00", "😀", "\u202e", "a", " "] as const
const hostile = Arbitrary.all([
  Arbitrary.schema(Schema.Array(Schema.Literals(careful))),
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 500 })))
]).pipe(Arbitrary.map(([parts, times]) => parts.join("").repeat(times)))
const texts = Arbitrary.all([Arbitrary.schema(Schema.Boolean), anyText, hostile]).pipe(
  Arbitrary.map(([isHostile, plain, difficult]) => (isHostile ? difficult : plain))
)

const number = Arbitrary.schema(Schema.Finite)
const evidence = Arbitrary.array(Arbitrary.all({ condition: texts, left: number, right: number }), { maxLength: 80 })

describe("whatever comes from outside", () => {
  it.prop(
    "the message is valid, no longer than Telegram takes, and names strategy and match",
    [texts, texts, texts, texts, evidence],
    ([strategyName, home, away, competition, conditions]) => {
      const html = alertHtml(
        alertOf({ strategyName, evidence: conditions }, { home, away, competitionName: competition })
      )
      expect(html.length).toBeLessThanOrEqual(messageLimit)
      const [first, second, third] = shown(html).split("\n")
      expect(first).toBe(oneLine(strategyName, 120))
      expect(second).toBe(`${oneLine(home, 60)} 0-0 ${oneLine(away, 60)}, 60'`)
      expect(third).toBe(oneLine(competition, 80))
      if (conditions.length > 0) expect(html).toContain("\n• ")
    }
  )

  it.prop("escaped text shows as it is", [texts], ([text]) => {
    const whole = text.toWellFormed()
    expect(parseTelegramHtml(escapeHtml(whole))).toEqual(Result.succeed(whole))
  })

  it.prop("clipped text is whole characters on one line, and short text stays", [texts], ([text]) => {
    const clipped = oneLine(text, 10)
    expect([...clipped].length).toBeLessThanOrEqual(10)
    expect(clipped.isWellFormed()).toBe(true)
    expect(clipped).not.toMatch(/[\n\u202e]/)
    expect(oneLine(clipped, 10)).toBe(clipped)
  })

  it.prop(
    "cutting keeps the first lines whole and counts the others",
    [Arbitrary.array(anyText.pipe(Arbitrary.map((text) => text.replaceAll("\n", ""))), { maxLength: 30 })],
    ([lines]) => {
      const cut = cutToLimit(lines, 60)
      if (cut === lines.join("\n")) return
      expect(cut.length).toBeLessThanOrEqual(60)
      const left = Number(/… (\d+) more$/.exec(cut)?.[1])
      expect(cut).toBe(`${lines.slice(0, lines.length - left).join("\n")}\n… ${left} more`.trimStart())
    }
  )
})
