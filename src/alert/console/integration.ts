import { integration, noSettings } from "../../Integration.ts"
import { layerConsole } from "./ConsoleChannel.ts"

/** Alerts on the console. */
export const consoleAlerts = integration({
  name: "console",
  settings: noSettings,
  brings: ["channel"],
  bring: () => ({ parts: { channel: layerConsole } })
})
