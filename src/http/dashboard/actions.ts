/** What can be done on the pages. Whatever comes of it is an answer in words; what fails is told by a DatabaseError. */
import { Context, DateTime, Duration, Effect, Layer, Option, Result, Schema } from "effect"
import { AlertChannel } from "../../alert/AlertChannel.ts"
import { AlertQueue, alertJob } from "../../alert/AlertQueue.ts"
import { AlertTimes } from "../../alert/AlertTimes.ts"
import type { DatabaseError } from "../../database/Database.ts"
import { TriggerStore } from "../../database/TriggerStore.ts"
import { askedUntil } from "../../domain/alertExpiry.ts"
import { MatchId } from "../../domain/Match.ts"
import { StrategyId } from "../../domain/Strategy.ts"
import { type Trigger, TriggerId } from "../../domain/Trigger.ts"
import type { Diagnostic } from "../../rules/language/Diagnostic.ts"
import { Strategies } from "../../strategies/Strategies.ts"
import { type Html, html } from "../html.ts"
import { Drafts, keptOf, readText } from "./Drafts.ts"
import { Editing, type Refusal } from "./Editing.ts"
import { PageStore } from "./PageStore.ts"
import { encoded } from "./words.ts"

/** How long a channel may take over a test message. */
const testWithin = Duration.seconds(10)

/** A trigger that never was, for a message that says so. */
const testTrigger = (at: DateTime.Utc, chat: string | undefined): Trigger => ({
  id: TriggerId.make(`test-${at.epochMilliseconds}`),
  owner: null,
  ownerChat: chat ?? null,
  strategyId: StrategyId.make("test"),
  strategyName: "Test message of Touchline: alerts arrive here",
  snapshot: {
    match: {
      id: MatchId.make("test"),
      competition: { id: "test", name: "No competition" },
      home: { name: "Home" },
      away: { name: "Away" },
      kickOff: at
    },
    clock: { period: "1H", minute: 1, added: 0, status: "live" },
    score: { home: 0, away: 0 },
    statistics: {},
    prematch: {},
    odds: {}
  },
  evidence: [],
  triggeredAt: at,
  alertState: "pending"
})

/** An address of a page with a notice. */
const noticed = (address: string, notice: string): string => {
  const [path, query] = address.split("?")
  const params = new URLSearchParams(query)
  params.set("notice", notice)
  return `${path}?${params}`
}

/** What came of something: done, with where to look, or not, with the reason. */
export type Outcome = { readonly to: string } | { readonly reason: string | Html }

const isTriggerId = Schema.is(TriggerId)

/** What is brought to be saved or checked. */
export interface Written {
  readonly strategy: string | undefined
  readonly text: string
  readonly mark: string
  readonly draft?: string | undefined
}

export class Actions extends Context.Service<
  Actions,
  {
    /** Makes a failed or expired alert pending again, offers it, and goes back to the page from which that is asked for. */
    readonly again: (trigger: string, from: string) => Effect.Effect<Outcome, DatabaseError>
    /** Sends a test message to a chat, or to that of the settings. */
    readonly test: (chat: string | undefined) => Effect.Effect<Outcome>
    readonly setActive: (strategy: string, active: boolean) => Effect.Effect<Outcome, DatabaseError>
    /** Begins to check a text on recorded matches. A text with problems is not checked. */
    readonly check: (written: Written) => Effect.Effect<Outcome>
    /** Saves a text. One with problems, or over what somebody else has changed since, is not saved. */
    readonly save: (written: Written) => Effect.Effect<Outcome, DatabaseError>
  }
