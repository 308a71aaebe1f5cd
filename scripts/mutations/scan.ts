import { changes } from "./changes.ts"

export const scan = [
  ...changes(
    "src/scan/confirm.ts",
    ["scan/confirm"],
    [
      [
        "a pair whose strategy the database lacks counts as fired",
        "known: made.known.filter((pair) => !isAway(pair))",
        "known: made.known"
      ],
      ["a strategy that the database lacks is told of at every scan", "known.isTold = true\n", ""],
      ["its pairs are made anew at every scan for ever", "...lacking.filter(isLeft)", ""]
    ]
  ),
  ...changes(
    "src/dedup/unfailing.ts",
    ["scan/brokenDedup"],
    [
      ["a dedup that does not answer is waited for", "duration: answersWithin,", "duration: Duration.hours(1),"],
      ["a dedup that throws ends the scan", "Effect.suspend(question).pipe(", "question().pipe("]
    ]
  ),
  ...changes(
    "src/scan/offer.ts",
    ["scan/Scanner", "scan/recall"],
    [
      [
        "no pair is known after it was created",
        "for (const pair of [...created, ...before, ...held, ...refused]) known.add(pair, steady)\n",
        ""
      ],
      [
        "a pair that the database refuses is tried at every tick",
        "[...created, ...before, ...held, ...refused]",
        "[...created, ...before, ...held]"
      ],
      ["no alert is offered", "queue.offer(ids.map(([id, turn]) => alertJob(id, turn, traced)))", "Effect.void"],
      ["alerts whose call was lost wait for the sweep", "...pending.map((id) => [id, now] as const)\n", ""],
      ["dedup learns of no pair", "dedup.remember([...created, ...before])", "Effect.void"],
      [
        "dedup learns of pairs that were refused",
        "dedup.remember([...created, ...before])",
        "dedup.remember([...created, ...before, ...refused])"
      ]
    ]
  ),
  ...changes(
    "src/scan/recall.ts",
    ["scan/recall", "scan/Scanner", "scan/dryRun"],
    [
      ["what dedup knows is asked of the database", "if (!forgotten.has(dedupKey(pair))) known.add(pair, now)", ""],
      ["what dedup has forgotten counts as known", "!forgotten.has(dedupKey(pair))", "true"],
      ["the database is not asked about a match", "if (isMet) yield* ask(", "if (!isMet) yield* ask("],
      ["what is added while the database is asked is lost", "known.asking(page, now)\n", ""]
    ]
  ),
  ...changes(
    "src/scan/KnownPairs.ts",
    ["scan/KnownPairs", "scan/recall"],
    [
      ["a strategy's place is another's at once", "retired.push(place)", "free.push(place)"],
      ["a match is never asked about again", "if (match.due > now) continue", "if (match.due >= 0) continue"],
      ["all matches are asked about in one tick", "now + ttl * (0.5 + 0.4 * step)", "now + ttl"],
      [
        "what was added meanwhile is forgotten",
        "let bits = match.added ?? noBits",
        "let bits: Int32Array<ArrayBuffer> = noBits"
      ],
      ["a match that is gone stays", "else matches.delete(id)", ""]
    ]
  ),
  ...changes(
    "src/rules/engine/knownRows.ts",
    ["scan/unknownPairs", "rules/knownRows", "rules/RuleSet"],
    [
      ["a match is known as the one whose place it took", "if (before !== now)", "if (before === undefined)"],
      ["what was added is not known", "of now?.news ?? []) add(label, position)", "of now?.news ?? []) void label"],
      [
        "a match that left is known to the next",
        "position < Math.max(shown.length, next.length)",
        "position < next.length"
      ]
    ]
  ),
  ...changes(
    "src/scan/observe.ts",
    ["scan/Scanner"],
    [
      [
        "a feed that refuses is asked again",
        'while: ({ isFinal, reason }) => reason === "unavailable" && isFinal !== true',
        "while: () => true"
      ],
      [
        "a feed that does not answer is not asked again",
        'while: ({ isFinal, reason }) => reason === "unavailable" && isFinal !== true',
        "while: () => false"
      ],
      ["what does not decode is not counted", "dropped: answers.length - snapshots.length", "dropped: 0"]
    ]
  ),
  ...changes(
    "src/scan/create.ts",
    ["scan/recall", "scan/Scanner", "alert/telegram/delivery"],
    [
      ["a trigger has no last goal", "goal === undefined ? snapshot :", "goal !== undefined ? snapshot :"],
      [
        "one bad trigger keeps the others from being created",
        "Effect.catchIf(isBadValue, (error) => {",
        "Effect.catchIf((error): error is DatabaseError => isBadValue(error) && false, (error) => {"
      ]
    ]
  ),
  ...changes(
    "src/scan/Scanner.ts",
    ["scan/Scanner", "scan/recall", "scan/dryRun"],
    [
      ["two ticks of a process overlap", "turn.withPermits(1),\n        withFailuresNoted", "withFailuresNoted"],
      ["a failure is not counted", "count({ failures: 1 })", "count({})"],
      ["what expires is not asked again", "yield* askAgain(judgement)\n", ""],
      [
        "a preview is not told from a scan",
        "yield* evaluate((yield* look(snapshots)).views)",
        "yield* evaluate((yield* record(snapshots)).views)"
      ]
    ]
  ),
  ...changes(
    "src/scan/Ticker.ts",
    ["scan/Ticker"],
    [
      ["a large tick is not spread", "observation.snapshots.length <= shardSize || !hasOthers()", "true"],
      ["a tick is spread where nobody shares it", " || !hasOthers()", ""],
      ["the shards of two ticks are one", 'tick.replaceAll(":", "-")', '"tick"']
    ]
  ),
  ...changes(
    "src/scan/ScanWatch.ts",
    ["scan/ScanWatch", "scan/Ticker"],
    [
      ["no scan is missed", "Duration.isLessThan(quiet, silence)", "true"],
      [
        "the scans of others do not count",
        "if (told.done > done) {\n      yield* scanned\n",
        "if (told.done > done) {\n"
      ],
      ["others are always there", "processes > 1", "true"]
    ]
  ),
  ...changes(
    "src/dedup/RedisDedup.ts",
    ["dedup/RedisDedup"],
    [
      ["what Redis did not answer for counts as known", "onNone: () => pairs,", "onNone: () => [],"],
      ["known and unknown are exchanged", "values[index] === null", "values[index] !== null"],
      ["keys never expire", "'1', 'EX', ARGV[1])", "'1')"]
    ]
  )
]
