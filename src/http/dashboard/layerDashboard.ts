/** What the pages need of the service, beneath everything else: the picture that scans leave, and what the settings say. */
import { Config, Effect, Layer, Option } from "effect"
import type { SettingText } from "../../Config.ts"
import type { ServiceConfig } from "../../ServiceConfig.ts"
import { EditsFiles } from "./Editing.ts"
import { Picture } from "./Picture.ts"
import { Recordings } from "./Recordings.ts"
import { type ShownSetting, ShownSettings } from "./SystemFacts.ts"
import type { PageConfig } from "./settings.ts"

/** What a setting says, as it may be shown. One that cannot be read is as good as not set. */
const shown = ({ default: fallback, isSecret, meaning, name }: SettingText): Effect.Effect<ShownSetting> =>
  Config.option(Config.NonEmptyString(name)).pipe(
    Effect.orElseSucceed(() => Option.none<string>()),
    Effect.map((text) => ({
      name,
      meaning,
      isDefault: Option.isNone(text),
      value: Option.match(text, { onNone: () => fallback ?? "not set", onSome: (value) => (isSecret ? "set" : value) })
    }))
  )

/** Of these settings. */
export const layerDashboard = (
  { editsFiles, recordings }: PageConfig,
  { record }: Pick<ServiceConfig, "record">,
  settings: ReadonlyArray<SettingText>
) =>
  Layer.mergeAll(
    Picture.layer,
    Layer.succeed(EditsFiles, editsFiles),
    Layer.succeed(Recordings, {
      directories: Option.toArray(Option.orElse(recordings, () => Option.map(record, ({ directory }) => directory)))
    }),
    Layer.effect(ShownSettings, Effect.forEach(settings, shown))
  )
