/** Everything that the server shows, a line each. What a route needs of the pipeline it asks for. */
import { Layer, type Option, type Redacted } from "effect"
import { board } from "./board/board.ts"
import { dashboard } from "./dashboard/routes.ts"
import { type Labels, metricsRoute } from "./metricsRoute.ts"
import { probes } from "./probes.ts"
import { signIn } from "./signIn.ts"

/** What the routes are told of the settings. */
export interface RoutesOptions extends Labels {
  readonly token: Option.Option<Redacted.Redacted>
  readonly boardWrite: boolean
}

/** The routes. */
export const routes = (options: RoutesOptions) =>
  Layer.mergeAll(
    board({ mayWrite: options.boardWrite }),
    dashboard,
    probes,
    metricsRoute(options),
    ...signIn(options.token)
  )
