/** The service among strangers, for a test of a whole process: thirty matches that stand still, each in a league of its own. */
import { Effect, Layer } from "effect"
import { MatchFeed, runMain, serve } from "../../src/index.ts"

const matches = Array.from({ length: 30 }, (_, match) => ({
  match: {
    id: `match-${match}`,
    competition: { id: `${match}`, name: `League ${match}` },
    home: { name: "Reds" },
    away: { name: "Blues" },
    kickOff: "2026-01-01T15:00:00.000Z"
  },
  clock: { period: "2H" as const, minute: 75, added: 0, status: "live" as const },
  score: { home: 0, away: 1 }
}))

const feed = Layer.succeed(MatchFeed, MatchFeed.of({ name: "of the test", poll: Effect.succeed(matches) }))

runMain(serve(() => ({ feed })))
