import { integration, noSettings, type Parts } from "../../Integration.ts"

/** Recorded matches, for a replay: `feed` is a layer of RecordedFeed. FEED does not name it, because it comes to an end. */
export const recorded = (feed: Parts["feed"]) =>
  integration({ name: "recorded", settings: noSettings, brings: ["feed"], bring: () => ({ parts: { feed } }) })
