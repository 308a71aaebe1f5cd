import { Console, Effect, Schema } from "effect"
import type { Checked, CheckStatus } from "../doctor/Check.ts"
import { diagnose } from "../doctor/diagnose.ts"
import type { Extend } from "../Integration.ts"
import { quietly } from "../Logging.ts"

/** Something that is needed does not work. */
class DoctorError extends Schema.TaggedError<DoctorError>()("DoctorError", { message: Schema.String }) {}

const marks: Readonly<Record<CheckStatus, string>> = { ok: "✓", warning: "⚠", failed: "✗", skipped: "–" }

/** One answer as a line: `✓ redis  0.4 ms  Redis 7.2.4 at localhost:6379`, and after an arrow what to do. */
export const checkedLine = ({ latencyMs, message, name, status, todo }: Checked): string => {
  const latency = status === "skipped" ? "" : `${latencyMs.toFixed(1)} ms`
  const line = `${marks[status]} ${name.padEnd(17)} ${latency.padStart(10)}  ${message}`
  return todo === undefined ? line : `${line} → ${todo}`
}

/** How many have one of these ends. */
const count = (all: ReadonlyArray<Checked>, status: CheckStatus) => all.filter((each) => each.status === status).length

/** `touchline doctor`: whether what the configuration asks for is there and works, and what to do where not. */
export const doctor = Effect.fnUntraced(function* (extend: Extend, { json }: { readonly json: boolean }) {
  // The answers say what is wrong. What layers log on the way says it again.
  const checks = yield* quietly(
    diagnose((checked) => (json ? Effect.void : Console.log(checkedLine(checked))), extend),
    "None"
  )
  const [failures, warnings] = [count(checks, "failed"), count(checks, "warning")]
  if (json) {
    const list = checks.map(({ latencyMs, message, name, status, todo }) => ({
      name,
      status,
      latencyMs,
      message,
      todo
    }))
    yield* Console.log(JSON.stringify({ ok: failures === 0, checks: list }))
  } else if (failures === 0) {
    yield* Console.log(`\n${warnings === 0 ? "All is well." : `It works; warnings: ${warnings}.`}`)
  }
  if (failures > 0) {
    return yield* new DoctorError({ message: `checks failed: ${failures} of ${checks.length}` })
  }
})
