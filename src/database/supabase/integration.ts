import { integration } from "../../Integration.ts"
import { checkDatabase } from "../checks.ts"
import { Database } from "../Database.ts"
import { layerSupabase } from "./SupabaseDatabase.ts"
import { supabaseSettings } from "./settings.ts"

/** The data in a Supabase project. */
export const supabase = integration({
  name: "supabase",
  settings: supabaseSettings,
  brings: ["database"],
  bring: (project) => {
    const layer = layerSupabase(project)
    return {
      parts: { database: layer },
      checks: ({ open }) =>
        checkDatabase(open(Database, layer), {
          accepts: "accepts the service role key",
          todo: "Check SUPABASE_URL and the network."
        })
    }
  }
})
