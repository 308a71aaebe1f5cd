/** How long an alert is of use, and how long sending it may take: what the settings say. */
import { Context, Duration, Layer, Option } from "effect"
import type { ServiceConfig } from "../ServiceConfig.ts"

/** What a stop takes beside the longest send: recording what came of it, and closing what is open. */
const besideSend = Duration.seconds(2)

/** What closing takes when no alert is under way any more. */
const closing = Duration.seconds(1)

export const AlertTimes = Context.Reference<{
  /** How long after its trigger an alert expires. None: see `alertExpiry`. */
  readonly expires: Option.Option<Duration.Duration>
  /** How long a channel may take over one alert. */
  readonly send: Duration.Duration
  /** How long alerts under way may go on when the service stops: sends come to their end, and are recorded. */
  readonly stop: Duration.Duration
}>("touchline/alert/AlertTimes", {
  defaultValue: () => timesOf({ alertExpires: Option.none(), stopTimeout: Duration.seconds(10) })
})

const timesOf = ({ alertExpires, stopTimeout }: Pick<ServiceConfig, "alertExpires" | "stopTimeout">) => ({
  expires: alertExpires,
  send: Duration.subtract(stopTimeout, besideSend),
  stop: Duration.subtract(stopTimeout, closing)
})

/** The times of these settings. */
export const layerAlertTimes = (config: Pick<ServiceConfig, "alertExpires" | "stopTimeout">) =>
  Layer.succeed(AlertTimes, timesOf(config))
