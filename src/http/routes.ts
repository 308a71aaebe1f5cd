/** Everything that the server shows, a line each. What a route needs of the pipeline it asks for. */
import { Layer, type Option, type Redacted } from "effect"
import { dashboard } from "./dashboard/routes.ts"
import { probes } from "./probes.ts"
import { signIn } from "./signIn.ts"

/** The routes. */
export const routes = (token: Option.Option<Redacted.Redacted>) => Layer.mergeAll(dashboard, probes, ...signIn(token))
