import { integration, noSettings } from "../../Integration.ts"
import { SimulatedFeed, type SimulatedFeedOptions } from "./SimulatedFeed.ts"

/** Invented matches. */
export const simulated = (options: SimulatedFeedOptions) =>
  integration({
    name: "simulated",
    settings: noSettings,
    brings: ["feed"],
    feed: "invents them",
    bring: () => ({ parts: { feed: SimulatedFeed.layer(options) } })
  })
