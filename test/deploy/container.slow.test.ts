/**
 * The container, where no Docker is: the steps of the Dockerfile are run in a directory, with the packages that are installed
 * here in the place of those that npm would install there. What only Docker does (pulling, npm's own steps, isolation) is not.
 */
import { spawn, spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Yaml } from "effect/encoding"
import { serviceSettings } from "../../src/ServiceConfig.ts"
import { runStage, said, stagesOf, words } from "../fixtures/dockerfile.ts"
import { started, temporaryDirectory } from "../fixtures/process.ts"
import { has, needing, run } from "../fixtures/programs.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const read = (path: string) => readFileSync(join(root, path), "utf8")
const stages = stagesOf(read("Dockerfile"))
const [build = [], image = []] = stages

const Compose = Schema.Struct({
  services: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Unknown)),
  volumes: Schema.Record(Schema.String, Schema.Unknown)
})
const compose = (name: string) => Schema.decodeUnknownSync(Compose)(Yaml.parse(read(name)))

/** For how long it may take to stop, in seconds: STOP_TIMEOUT as it is unless it is set, and 5 s for what comes after. */
const longestStop = Number(serviceSettings.all.find(({ name }) => name === "STOP_TIMEOUT")?.default) / 1000 + 5

/** A user that owns nothing. Only root can be another one. */
const other = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

describe("The container", () => {
  it("has two stages on one image by digest, runs as no root, and by no shell", () => {
    expect(stages).toHaveLength(2)
    const bases = stages.map((stage) => said(stage, "FROM").split(" ")[0])
    expect(new Set(bases).size).toBe(1)
    expect(bases[0]).toMatch(/^node:24[\d.]*-trixie-slim@sha256:[0-9a-f]{64}$/)
    expect(said(image, "USER")).toBe("node")
    expect(said(image, "STOPSIGNAL")).toBe("SIGTERM")
    expect(words(said(image, "ENTRYPOINT"))).toEqual(["node", "dist/main.js"])
  })

  it("is built from files that are there and that .dockerignore lets through", () => {
    const allowed = read(".dockerignore")
      .split("\n")
      .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []))
    const copied = build.filter(({ does }) => does === "COPY").flatMap(({ says }) => says.split(" ").slice(0, -1))
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(copied.filter((path) => !allowed.includes(path.split("/")[0] ?? ""))).toEqual([])
  })

  it.live(
    "built by the Dockerfile's steps it starts as another user who may write to DATA_DIR alone, is healthy, and stops",
    () =>
      Effect.gen(function* () {
        const base = yield* temporaryDirectory
        chmodSync(base, 0o755)
        const [building, running] = [join(base, "build"), join(base, "image")]
        const linked = (says: string, workdir: string) => {
          if (says.startsWith("npm install")) symlinkSync(join(root, "node_modules"), join(workdir, "node_modules"))
        }
        runStage(build, { from: root, root: building, npm: linked })
        runStage(image, { from: building, root: running, npm: linked })
        for (const built of ["dist", "program"]) assert.deepStrictEqual(lacking(join(running, "app", built)), [])

        const data = join(base, "data")
        mkdirSync(data, { mode: 0o777 })
        chmodSync(data, 0o777)
        const env = {
          ...Object.fromEntries(image.filter(({ does }) => does === "ENV").map(({ says }) => says.split("="))),
          DATA_DIR: data,
          PORT: "0",
          PATH: process.env.PATH ?? ""
        }
        const [, ...args] = [...words(said(image, "ENTRYPOINT")), ...words(said(image, "CMD"))]
        const service = yield* started(() =>
          spawn(process.execPath, args, { cwd: join(running, "app"), env, ...other })
        )
        const [, PORT = ""] = /:(\d+)/.exec(yield* service.saying(/pages are served at=\S+?:\d+/)) ?? []
        yield* service.saying(/scan .*matches=12/)
        assert.isTrue(existsSync(join(data, "http-token")))

        const [, ...check] = words(said(image, "HEALTHCHECK").replace(/^.*?CMD /, ""))
        const healthy = spawnSync(process.execPath, check, { env: { ...env, PORT } })
        assert.strictEqual(healthy.status, 0)
        yield* service.kill("SIGTERM")
        assert.strictEqual(yield* service.ended, 0)
        assert.strictEqual(spawnSync(process.execPath, check, { env: { ...env, PORT } }).status, 1)
        // One without pages is not taken for ill.
        assert.strictEqual(spawnSync(process.execPath, check, { env: { ...env, HTTP: "off" } }).status, 0)
      })
  )

  it("is published on the machine itself alone, may write to its volume alone, and has time to stop", () => {
    const { services, volumes } = compose("compose.yaml")
    const { touchline, ...others } = services
    expect(others).toEqual({})
    expect(touchline).toMatchObject({
      ports: ["127.0.0.1:3000:3000"],
      environment: { DATA_DIR: "/data", HOST: "0.0.0.0", PORT: "3000" },
      read_only: true,
      tmpfs: ["/tmp"],
      volumes: ["data:/data"],
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      restart: "unless-stopped"
    })
    expect(Object.keys(volumes)).toEqual(["data"])
    // The image says which user it is, when it is well and where its data are, and nothing here takes that back.
    for (const key of ["user", "healthcheck", "entrypoint", "command", "privileged", "stop_signal"]) {
      expect(touchline).not.toHaveProperty(key)
    }
    expect(said(image, "VOLUME")).toBe("/data")
    expect(said(image, "HEALTHCHECK")).toMatch(/\/healthz/)
    expect(Number(/^(\d+)s$/.exec(`${touchline?.stop_grace_period}`)?.[1])).toBeGreaterThanOrEqual(longestStop)
  })

  it("has its queues on a Redis that keeps them and that nobody else reaches, once that is well", () => {
    const { services, volumes } = compose("compose.redis.yaml")
    expect(Object.keys(services).toSorted()).toEqual(["redis", "touchline"])
    expect(services.touchline).toEqual({
      environment: { REDIS_URL: "redis://redis:6379" },
      depends_on: { redis: { condition: "service_healthy" } }
    })
    expect(services.redis).toMatchObject({
      command: ["redis-server", "--appendonly", "yes", "--maxmemory-policy", "noeviction"],
      healthcheck: { test: ["CMD", "redis-cli", "ping"] },
      volumes: ["redis:/data"]
    })
    expect(services.redis).not.toHaveProperty("ports")
    expect(Object.keys(volumes)).toEqual(["redis"])
  })
})

