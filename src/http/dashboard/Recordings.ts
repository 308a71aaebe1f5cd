/** Where recorded matches are that strategies are checked against: where the service records its polls, unless told otherwise. */
import { Context } from "effect"

export const Recordings = Context.Reference<{ readonly directories: ReadonlyArray<string> }>(
  "touchline/http/dashboard/Recordings",
  { defaultValue: () => ({ directories: [] }) }
)
