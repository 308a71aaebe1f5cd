/** Live feeds as an operator has them: two settings and a command, in a process of its own. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { key, makeApiFootballServer } from "../fixtures/apiFootballServer.ts"
import { matchDay } from "../fixtures/matchDay.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"
import { makeSportMonksServer, token } from "../fixtures/sportMonksServer.ts"

const standing = () => matchDay()[20] ?? []

const run = Effect.fnUntraced(function* (command: ReadonlyArray<string>, env: Readonly<Record<string, string>>) {
  const process = yield* touchline(command, { ...env, DATA_DIR: yield* temporaryDirectory })
  assert.strictEqual(yield* process.ended, 0, process.output().stderr)
  const { stderr, stdout } = process.output()
  return `${stdout}${stderr}`
})

describe("A process", () => {
  it.live("scans the matches of SportMonks", () =>
    Effect.gen(function* () {
      const { url } = yield* makeSportMonksServer(standing)
      const env = { FEED: "sportmonks", SPORTMONKS_API_TOKEN: token, SPORTMONKS_URL: url.href }
      const scan = yield* run(["scan"], env)
      assert.match(scan, /scan matches=7 inPlay=7/)
      assert.notInclude(scan, token)
    })
  )

  it.live("is warned by the doctor of a plan of API-Football that does not last", () =>
    Effect.gen(function* () {
      // So few do not last until midnight, however late it is.
      const { url } = yield* makeApiFootballServer(standing, 7500, 20)
      const env = { FEED: "api-football", API_FOOTBALL_KEY: key, API_FOOTBALL_URL: url.href, POLL_INTERVAL: "100" }
      const doctor = yield* run(["doctor"], env)
      assert.match(doctor, /^⚠ API-Football +[\d.]+ ms {2}plan Ultra: 20 of 7500 requests left/m)
      assert.match(doctor, /^✓ feed +[\d.]+ ms {2}API-Football at 127.0.0.1:\d+ \(all leagues\): 7 matches$/m)
      assert.notInclude(doctor, key)
    })
  )
})
