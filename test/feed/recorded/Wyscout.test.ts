import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { metric } from "../../../src/domain/Metric.ts"
import { figures, matchMinuteLabel, Snapshot, type SnapshotInput } from "../../../src/domain/Snapshot.ts"
import { readMatch, recordedMetrics, unknownKickOff } from "../../../src/feed/recorded/Wyscout.ts"
import { type OfficialRecord, readRecords } from "../../../src/feed/recorded/WyscoutRecord.ts"
import { type FixtureEvent, type FixtureMatch, wyscoutFile, wyscoutRecord } from "../../fixtures/wyscout.ts"

const matchOf = (events: ReadonlyArray<FixtureEvent>, more: Partial<FixtureMatch> = {}): FixtureMatch => ({
  id: 5,
  home: "Reds",
  away: "Blues",
  events,
  ...more
})

const read = (fixture: FixtureMatch) => Result.getOrThrow(readMatch(wyscoutFile(fixture), "5"))

const last = (events: ReadonlyArray<FixtureEvent>, more?: Partial<FixtureMatch>) =>
  read(matchOf(events, more)).frames.at(-1)

const label = ({ clock }: SnapshotInput) => matchMinuteLabel(clock)

const reasonOf = (text: string): string => {
  const result = readMatch(text, "5")
  return Result.isFailure(result) ? result.failure.message : "it was read"
}

describe("the frames of a recorded match", () => {
  it("there is one for each minute of play, added minutes one by one, and the last again as finished", () => {
    const { frames } = read(matchOf([]))
    const minutes = Array.from({ length: 90 }, (_, index) => `${index + 1}`)
    const expected = minutes.toSpliced(45, 0, "45+1").concat("90+1", "90+2", "90+3", "90+3")
    assert.deepStrictEqual(frames.map(label), expected)
    assert.deepStrictEqual(
      frames.map(({ clock }) => clock.status),
      [...Array.from({ length: 94 }, () => "live" as const), "finished"]
    )
    assert.deepStrictEqual(frames.at(-1)?.clock, { period: "2H", minute: 90, added: 3, status: "finished" })
  })

  it("an event counts from the end of its minute on", () => {
    const { frames } = read(matchOf([{ minute: 12, second: 59.9, team: "home", what: "corner" }]))
    const corners = frames.map(({ statistics }) => statistics?.corners?.home)
    assert.deepStrictEqual(corners.slice(9, 13), [0, 0, 1, 1])
    assert.strictEqual(corners.at(-1), 1)
  })

  it("what happens after half-time is not in the first half's added time", () => {
    const { frames } = read(
      matchOf([
        { minute: 45, added: 1, second: 0, team: "home", what: "goal" },
        { minute: 46, second: 0, team: "away", what: "goal" }
      ])
    )
    const at = (wanted: string) => frames.find((frame) => label(frame) === wanted)
    assert.deepStrictEqual(at("45")?.score, { home: 0, away: 0 })
    assert.deepStrictEqual(at("45+1")?.score, { home: 1, away: 0 })
    assert.deepStrictEqual(at("45+1")?.clock, { period: "1H", minute: 45, added: 1, status: "live" })
    assert.deepStrictEqual(at("46")?.score, { home: 1, away: 1 })
    assert.deepStrictEqual(at("46")?.clock, { period: "2H", minute: 46, added: 0, status: "live" })
  })

  it("a first half that ends early still gives way to minute 46", () => {
    const { frames } = read(matchOf([], { played: { "1H": 44, "2H": 45 } }))
    assert.deepStrictEqual(frames.map(label).slice(42, 46), ["43", "44", "46", "47"])
  })

  it("extra time has its own added minutes, and a shoot-out neither frames nor goals", () => {
    const { final, frames } = read(
      matchOf(
        [
          { minute: 100, team: "away", what: "goal" },
          { minute: 120, added: 1, team: "home", what: "penalty goal" },
          { minute: 121, period: "P", team: "home", what: "penalty goal" },
          { minute: 122, period: "P", team: "home", what: "penalty missed" }
        ],
        { played: { "1H": 45, "2H": 45, E1: 16, E2: 17, P: 6 } }
      )
    )
    assert.deepStrictEqual(frames.map(label).slice(88, 92), ["89", "90", "91", "92"])
    assert.deepStrictEqual(frames.map(label).slice(104), [
      "105",
      "105+1",
      ...Array.from({ length: 15 }, (_, index) => `${106 + index}`),
      "120+1",
      "120+2",
      "120+2"
    ])
    assert.deepStrictEqual(final, { home: 1, away: 1 })
    assert.deepStrictEqual(frames.at(-1)?.clock, { period: "E2", minute: 120, added: 2, status: "finished" })
    assert.deepStrictEqual(frames.at(-1)?.statistics?.penalties, { home: 1, away: 0 })
  })

  it.effect("each is a valid snapshot, and no cumulative figure ever falls", () =>
    Effect.gen(function* () {
      const whats = ["goal", "own goal", "corner", "pass", "pass lost", "yellow card", "shot on target"] as const
      const events = Array.from({ length: 90 }, (_, index): FixtureEvent => {
        const what = whats[index % whats.length] ?? "pass"
        return { minute: index + 1, team: index % 3 === 0 ? "home" : "away", what }
      })
      const { frames } = read(matchOf(events))
      const seen = yield* Effect.forEach(frames, (frame) =>
        Effect.map(Schema.decodeEffect(Snapshot)(frame), (snapshot) => new Map(Object.entries(figures(snapshot))))
      )
      for (const [index, now] of seen.slice(1).entries()) {
        for (const [name, figure] of seen[index] ?? []) {
          const next = now.get(name)
          if (name === "possession" || typeof figure === "number" || typeof next !== "object") continue
          assert.isTrue(next.home >= figure.home && next.away >= figure.away, `${name} fell in frame ${index + 1}`)
        }
      }
    })
  )
})

