/** What every layer of QueueBackend must do, seen through a JobQueue on it. */
import { layer } from "@effect/vitest"
import type { Layer } from "effect"
import type { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { queueClosing } from "./queueClosing.ts"
import { queueJobs } from "./queueJobs.ts"
import { queueSchedule } from "./queueSchedule.ts"
import { queueSlots } from "./queueSlots.ts"

export const queueContract = <E>(name: string, backend: Layer.Layer<QueueBackend, E>) =>
  layer(backend)(`On ${name},`, (it) => {
    queueJobs(it)
    queueClosing(it)
    queueSchedule(it)
    queueSlots(it)
  })
