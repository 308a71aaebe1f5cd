/**
 * Looks whether somebody has paused a queue, as its page lets them do: jobs go on coming and none is worked, which nothing else
 * would tell. It is trouble of the service until the queue goes on.
 */
import { Duration, Effect, Layer } from "effect"
import { bounded } from "../doctor/Check.ts"
import { askBull, QueueBackend } from "../queue/QueueBackend.ts"
import { workedQueueNames } from "../queue/QueueFigures.ts"
import type { HealthPart } from "./Health.ts"
import { makeOutage, type Outage } from "./Outage.ts"

/** How often it is looked. */
export const lookedEvery = Duration.seconds(10)

/** How long a look may take. */
const answerWithin = Duration.seconds(2)

/** Who looks at the log alone is told again after so long. */
const toldEvery = Duration.minutes(15)

const troubles: ReadonlyArray<readonly [queue: string, part: HealthPart, what: string]> = [
  ["send-alert", "alerts", "no alert is sent: the queue is paused"],
  ["amend-alert", "results", "no result is written to its alert: the queue is paused"]
]

const outageOf = (queue: string): Outage => {
  const [, part = "scanning", begins = "nothing is scanned: the queue is paused"] =
    troubles.find(([name]) => queue === name) ?? []
  return makeOutage({
    part,
    begins,
    ends: "the queue goes on",
    fields: { queue },
    level: "Error",
    again: toldEvery
  })
}

/** Looks until its scope closes. A backend that does not answer has trouble of its own, and says nothing of pauses. */
export const layerPausedQueues = Layer.effectDiscard(
  Effect.gen(function* () {
    const backend = yield* QueueBackend
    const outages = new Map<string, Outage>()
    const look = Effect.fnUntraced(function* (name: string) {
      const outage = outages.get(name) ?? outageOf(name)
      outages.set(name, outage)
      const queue = yield* backend.queue(name)
      const isPaused = yield* askBull(name, "look whether it is paused", () => queue.isPaused())
      yield* isPaused
        ? outage.met(`${name} was paused by hand: resume it on /board with BOARD_WRITE=on, or where it was paused`)
        : outage.over
    }, Effect.scoped)
    const all = Effect.flatMap(workedQueueNames, (names) => Effect.forEach(names, look, { discard: true })).pipe(
      Effect.provideService(QueueBackend, backend)
    )
    yield* Effect.forkScoped(Effect.forever(Effect.delay(bounded(all, answerWithin), lookedEvery)))
  })
)