>()("touchline/http/dashboard/Actions") {
  static readonly layer = Layer.effect(
    Actions,
    Effect.gen(function* () {
      const triggers = yield* TriggerStore
      const queue = yield* AlertQueue
      const channel = yield* AlertChannel
      const store = yield* PageStore
      const editing = yield* Editing
      const drafts = yield* Drafts
      const { expires } = yield* AlertTimes
      const { directory, set } = yield* Strategies

      const page = (strategy: string): string => `/strategies/${encoded(strategy)}`
      const wrong = (problems: ReadonlyArray<Diagnostic>): Outcome => ({
        reason: `It is not saved: ${problems.length === 1 ? "a problem is" : `${problems.length} problems are`} named below.`
      })
      const refused = (refusal: Refusal, strategy: string): Outcome =>
        "reason" in refusal
          ? { reason: `It is not saved. ${refusal.reason}` }
          : {
              reason: html`It is not saved: somebody has changed it since you began. Compare with <a href="${page(strategy)}" target="_blank">what it says now</a>, and <a href="${page(strategy)}/edit">begin again</a> from there.`
            }
      /** Whether what is kept there is what this service watches. */
      const isWatchedHere = (file: string | null | undefined): boolean =>
        typeof file === "string" ? directory !== undefined : set === undefined
      /** A finished check of this very text is kept with the strategy. */
      const keepCheck = Effect.fnUntraced(function* (strategy: string, { draft: key, text }: Written) {
        const draft = drafts.find(key)
        const kept = draft?.text === text ? keptOf(draft) : undefined
        if (kept !== undefined) yield* store.keepBacktest(strategy, kept)
      })

      return Actions.of({
        again: Effect.fn("Actions.again")(function* (id, from) {
          const now = yield* DateTime.now
          const again = isTriggerId(id) ? yield* triggers.retry([id], askedUntil(now, expires)) : []
          if (again.length === 0)
            return { reason: "No failed or expired alert has this id: it may have been sent meanwhile." }
          // What cannot be offered now is offered from the outbox within a minute.
          yield* queue
            .offerAgain(again.map((each) => alertJob(each, now.epochMilliseconds)))
            .pipe(
              Effect.catch(({ message }) =>
                Effect.logWarning("an alert that is asked for again waits in the outbox").pipe(
                  Effect.annotateLogs({ trigger: id, reason: message })
                )
              )
            )
          return { to: noticed(from, "again") }
        }),
        test: Effect.fn("Actions.test")(function* (chat) {
          const at = yield* DateTime.now
          const trigger = testTrigger(at, chat)
          return yield* channel.send({ trigger, idempotencyKey: trigger.id, attempt: 1 }).pipe(
            Effect.as<Outcome>({ to: "/alerts?notice=tested" }),
            Effect.timeoutOrElse({
              duration: testWithin,
              orElse: () =>
                Effect.succeed<Outcome>({
                  reason: `${channel.name} did not answer within ${Duration.format(testWithin)}.`
                })
            }),
            Effect.catch(({ message }) =>
              Effect.succeed<Outcome>({ reason: `${channel.name} did not take it: ${message}` })
            )
          )
        }),
        setActive: Effect.fn("Actions.setActive")(function* (strategy, active) {
          const isSet = yield* store.setActive(strategy, active)
          if (!isSet) return { reason: "It cannot be switched here: it belongs to an owner or a file, or is gone." }
          return { to: `${page(strategy)}?notice=${active ? (isWatchedHere(null) ? "on" : "on-there") : "off"}` }
        }),
        check: Effect.fn("Actions.check")(function* ({ mark, strategy, text }) {
          if (strategy === undefined && editing.addable !== true) return { reason: editing.addable }
          const said = readText(text)
          if (Result.isFailure(said)) return wrong(said.failure)
          const key = yield* drafts.check({ strategy, text, mark }, said.success)
          return { to: `${page(strategy ?? "new")}${strategy === undefined ? "" : "/edit"}?draft=${key}` }
        }),
        save: Effect.fn("Actions.save")(function* (written) {
          const { mark, strategy, text } = written
          const said = readText(text)
          if (Result.isFailure(said)) return wrong(said.failure)
          if (strategy === undefined) {
            const added = yield* editing.add(text, said.success)
            if (Result.isFailure(added)) return refused(added.failure, "new")
            yield* keepCheck(added.success, written)
            // The database knows a file's strategy once the service has read it.
            if (directory !== undefined) return { to: "/strategies?notice=filed" }
            return { to: `${page(added.success)}?notice=${said.success.active ? "saved" : "saved-off"}` }
          }
          const kept = yield* store.strategy(strategy)
          if (Option.isNone(kept)) return { reason: "It is not saved: there is no such strategy any more." }
          const saved = yield* editing.save(kept.value, mark, text, said.success)
          if (Result.isFailure(saved)) return refused(saved.failure, strategy)
          yield* keepCheck(strategy, written)
          const notice = !isWatchedHere(kept.value.file) ? "saved-there" : said.success.active ? "saved" : "saved-off"
          return { to: `${page(strategy)}?notice=${notice}` }
        })
      })
    })
  )
}
