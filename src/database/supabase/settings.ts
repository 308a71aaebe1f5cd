/** The Supabase project that holds the data. */
import { Effect, Option, Redacted, Schema } from "effect"
import { missing, optional, plainUrl, settingsOf } from "../../Config.ts"

/** A Supabase project. */
export interface SupabaseSettings {
  readonly url: URL
  readonly serviceRoleKey: Redacted.Redacted
}

const settings = {
  url: optional({
    name: "SUPABASE_URL",
    takes: "the URL of a Supabase project, such as https://abc.supabase.co, together with SUPABASE_SERVICE_ROLE_KEY",
    meaning: "The Supabase project that holds the data. Without it the database is embedded.",
    schema: plainUrl
  }),
  key: optional({
    name: "SUPABASE_SERVICE_ROLE_KEY",
    takes: "the service role key of the project in SUPABASE_URL",
    meaning: "The key that the service uses there. Keep it secret: it may do everything.",
    isSecret: true,
    schema: Schema.String
  })
}

/** The settings of Supabase: both or none. */
export const supabaseSettings = settingsOf(
  settings,
  Effect.gen(function* () {
    const url = yield* settings.url.read
    const key = yield* settings.key.read
    if (Option.isSome(url) && Option.isNone(key)) return yield* missing(settings.key, `${settings.url.name} is`)
    if (Option.isNone(url) && Option.isSome(key)) return yield* missing(settings.url, `${settings.key.name} is`)
    return Option.map(
      Option.all([url, key]),
      ([url, key]): SupabaseSettings => ({ url, serviceRoleKey: Redacted.make(key) })
    )
  })
)
