import { Flag } from "effect/cli"
import * as Schema from "effect/Schema"

const positive = Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0.01, maximum: 60_000 })))

/** Match time over clock time. */
export const speed = (fallback: number) =>
  Flag.Finite("speed").pipe(
    Flag.withSchema(positive),
    Flag.withDefault(fallback),
    Flag.withDescription("Match time over clock time: 60 plays a match minute every second")
  )

/** How many matches the simulated feed shows at once. */
export const matches = Flag.Int("matches").pipe(
  Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 10_000 })))),
  Flag.withDefault(12),
  Flag.withDescription("How many matches the simulated feed shows at once")
)

/** What the simulated feed makes its matches from. */
export const seed = Flag.Int("seed").pipe(
  Flag.withDefault(1),
  Flag.withDescription("The same seed gives the same simulated matches")
)

export const strategies = Flag.String("strategies").pipe(
  Flag.withMetavar("DIR"),
  Flag.optional,
  Flag.withDescription(
    "Watch exactly the strategy files of this directory (or one file), not the strategies of the database"
  )
)

export const json = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Print one JSON object on stdout, and nothing else there")
)
