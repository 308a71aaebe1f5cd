import { changes } from "./changes.ts"

export const outcome = [
  ...changes(
    "src/outcome/step.ts",
    ["outcome/find", "outcome/Outcomes"],
    [
      ["since when a verdict stands is not kept", "settling?.to === to ? settling.since : seenAt", "seenAt"],
      [
        "what decides a verdict is told before it has stood",
        "if (seenAt - since >= Duration.toMillis(settleAfter)) {",
        "if (seenAt >= since) {"
      ],
      [
        "a final verdict is revised for ever",
        "if (finalAt !== undefined && seenAt - finalAt > Duration.toMillis(correctedWithin)) return undefined\n",
        ""
      ]
    ]
  ),
  ...changes(
    "src/outcome/find.ts",
    ["outcome/find", "outcome/Outcomes"],
    [
      [
        "a match that is not played takes verdicts back",
        "if (!isPlayed(clock) || compareMatchMinutes(clock, trigger.at) < 0) return undefined",
        "if (!isPlayed(clock) || compareMatchMinutes(clock, trigger.at) < 0) return { isFinal: false }"
      ]
    ]
  ),
  ...changes(
    "src/outcome/Outcomes.ts",
    ["outcome/Outcomes"],
    [["what was seen while the database was away is lost", "seen = new Map([...looks, ...seen])\n", ""]]
  ),
  ...changes(
    "src/outcome/seekAbsent.ts",
    ["outcome/seekAbsent.slow"],
    [
      [
        "what waits is given up as early as what was not seen",
        "undefined ? unseenAfter : waitsAtMost",
        "null ? unseenAfter : unseenAfter"
      ],
      [
        "what the feed shows without an end is never given up",
        "isWaiting(clock) || now - since >= Duration.toMillis(unseenAfter)",
        "isWaiting(clock)"
      ],
      [
        "corrections of what has left the feed are not asked for",
        "const again = toAskAgain(now)",
        "const again = toAskAgain(0)"
      ],
      ["matches that were asked for keep others from their turn", "isLast ? [] : resting(now)", "[]"]
    ]
  ),
  ...changes(
    "supabase/migrations/20261126000014_outcomes_agree.sql",
    ["outcome/OutcomeStore", "outcome/Outcomes"],
    [
      [
        "a hit is counted twice",
        "(g.verdict is not distinct from 'hit')::integer -",
        "(g.verdict is not distinct from 'hit')::integer * 2 -"
      ],
      ["what was counted before stays counted", " - (b.outcome is not distinct from 'miss')::integer", ""],
      [
        "what is void is written as a miss",
        "'hit' then 'HIT' when 'miss' then 'MISS' end))",
        "'hit' then 'HIT' when 'miss' then 'MISS' when 'void' then 'MISS' end))"
      ],
      [
        "a revision is not told",
        "coalesce(t.verdict_revision, 0) + g.tell::integer",
        "greatest(t.verdict_revision, g.tell::integer)"
      ]
    ]
  ),
  ...changes(
    "supabase/migrations/20261126000024_strangers.sql",
    ["outcome/tombstones"],
    [
      [
        "an owner's strategy leaves no tombstone",
        "and not exists (select from triggers t where t.strategy_id = old.id) then\n      return old;",
        "then\n      return old;"
      ]
    ]
  ),
  ...changes(
    "supabase/migrations/20261126000013_plays.sql",
    ["outcome/OutcomeStore"],
    [
      [
        "the past of matches with open triggers is pruned",
        "select from triggers t where t.outcome_open and t.match_id::text = old.match_id",
        "select from triggers t where false and t.match_id::text = old.match_id"
      ]
    ]
  ),
  ...changes(
    "src/outcome/Amender.ts",
    ["outcome/Amender"],
    [["amendments do not wait for alerts", "if (active + waiting > 0) {", "if (active + waiting > 1e9) {"]]
  ),
  ...changes(
    "src/rules/expect/judge.ts",
    ["outcome/find", "rules/expect/judge"],
    [
      [
        "a trigger is decided before it is there",
        "minuteOf((since[firstByHalving(since, isDecided)] ?? end).snapshot.clock), minuteOf(trigger.at))",
        'minuteOf((views[firstByHalving(views, isDecided)] ?? end).snapshot.clock), { period: "1H", minute: 0, added: 0 })'
      ]
    ]
  ),
  ...changes(
    "src/outcome/Performance.ts",
    ["outcome/Performance"],
    [["the fair price is the hit rate", "undefined : decided / hits", "undefined : hits / decided"]]
  ),
  ...changes(
    "src/feed/recorded/RecordedFeed.ts",
    ["cli/sameVerdicts.slow"],
    [["a replay takes up corrections that come too late", "value: untilCorrected(value)", "value"]]
  ),
  ...changes(
    "src/outcome/Outcomes.ts",
    ["cli/sameVerdicts.slow"],
    [
      [
        "what a replay did not see end keeps its verdicts",
        "isLast ? turn.withPermits(1)(resolver",
        "!isLast ? turn.withPermits(1)(resolver"
      ]
    ]
  ),
  ...changes(
    "src/database/TriggerStore.ts",
    ["database/deletedWhileFiring"],
    [["a pair whose strategy may stay is taken for known", "[...held, ...leaving].map(", "held.map("]]
  ),
  ...changes(
    "src/outcome/OutcomeStore.ts",
    ["outcome/equality.slow"],
    [
      [
        "one verdict of all is dropped",
        "resolutions.map((each) => resultOf(each, amend))",
        "resolutions.map((each) => resultOf(each, amend)).filter(({ id }) => id !== (globalThis.dropped ??= id))"
      ]
    ]
  ),
  ...changes(
    "src/outcome/OutcomeStore.ts",
    ["outcome/OutcomeStore"],
    [["what can be read again is counted as unreadable", "          bad.delete(matchId)\n", ""]]
  )
]
