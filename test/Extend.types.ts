/** What `npm run check` must refuse of a program's extensions, whichever way they are handed in. */
import type { Layer } from "effect"
import { cli, type Dedup, integration, type MatchFeed, noSettings, serve } from "../src/index.ts"

declare const feed: Layer.Layer<MatchFeed, Error>
declare const dedup: Layer.Layer<Dedup>

export const accepted = [serve(() => ({ feed, dedup })), cli({ feed, dedup }), serve(() => ({})), cli({})]

// @ts-expect-error: a mistyped name
export const mistyped = serve(() => ({ feed, dedupe: dedup }))
// @ts-expect-error: a mistyped name
export const mistypedInCli = cli({ feed, dedupe: dedup })
// @ts-expect-error: a directory is `strategyDirectory`
export const directory = serve(() => ({ feed, strategies: "my-strategies" }))
// @ts-expect-error: another service than the name says
export const another = serve(() => ({ feed: dedup }))
// @ts-expect-error: another service than the name says
export const anotherInCli = cli({ channel: feed })
// @ts-expect-error: a layer, and no name for what it is
export const unnamed = serve(() => feed)
// @ts-expect-error: a layer, and no name for what it is
export const unnamedInCli = cli(feed)
// @ts-expect-error: layers, and no names for what they are
export const list = serve(() => [feed, dedup])

const whistle = { name: "whistle", settings: noSettings, brings: ["feed", "dedup"] } as const

export const brought = [
  integration({
    ...whistle,
    bring: () => ({ parts: { feed, dedup }, checks: ({ fills }) => (fills.has("feed") ? [] : []) })
  }),
  integration({ ...whistle, bring: () => ({ parts: {} }) })
]

// @ts-expect-error: a mistyped part
export const mistypedPart = integration({ ...whistle, bring: () => ({ parts: { feed, dedupe: dedup } }) })
// @ts-expect-error: a mistyped name beside the parts
export const mistypedChecks = integration({ ...whistle, bring: () => ({ parts: { feed }, check: () => [] }) })
// @ts-expect-error: another service than the name says
export const anotherPart = integration({ ...whistle, bring: () => ({ parts: { feed: dedup } }) })
