import { changes } from "./changes.ts"

export const alert = [
  ...changes(
    "src/alert/AlertQueue.ts",
    ["queue/JobQueue", "alert/AlertWorker"],
    [
      ["the first attempt is repeated after 3 s", '"2 seconds"', '"3 seconds"'],
      ["there is an attempt more", "Schedule.upTo({ times: 2 })", "Schedule.upTo({ times: 3 })"]
    ]
  ),
  ...changes(
    "src/alert/Alerter.ts",
    ["alert/Alerter", "alert/AlertWorker"],
    [
      ["a receipt is not noted when its record fails", "Effect.onError(() => note),\n", ""],
      ["what is sent is not recorded", "yield* record(trigger, receipt, attempt)\n", ""],
      [
        "what was sent is sent again",
        'if (trigger.alertState === "sent" || trigger.alertState === "expired") return\n',
        ""
      ],
      [
        "a receipt that is known is not used",
        "Option.isSome(attempt.receipt)\n            ? attempt.receipt.value\n            : telling(trigger, yield* deliver(trigger, attempt))",
        "telling(trigger, yield* deliver(trigger, attempt))"
      ],
      ["what was refused is not recorded", "yield* triggers.failed(trigger.id, attempts, error.message)\n", ""]
    ]
  ),
  ...changes(
    "src/alert/ChannelBreaker.ts",
    ["alert/ChannelBreaker", "alert/Alerter"],
    [
      ["the last failure is another attempt", "if (!isLast) return", "if (true) return"],
      ["what only fails at an outage is given up", "if (lastTaken > known.since) {", "if (true) {"]
    ]
  ),
  ...changes(
    "src/alert/AlertWorker.ts",
    ["alert/AlertWorker"],
    [
      ["the sweep revives no job", "yield* queue.offerAgain(", "yield* queue.offer("],
      ["the outbox is swept once", "Effect.schedule(Schedule.spaced(sweepEvery))", "Effect.asVoid"],
      ["a sweep that fails is the last", "Effect.catch(({ message }) =>", "Effect.tapError(({ message }) =>"]
    ]
  )
]
