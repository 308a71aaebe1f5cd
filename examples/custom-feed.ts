// A feed of your own: one layer of MatchFeed, handed to the service. Run it: npm run -s example:custom-feed
import { Effect, Layer } from "effect"
// In a project of your own: from "touchline"
import { MatchFeed, runMain, serve } from "../src/index.ts"

const kickOff = new Date().toISOString()
let minute = 0

const oneMatchFeed = Layer.succeed(
  MatchFeed,
  MatchFeed.of({
    name: "one match, a minute a poll",
    poll: Effect.sync(() => {
      minute = Math.min(90, minute + 1)
      return [
        {
          match: {
            id: "final-1",
            competition: { id: "cup", name: "The Cup" },
            home: { name: "Reds" },
            away: { name: "Blues" },
            kickOff
          },
          clock: { period: minute <= 45 ? "1H" : "2H", minute, added: 0, status: minute < 90 ? "live" : "finished" },
          score: { home: 0, away: minute < 20 ? 0 : 1 },
          statistics: { shots: { home: minute, away: 3 }, shots_on_target: { home: Math.floor(minute / 3), away: 2 } }
        }
      ]
    })
  })
)

runMain(serve(() => ({ feed: oneMatchFeed })))
