/**
 * Input that went bad, by the thousands and always the same: what reads it answers with a typed failure or with something that
 * is in order, never with a defect, and in time that does not grow with what is wrong.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { AlertJob } from "../../src/alert/AlertQueue.ts"
import { alertHtml } from "../../src/alert/telegram/html.ts"
import { triggerColumns } from "../../src/database/triggerRows.ts"
import { decodeSnapshot } from "../../src/domain/decodeSnapshot.ts"
import { problemText } from "../../src/domain/problems.ts"
import { Snapshot } from "../../src/domain/Snapshot.ts"
import { StoredSnapshot } from "../../src/domain/StoredSnapshot.ts"
import { Trigger } from "../../src/domain/Trigger.ts"
import { readFixture as readApiFootball } from "../../src/feed/apiFootball/fixture.ts"
import { asShown } from "../../src/feed/provider/shown.ts"
import { readMatch } from "../../src/feed/recorded/Wyscout.ts"
import { readFixture as readSportMonks } from "../../src/feed/sportmonks/fixture.ts"
import { AmendJob } from "../../src/outcome/Amendments.ts"
import { checkStrategyFile, decodeStrategyFile } from "../../src/rules/files/StrategyFile.ts"
import { decodeStrategyRow } from "../../src/rules/rows/StrategyRow.ts"
import { fixtureOf as apiFootballFixture } from "../fixtures/apiFootballServer.ts"
import { matchDay } from "../fixtures/matchDay.ts"
import { badTexts, badValues } from "../fixtures/mutated.ts"
import { newStrategy, receipt, shown } from "../fixtures/pipeline.ts"
import { fixtureOf as sportMonksFixture } from "../fixtures/sportMonksServer.ts"
import { parseTelegramHtml } from "../fixtures/telegramHtml.ts"
import { wyscoutFile } from "../fixtures/wyscout.ts"

const cases = 10_000

/** Longer than this no reason is told, however long the input was. */
const longest = 3000

const examples = fileURLToPath(new URL("../../examples/strategies", import.meta.url))

/** How many were in order and how many not; both must be among thousands of cases. */
const counted = <A, E>(
  inputs: Iterable<A>,
  read: (input: A) => Result.Result<unknown, E>,
  reasonOf: (error: E) => string
) => {
  const counts = { good: 0, bad: 0 }
  for (const input of inputs) {
    const result = read(input)
    if (Result.isSuccess(result)) counts.good += 1
    else {
      counts.bad += 1
      assert.isAtMost(reasonOf(result.failure).length, longest)
    }
  }
  assert.strictEqual(counts.good + counts.bad, cases)
  assert.isAbove(counts.bad, 100)
  assert.strictEqual(Reflect.get({}, "polluted"), undefined)
  return counts
}

const goodSnapshots = [
  shown({ statistics: { shots: { home: 9, away: 2 }, corners: { home: 1, away: 3 } }, odds: { home_win: 2.1 } }),
  shown({ period: "2H", minute: 90, added: 3, prematch: { win_odds: { home: 1.5, away: 6 } } }),
  shown({ status: "finished", minute: 90, score: { home: 2, away: 1 } })
]

