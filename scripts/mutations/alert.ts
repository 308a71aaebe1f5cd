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
      ["the last failure is not recorded", '(isLast && failure.reason === "retry")', "false"],
      ["what is sent is not recorded", "yield* record(trigger, receipt, attempt)\n", ""],
      ["what was sent is sent again", 'if (trigger.alertState === "sent") return\n', ""],
      [
        "a receipt that is known is not used",
        "Option.isSome(attempt.receipt) ? attempt.receipt.value : yield* deliver(trigger, attempt)",
        "yield* deliver(trigger, attempt)"
      ],
      ["what was refused is not recorded", "yield* triggers.failed(trigger.id, attempts, error.message)\n", ""]
    ]
  ),
  ...changes(
    "src/alert/AlertWorker.ts",
    ["alert/AlertWorker"],
    [
      [
        "the sweep revives no job",
        "yield* queue.offerAgain(page.map(({ id }) => alertJob(id)))",
        "yield* queue.offer(page.map(({ id }) => alertJob(id)))"
      ],
      ["the outbox is swept once", "Effect.schedule(Schedule.spaced(sweepEvery))", "Effect.asVoid"],
      ["a sweep that fails is the last", "Effect.catch(({ message }) =>", "Effect.tapError(({ message }) =>"]
    ]
  )
]
