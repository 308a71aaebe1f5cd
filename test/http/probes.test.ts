import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Health, layerHealth } from "../../src/health/Health.ts"
import { Overview, type Standing } from "../../src/health/Overview.ts"
import { probes } from "../../src/http/probes.ts"
import { ask, serving } from "../fixtures/httpServer.ts"
import { quiet } from "../fixtures/logs.ts"

const standing = (status: Standing["status"]): Standing => ({
  status,
  service: "ok",
  pid: 1,
  version: "0",
  parts: [],
  instances: [],
  scans: []
})

describe("Probes", () => {
  it.live("say that the process has stalled, and why, until it goes on, whatever its parts do", () =>
    Effect.gen(function* () {
      const { stall } = yield* Health
      const port = yield* serving(probes)
      const answer = Effect.map(ask(port, "/healthz"), ({ body, status }) => ({ status, ...JSON.parse(body) }))
      expect(yield* answer).toMatchObject({ status: 200, service: "Touchline", pid: process.pid })
      yield* stall("no tick has ended for 45 s")
      expect(yield* answer).toMatchObject({ status: 503, stalled: "no tick has ended for 45 s" })
      yield* stall(undefined)
      expect(yield* answer).toMatchObject({ status: 200 })
    }).pipe(
      Effect.scoped,
      Effect.provide(
        Layer.mergeAll(layerHealth, Layer.mock(Overview, { standing: Effect.succeed(standing("down")) }), quiet)
      )
    )
  )

  it.live("say that a process is ready while it does its work, well or badly, and not when it is down or stops", () =>
    Effect.gen(function* () {
      let status: Standing["status"] = "ok"
      const port = yield* serving(probes).pipe(
        Effect.provide(Layer.mock(Overview, { standing: Effect.sync(() => standing(status)) }))
      )
      const codes: Array<readonly [string, number]> = []
      for (status of ["ok", "degraded", "down", "stopping"] as const) {
        const { body, status: code } = yield* ask(port, "/readyz")
        expect(JSON.parse(body)).toMatchObject({ status })
        codes.push([status, code])
      }
      expect(codes).toEqual([
        ["ok", 200],
        ["degraded", 200],
        ["down", 503],
        ["stopping", 503]
      ])
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(layerHealth, quiet)))
  )
})
