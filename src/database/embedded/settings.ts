/** Where a process keeps its own data. */
import { Schema } from "effect"
import { setting, settingsOf } from "../../Config.ts"

const dataDir = setting({
  name: "DATA_DIR",
  takes: "a directory",
  default: ".touchline",
  meaning:
    "Where the embedded database and queue keep their data. One service at a time; commands beside it go through it.",
  schema: Schema.String
})

/** The settings of what is embedded: the directory. */
export const embeddedSettings = settingsOf({ dataDir }, dataDir.read)