/** The packages that the built files load and that are no dependency of the package: those are not in the image. */
const lacking = (dist: string): ReadonlyArray<string> => {
  const { dependencies } = createRequire(import.meta.url)("../../package.json")
  const names = readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .flatMap((name) => [
      ...readFileSync(join(dist, name), "utf8").matchAll(/^(?:import|export)\b[^"'\n]*from "([^."][^"]*)"/gm)
    ])
    .map(([, name = ""]) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(name)?.[1] ?? "")
  return [...new Set(names)].filter((name) => !name.startsWith("node:") && !(name in dependencies))
}

describe("What runs it without a container", () => {
  it("pm2 gets a file that Node.js reads, whose script is the package's own and which gives it time to stop", () => {
    const { apps } = createRequire(import.meta.url)("../../deploy/pm2/ecosystem.config.cjs")
    expect(apps).toMatchObject([{ script: "dist/main.js", args: "start", cwd: root.replace(/\/$/, "") }])
    expect(apps[0].kill_timeout).toBeGreaterThanOrEqual(15_000)
  })

  it("systemd's unit starts the package's own script and gives it time to stop", () => {
    const unit = read("deploy/systemd/touchline@.service")
    expect(/^ExecStart=\/usr\/bin\/node (.*)$/m.exec(unit)?.[1]).toBe("dist/main.js start")
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThanOrEqual(15)
  })

  it.skipIf(!has("systemd-analyze"))(
    needing("systemd-analyze", "systemd reads the unit and finds nothing wrong"),
    () => {
      const { output } = run("systemd-analyze", ["verify", join(root, "deploy/systemd/touchline@.service")])
      // What the machine of the test lacks, such as the user or a Node.js there, is no fault of the unit.
      const faults = output
        .split("\n")
        .filter((line) => /touchline@/.test(line) && /unknown|invalid|missing|syntax/i.test(line))
      expect(faults).toEqual([])
    }
  )
})
