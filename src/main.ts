#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { Effect, Schema } from "effect"
import { Command } from "effect/cli"
import { alerts } from "./cli/alerts.ts"
import { backtest } from "./cli/backtest.ts"
import { doctor } from "./cli/doctor.ts"
import { explain } from "./cli/explain.ts"
import { layerPresenter } from "./cli/presenter.ts"
import { queues } from "./cli/queues.ts"
import { replay } from "./cli/replay.ts"
import { scan } from "./cli/scan.ts"
import { start } from "./cli/start.ts"
import { strategies } from "./cli/strategies.ts"
import { runMain } from "./run.ts"

const { version } = Schema.decodeSync(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
)

const touchline = Command.make("touchline").pipe(
  Command.withDescription("Watches live football matches against every user's strategies, and alerts each user once"),
  Command.withSubcommands([start, scan, replay, backtest, explain, strategies, alerts, queues, doctor])
)

runMain(Command.run(touchline, { version }).pipe(Effect.provide(layerPresenter)))
