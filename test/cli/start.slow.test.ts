import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"

const serviceScript = fileURLToPath(new URL("../fixtures/service.ts", import.meta.url))

/** A strategy that holds on the match of the service fixture. */
const oneGoalBehind = `
name: One goal behind
when:
  - { left: { metric: goals, scope: difference }, comparator: "=", right: 1 }
`

const setUp = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  writeFileSync(join(directory, "behind.yaml"), oneGoalBehind)
  const settings = {
    DATA_DIR: join(directory, "data"),
    STRATEGIES: directory,
    POLL_INTERVAL: "500",
    LOG_LEVEL: "debug"
  }
  return {
    settings,
    service: (more: { readonly [name: string]: string } = {}) => touchline([], { ...settings, ...more }, serviceScript)
  }
})

describe("touchline start, as a process", () => {
  it.live("shows a banner that names each layer, scans, and ends with code 0 at SIGTERM", () =>
    Effect.gen(function* () {
      const DATA_DIR = yield* temporaryDirectory
      const service = yield* touchline(["start", "--matches", "3"], { DATA_DIR })
      yield* service.saying(/scan .*matches=3/)
      const { stderr, stdout } = service.output()
      for (const row of ["feed       simulated (3 matches", "strategies 6 from the database", "dedup      in memory"]) {
        assert.include(stdout, row)
      }
      assert.include(stdout, `database   embedded PostgreSQL in ${DATA_DIR}`)
      assert.include(stdout, "alerts     console")
      assert.strictEqual(stderr, "")
      yield* service.kill("SIGTERM")
      assert.strictEqual(yield* service.ended, 0)
    })
  )

  it.live("ends with code 0 at Ctrl-C, also when the signal comes twice", () =>
    Effect.gen(function* () {
      const DATA_DIR = yield* temporaryDirectory
      const service = yield* touchline(["start"], { DATA_DIR })
      yield* service.saying(/scan .*matches=12/)
      yield* service.kill("SIGINT")
      yield* service.kill("SIGINT")
      assert.strictEqual(yield* service.ended, 0)
    })
  )

  it.live("with an alert in flight stops ticker and workers, then the database, and sends it the next time", () =>
    Effect.gen(function* () {
      const { service } = yield* setUp
      const first = yield* service({ HANG: "1", STOP_TIMEOUT: "4000" })
      yield* first.saying(/SENDING One goal behind/)
      yield* first.kill("SIGTERM")
      assert.strictEqual(yield* first.ended, 0)
      const order = [
        ...first.output().stdout.matchAll(/worker stopped queue=([\w-]+)|the embedded database is (closed)/g)
      ]
      const names = order.map(([, queue, closed]) => queue ?? closed)
      assert.sameMembers(names.slice(0, -1), ["amend-alert", "scan-tick", "send-alert"])
      assert.strictEqual(names.at(-1), "closed")

      const second = yield* service()
      yield* second.saying(/SENT One goal behind/)
      yield* second.saying(/scan (.*)triggers=0/)
      yield* second.kill("SIGTERM")
      assert.strictEqual(yield* second.ended, 0)
      assert.strictEqual(second.output().stdout.match(/SENT/g)?.length, 1)
    })
  )

  it.live("with a send under way that takes long, lets it end and records it: it is not sent again", () =>
    Effect.gen(function* () {
      const { service } = yield* setUp
      const first = yield* service({ TAKES: "3000" })
      yield* first.saying(/SENDING One goal behind/)
      yield* first.kill("SIGTERM")
      assert.strictEqual(yield* first.ended, 0)
      assert.strictEqual(first.output().stdout.match(/SENT One goal behind/g)?.length, 1)

      const second = yield* service()
      yield* second.saying(/scan .*held=1 triggers=0/)
      yield* second.kill("SIGTERM")
      assert.strictEqual(yield* second.ended, 0)
      assert.notInclude(second.output().stdout, "SENDING")
    })
  )

  it.live("killed in the middle of an alert, it sends that alert after the restart, and no pair a second time", () =>
    Effect.gen(function* () {
      const { service } = yield* setUp
      const first = yield* service({ HANG: "1" })
      yield* first.saying(/SENDING One goal behind/)
      yield* first.kill("SIGKILL")
      yield* first.ended

      const second = yield* service()
      yield* second.saying(/taking over the data directory of a process that is gone/)
      yield* second.saying(/alert sent .*strategy="One goal behind"/)
      yield* second.kill("SIGKILL")
      yield* second.ended

      const third = yield* service()
      yield* third.saying(/scan .*held=1 triggers=0 duplicates=1/)
      yield* third.saying(/scan .*held=1 triggers=0 duplicates=0/)
      assert.notInclude(third.output().stdout, "SENDING")
    })
  )

  it.live("is refused a data directory that another process holds, and told which", () =>
    Effect.gen(function* () {
      const DATA_DIR = yield* temporaryDirectory
      const holder = yield* touchline(["start"], { DATA_DIR })
      yield* holder.saying(/scan .*matches=12/)
      const second = yield* touchline(["start"], { DATA_DIR })
      assert.strictEqual(yield* second.ended, 1)
      assert.strictEqual(
        second.output().stderr,
        `touchline: DATA_DIR ${DATA_DIR} is in use by process ${holder.pid}. Stop that process, or name another directory in DATA_DIR.\n`
      )
    })
  )

  it.live("stops at a wrong setting with one message and no stack", () =>
    Effect.gen(function* () {
      const poll = yield* touchline(["start"], { POLL_INTERVAL: "abc" })
      assert.strictEqual(yield* poll.ended, 1)
      assert.strictEqual(
        poll.output().stderr,
        'touchline: POLL_INTERVAL is "abc". It takes a whole number of milliseconds from 100 to 3600000.\n'
      )
      assert.strictEqual(poll.output().stdout, "")
    })
  )
})
