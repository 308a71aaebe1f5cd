import { changes } from "./changes.ts"

export const outcome = [
  ...changes(
    "src/outcome/step.ts",
    ["outcome/find", "outcome/Outcomes"],
    [
      ["since when a verdict stands is not kept", "settling?.to === to ? settling.since : seenAt", "seenAt"],
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
    ["outcome/seekAbsent"],
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
      ["corrections of what has left the feed are not asked for", "yield* ask(toAskAgain(now), now)\n", ""]
    ]
  ),
  ...changes(
    "supabase/migrations/20261126000005_outcomes.sql",
    ["outcome/counters"],
    [
      [
        "a hit is counted twice",
        "(g.verdict is not distinct from 'hit')::integer -",
        "(g.verdict is not distinct from 'hit')::integer * 2 -"
      ]
    ]
  ),
  ...changes(
    "src/outcome/OutcomeStore.ts",
    ["outcome/equality"],
    [
      [
        "one verdict of all is dropped",
        "resolutions.map((each) => resultOf(each, amend))",
        "resolutions.map((each) => resultOf(each, amend)).filter(({ id }) => id !== (globalThis.dropped ??= id))"
      ]
    ]
  )
]
