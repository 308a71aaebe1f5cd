/**
 * Sends digests: alerts that a channel took to be told later, because their chat has had its alerts of the hour, go out together.
 *
 * Guarantees: an alert that was gathered is told in a digest, or recorded as failed with the reason. A chat that wants nothing
 * from us gets nothing until it is linked again. Of several processes one
 * sends a digest; one that a crash cut off is sent again when its claim is over, so that it may come twice.
 */
import { Duration, Effect, Layer, Metric, Schedule } from "effect"
import { TriggerStore } from "../database/TriggerStore.ts"
import type { Digest } from "../domain/Alert.ts"
import * as metrics from "../health/metrics.ts"
import { makeOutage } from "../health/Outage.ts"
import { AlertChannel } from "./AlertChannel.ts"
import { AlertTimes } from "./AlertTimes.ts"
import { answered } from "./answered.ts"

/** How long alerts are gathered before they are told. */
export const gatherFor = Duration.minutes(10)

/** How often digests are looked for. */
const lookEvery = Duration.seconds(30)

/** How long a digest is this process's to send. */
const claim = Duration.minutes(2)

export const layerDigests = Layer.effectDiscard(
  Effect.gen(function* () {
    const { digest: tell, name } = yield* AlertChannel
    if (tell === undefined) return
    const asked = answered({ name }, (yield* AlertTimes).send)
    const triggers = yield* TriggerStore
    const outage = makeOutage({ begins: "digests cannot be looked for", ends: "digests are looked for again" })

    const count = (outcome: (typeof metrics.digestOutcomes)[number]) =>
      Metric.update(metrics.of(metrics.digests, { channel: name, outcome }), 1)

    /** As an alert that meets this does: otherwise each digest of the chat would meet it again. */
    const mute = ({ chat }: Digest, reason: string) =>
      triggers
        .mute(chat, reason)
        .pipe(
          Effect.flatMap((owners) =>
            owners.length === 0
              ? Effect.void
              : Effect.logWarning("a chat takes no alerts any more: it gets none until its owner links it again").pipe(
                  Effect.annotateLogs({ channel: name, chat, owners: owners.join(", "), reason })
                )
          )
        )

    const send = (digest: Digest) =>
      asked(() => tell(digest)).pipe(
        Effect.matchEffect({
          onSuccess: ({ messageId = "" }) =>
            Effect.andThen(
              Effect.andThen(triggers.digested(digest, { message: messageId }), count("sent")),
              Effect.logInfo("digest sent").pipe(Effect.annotateLogs({ channel: name, alerts: digest.ids.length }))
            ),
          onFailure: ({ message, reason }) =>
            reason === "refused" || reason === "blocked"
              ? Effect.andThen(
                  Effect.andThen(
                    reason === "blocked" ? mute(digest, message) : Effect.void,
                    Effect.andThen(triggers.digested(digest, { reason: message }), count("failed"))
                  ),
                  Effect.logError("a digest failed for good").pipe(
                    Effect.annotateLogs({ channel: name, alerts: digest.ids.length, reason: message })
                  )
                )
              : Effect.logWarning("a digest was not sent yet").pipe(
                  Effect.annotateLogs({ channel: name, alerts: digest.ids.length, reason: message })
                )
        })
      )

    const look = triggers.digests(gatherFor, claim).pipe(
      Effect.flatMap((digests) => Effect.forEach(digests, send, { concurrency: 5, discard: true })),
      Effect.matchEffect({ onSuccess: () => outage.over, onFailure: ({ message }) => outage.met(message) })
    )
    yield* look.pipe(Effect.repeat(Schedule.spaced(lookEvery)), Effect.forkScoped)
  })
)