describe("the statistics of a recorded match", () => {
  const cases: ReadonlyArray<{
    readonly what: FixtureEvent["what"]
    readonly counts: { readonly [name: string]: number }
    readonly opponent?: { readonly [name: string]: number }
  }> = [
    { what: "goal", counts: { goals: 1, shots: 1, shots_on_target: 1 } },
    { what: "own goal", counts: {}, opponent: { goals: 1 } },
    { what: "shot on target", counts: { shots: 1, shots_on_target: 1 }, opponent: { saves: 1 } },
    { what: "shot wide", counts: { shots: 1, shots_off_target: 1 } },
    { what: "shot blocked", counts: { shots: 1, shots_blocked: 1 } },
    { what: "free kick shot", counts: { shots: 1, shots_off_target: 1, free_kicks: 1 } },
    { what: "penalty goal", counts: { goals: 1, shots: 1, shots_on_target: 1, penalties: 1 } },
    { what: "penalty missed", counts: { shots: 1, shots_off_target: 1, penalties: 1 } },
    { what: "corner", counts: { corners: 1 } },
    { what: "free kick", counts: { free_kicks: 1 } },
    { what: "free kick cross", counts: { free_kicks: 1, crosses: 1 } },
    { what: "throw-in", counts: { throw_ins: 1 } },
    { what: "offside", counts: { offsides: 1 } },
    { what: "foul", counts: { fouls: 1 } },
    { what: "yellow card", counts: { fouls: 1, yellow_cards: 1 } },
    { what: "second yellow card", counts: { fouls: 1, red_cards: 1 } },
    { what: "red card", counts: { fouls: 1, red_cards: 1 } },
    { what: "pass", counts: { passes: 1, accurate_passes: 1, possession: 100 } },
    { what: "pass lost", counts: { passes: 1, possession: 100 } },
    { what: "cross", counts: { passes: 1, accurate_passes: 1, crosses: 1, possession: 100 } },
    { what: "touch", counts: {} }
  ]

  const nonZero = (frame: SnapshotInput | undefined, side: "home" | "away") =>
    Object.fromEntries(
      Object.entries({ ...frame?.statistics, goals: frame?.score ?? { home: 0, away: 0 } })
        .map(([name, figure]) => [name, figure[side]] as const)
        .filter(([, value]) => value !== 0)
    )

  it.each(cases)("a $what counts for what it is, for the team that it is of", ({ counts, opponent, what }) => {
    const home = last([{ minute: 30, team: "home", what }])
    assert.deepStrictEqual(nonZero(home, "home"), counts)
    assert.deepStrictEqual(nonZero(home, "away"), opponent ?? {})
    const away = last([{ minute: 70, team: "away", what }])
    assert.deepStrictEqual(nonZero(away, "away"), counts)
    assert.deepStrictEqual(nonZero(away, "home"), opponent ?? {})
  })

  it("every metric that a recorded match claims to have is in the catalogue and is counted by one of these", () => {
    const catalogued = recordedMetrics.map((name) => metric(name))
    assert.lengthOf(catalogued, recordedMetrics.length)
    const covered = new Set(cases.flatMap(({ counts, opponent }) => Object.keys({ ...counts, ...opponent })))
    assert.deepStrictEqual([...covered].filter((name) => name !== "goals").sort(), [...recordedMetrics].sort())
  })

  it("possession is the share of the passes so far, and absent before the first pass", () => {
    const { frames } = read(
      matchOf([
        { minute: 2, team: "home", what: "pass" },
        { minute: 3, team: "away", what: "pass lost" },
        { minute: 4, team: "away", what: "pass" }
      ])
    )
    assert.deepStrictEqual(
      frames.slice(0, 4).map(({ statistics }) => statistics?.possession),
      [undefined, { home: 100, away: 0 }, { home: 50, away: 50 }, { home: 33.3, away: 66.7 }]
    )
  })
})