describe("Ten thousand inputs that went bad end in typed failures", () => {
  it("as snapshots of a feed, and those that are read are in order", () => {
    const isSnapshot = Schema.is(Schema.toType(Snapshot))
    counted(badValues("snapshots", goodSnapshots, cases), decodeSnapshot, ({ issue }) => problemText(issue))
    for (const input of badValues("snapshots", goodSnapshots, 500)) {
      const result = decodeSnapshot(input)
      if (Result.isSuccess(result)) assert.isTrue(isSnapshot(result.success.snapshot))
    }
    assert.isTrue(Result.isSuccess(decodeSnapshot(goodSnapshots[0])))
  })

  const minutes = matchDay()
  const day = [30, 95, 118].flatMap((minute) => (minutes[minute] ?? []).map(({ snapshot }) => snapshot))

  it("as fixtures of API-Football", () => {
    counted(
      badValues(
        "api-football",
        day.map((each) => apiFootballFixture(each, true)),
        cases
      ),
      (input) => decodeSnapshot(asShown(readApiFootball(input).read)),
      ({ issue }) => problemText(issue)
    )
  })

  it("as fixtures of SportMonks", () => {
    const reading = { bookmaker: 2, clockBefore: () => undefined }
    counted(
      badValues("sportmonks", day.map(sportMonksFixture), cases),
      (input) => {
        const read = readSportMonks(input, reading)
        return read === undefined
          ? Result.fail("not shown")
          : Result.mapError(decodeSnapshot(asShown(read.read)), ({ issue }) => problemText(issue))
      },
      (reason) => reason
    )
  })

  it("as Wyscout files", () => {
    const file = wyscoutFile({
      id: 7,
      home: "Reds",
      away: "Blues",
      played: { "1H": 46, "2H": 48 },
      events: [
        { minute: 9, team: "home", what: "corner" },
        { minute: 20, team: "away", what: "yellow card" },
        { minute: 63, team: "home", what: "penalty goal" }
      ]
    })
    const values = badValues("wyscout values", [JSON.parse(file)], cases / 2)
    const texts = [...badTexts("wyscout", [file], cases / 2), ...Array.from(values, (each) => JSON.stringify(each))]
    counted(
      texts,
      (text) => readMatch(text, "7"),
      ({ message }) => message
    )
  })

  it("as strategy files, of which the check says the same", () => {
    const files = readdirSync(examples).map((name) => readFileSync(join(examples, name), "utf8"))
    const json = JSON.stringify({
      name: "A",
      when: ["minute >= 60", { any: ["total corners last 15 minutes >= 3"] }],
      expect: "BTTS_YES"
    })
    const name = (text: string) => (text.includes("{") ? "bad.json" : "bad.yaml")
    const texts = [...badTexts("strategy files", [...files, json], cases)]
    counted(
      texts,
      (text) => decodeStrategyFile(name(text), text),
      ({ message }) => message
    )
    for (const text of texts.slice(0, 500)) {
      const isBad = checkStrategyFile(name(text), text).length > 0
      assert.strictEqual(isBad, Result.isFailure(decodeStrategyFile(name(text), text)), text)
    }
  })

  it("as rows of strategies", () => {
    const { id, name, when } = newStrategy()
    const rule = {
      id: 1,
      value_type: "IN_PLAY",
      metric: "corners",
      comparator: "GTE",
      value: 4,
      team_scope: "TOTAL",
      time_filter: { mode: "past_x", x: 15 },
      lhs_json: null,
      rhs_json: { left: { kind: "number", value: 4 } }
    }
    const row = { id, user_id: null, name, description: "", is_active: true, league_ids: ["8"] }
    const good = [
      { ...row, definition: { name, when }, rules: [] },
      {
        ...row,
        definition: null,
        desired_outcome: "HOME_WIN",
        rules: [rule, { ...rule, time_filter: '{"mode":"off"}' }]
      }
    ]
    counted(badValues("rows of strategies", good, cases), decodeStrategyRow, ({ message }) => message)
  })

  const trigger = {
    id: "1",
    strategy_id: newStrategy().id,
    strategy_name: "A",
    owner: null,
    owner_chat: "42",
    snapshot: goodSnapshots[0],
    evidence: [{ condition: "minute >= 1", left: 60, right: 1 }],
    triggered_at: "2026-05-02T15:00:00Z",
    alert_state: "pending",
    outcome: {
      expectation: newStrategy().when[0],
      verdict: "hit",
      revision: 1,
      isFinal: false,
      score: { home: 1, away: 0 }
    }
  }

  it("as rows of triggers, and whatever is read makes a message that Telegram takes", () => {
    const decode = Schema.decodeUnknownResult(Trigger.pipe(Schema.encodeKeys(triggerColumns)), { errors: "all" })
    counted(
      badValues("rows of triggers", [trigger], cases),
      (input) => {
        const read = Result.mapError(decode(input), ({ issue }) => problemText(issue))
        if (Result.isFailure(read)) return read
        const text = Result.getOrThrow(parseTelegramHtml(alertHtml({ trigger: read.success })))
        assert.isAtMost(text.length, 4096)
        return read
      },
      (reason) => reason
    )
  })

  it("as jobs, also those of versions before", () => {
    const good = [
      { triggerId: "1", turn: 1_700_000_000_000, receipt },
      { triggerId: "1" },
      { triggerId: "1", receipt: { channel: "console", text: "said" } }
    ]
    counted(badValues("alert jobs", good, cases), Schema.decodeUnknownResult(AlertJob), ({ issue }) =>
      problemText(issue)
    )
    counted(badValues("amend jobs", good, cases), Schema.decodeUnknownResult(AmendJob), ({ issue }) =>
      problemText(issue)
    )
    const shard = { snapshots: goodSnapshots }
    const decode = Schema.decodeUnknownResult(Schema.Struct({ snapshots: Schema.Array(StoredSnapshot) }))
    counted(badValues("shards", [shard], cases), decode, ({ issue }) => problemText(issue))
  })
})