describe("the files of a recorded match", () => {
  const fixture = matchOf([
    { minute: 10, team: "home", what: "goal" },
    { minute: 80, team: "away", what: "yellow card" }
  ])

  it("both variants give equal frames", () => {
    const nested = Result.getOrThrow(readMatch(wyscoutFile(fixture, "nested"), "5"))
    assert.deepStrictEqual(nested, read(fixture))
  })

  it("the home team is the one that the text names first, whatever its id", () => {
    assert.strictEqual(read(fixture).match.home.name, "Reds")
    assert.deepStrictEqual(read(fixture).final, { home: 1, away: 0 })
  })

  it.each([
    ["of the home team", '"name":"Blues"', '"name":"Blues","side":"home"', "plain"],
    ["of the away team", '"name":"Reds"', '"name":"Reds","side":"away"', "plain"],
    ["of the home team, further in", '"name":"Blues"', '"name":"Blues","side":"home"', "nested"],
    ["of the away team, beside its key team", '{"team":{"wyId":52', '{"side":"away","team":{"wyId":52', "nested"]
  ] as const)("the side %s, where the file gives it, goes before the order of the teams", (_, from, to, variant) => {
    const { final, match } = Result.getOrThrow(readMatch(wyscoutFile(fixture, variant).replace(from, to), "5"))
    assert.strictEqual(match.home.name, "Blues")
    assert.deepStrictEqual(final, { home: 0, away: 1 })
  })

  it("a name that was escaped twice is read as it is written", () => {
    assert.strictEqual(read(matchOf([], { home: "Atl\\u00e9tico" })).match.home.name, "Atlético")
  })

  it("without a record the competition is the home club's country, and the kick-off is unknown", () => {
    const { frames, match, official } = read(fixture)
    assert.deepStrictEqual(match.competition, { id: "Testland", name: "Testland" })
    assert.strictEqual(frames[0]?.match.kickOff, unknownKickOff)
    assert.isUndefined(official)
  })

  it("keys that are not needed may be anything, and an event of no team is passed over unless it would count", () => {
    const text = wyscoutFile(fixture)
    const withEvent = (event: object) =>
      text.replace('"events": [', `"extra": 1, "events": [${JSON.stringify(event)}, `)
    const whistle = { tags: [], teamId: 0, matchPeriod: "1H", eventSec: 1 }
    const passedOver = withEvent({ ...whistle, eventName: "Interruption", subEventName: "Whistle" })
    assert.deepStrictEqual(Result.getOrThrow(readMatch(passedOver, "5")).frames, read(fixture).frames)
    const corner = withEvent({ ...whistle, eventName: "Free Kick", subEventName: "Corner" })
    assert.match(reasonOf(corner), /team 0/)
  })

  it("a damaged file is refused with what is wrong with it", () => {
    const text = wyscoutFile(fixture)
    assert.match(reasonOf(text.slice(0, -20)), /^it is not JSON: /)
    assert.strictEqual(reasonOf("\n"), "the file is empty")
    assert.match(reasonOf(text.replace('"matchPeriod":"1H"', '"matchPeriod":"3H"')), /matchPeriod/)
    assert.match(reasonOf(text.replace('"eventSec":0.5', '"eventSec":1e12')), /eventSec/)
    assert.match(reasonOf(text.replace('"eventSec":0.5', '"eventSec":null')), /eventSec/)
    assert.match(reasonOf('{"events": [], "teams": {}}'), /teams must be two/)
    assert.match(reasonOf(wyscoutFile(matchOf([], { played: { P: 5 } }))), /no event of play/)
  })
})

describe("the official record", () => {
  const regular = matchOf([{ minute: 10, team: "home", what: "goal" }])
  const extra = matchOf(
    [
      { minute: 90, team: "home", what: "goal" },
      { minute: 91, team: "away", what: "own goal" },
      { minute: 121, period: "P", team: "away", what: "penalty goal" }
    ],
    { id: 6, played: { "1H": 45, "2H": 45, E1: 15, E2: 15, P: 5 }, kickOff: "2031-12-24 15:00:00" }
  )
  const records = Result.getOrThrow(readRecords(wyscoutRecord([regular, extra]), "Test League"))
  const recordOf = (id: string) => records.find(({ matchId }) => matchId === id)

  it("it gives the match its competition and kick-off", () => {
    const { frames } = Result.getOrThrow(readMatch(wyscoutFile(extra), "6", recordOf))
    assert.deepStrictEqual(frames[0]?.match, {
      id: "6",
      competition: { id: "77", name: "Test League" },
      home: { name: "Reds" },
      away: { name: "Blues" },
      kickOff: "2031-12-24T15:00:00.000Z"
    })
  })

  it("its score is the one after extra time where that was played, and never the shoot-out's", () => {
    assert.deepStrictEqual(recordOf("5")?.final, { home: 1, away: 0 })
    const { final, official } = Result.getOrThrow(readMatch(wyscoutFile(extra), "6", recordOf))
    assert.deepStrictEqual(official, { home: 2, away: 0 })
    assert.deepStrictEqual(final, official)
  })

  it("it decides who is at home", () => {
    const turned = (id: string): OfficialRecord | undefined => {
      const record = recordOf(id)
      return record && { ...record, home: record.away, away: record.home }
    }
    const { final, match } = Result.getOrThrow(readMatch(wyscoutFile(regular), "5", turned))
    assert.strictEqual(match.home.name, "Blues")
    assert.deepStrictEqual(final, { home: 0, away: 1 })
  })

  it("a record of other teams is not believed", () => {
    const result = readMatch(wyscoutFile(regular), "5", () => recordOf("6"))
    assert.match(Result.isFailure(result) ? result.failure.message : "", /names other teams: 62 and 61/)
  })

  it("a damaged record is refused with what is wrong with it", () => {
    const result = readRecords('[{"wyId": 5}]', "Test League")
    assert.match(Result.isFailure(result) ? result.failure.message : "", /\[0\]/)
  })
})
