/** Runs one case: sets the stage (servers, a database that holds the world), starts the process, and gets its figures. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Context, Effect, Iterable, Layer, Schema } from "effect"
import { layerEmbedded, migrations } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { postgrest, sign } from "../../test/fixtures/postgrest.ts"
import { temporaryDirectory } from "../../test/fixtures/process.ts"
import { startRedisServer } from "../../test/fixtures/redisServer.ts"
import { serveSurroundings } from "./gateway.ts"
import { type Loader, loadPairs, loadPast, loadStrategies, onPglite } from "./load.ts"
import type { PostgresServer } from "./postgres.ts"
import { Figures, type Task } from "./task.ts"
import type { World } from "./World.ts"

/** A case to be measured. */
export interface Staged extends Omit<Task, "surroundings"> {
  readonly world: World
  /** Whether the pairs of the first tick are in the database already; those of the later ones are in any case. */
  readonly knowsFirst: boolean
}

/** Puts the world into a database with the schema. Answers with how many pairs it knows. */
const load = async (loader: Loader, { activate, kind, knowsFirst, world }: Staged): Promise<number> => {
  await loadStrategies(loader, world.strategies)
  if (activate) await loader.exec("update public.strategies set is_active = false")
  await loadPast(loader, world)
  if (kind === "create") return 0
  const known = await loadPairs(
    loader,
    knowsFirst ? world.pairs() : Iterable.filter(world.pairs(), ({ atFirst }) => !atFirst)
  )
  await loader.exec("analyze")
  return known
}

const decodeFigures = Schema.decodeUnknownSync(Figures)

/** Runs the process, tells what it logs from a warning on, and answers with its figures. */
const measure = Effect.fnUntraced(function* (environment: { readonly [name: string]: string }, task: Task) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [join(import.meta.dirname, "measured.ts")], {
        stdio: ["ignore", "pipe", "inherit", "ipc"],
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment, TOUCHLINE_BENCH: JSON.stringify(task) }
      })
    ),
    (started) => Effect.sync(() => started.kill("SIGKILL"))
  )
  return yield* Effect.promise(async () => {
    let warnings = 0
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (!/ (WARN|ERROR|FATAL) /.test(line)) return
        warnings += 1
        if (warnings <= 3) console.error(`  the service: ${line.slice(0, 400)}`)
      })
    }
    const message = new Promise<unknown>((resolve) => child.once("message", resolve))
    const ended = new Promise<undefined>((resolve) => child.once("exit", () => resolve(undefined)))
    const said = await Promise.race([message, ended])
    if (said === undefined) throw new Error("the process that was measured ended without figures")
    return { figures: decodeFigures(said), warnings }
  })
})

const onRedis = Effect.fnUntraced(function* (staged: Staged, server: PostgresServer) {
  const { loader, served } = yield* server.create
  const files = yield* migrations
  yield* Effect.promise(async () => {
    for (const { sql } of files) await loader.exec(sql)
  })
  const known = yield* Effect.promise(() => load(loader, staged))
  const redis = yield* Effect.acquireRelease(
    Effect.promise(() => startRedisServer(["--maxmemory-policy", "noeviction"])),
    ({ stop }) => Effect.promise(stop)
  )
  const port = yield* serveSurroundings({
    postgrest: yield* postgrest(served),
    redis: redis.port,
    answer: staged.world.answer,
    activate: () => loader.exec("update public.strategies set is_active = true")
  })
  const url = `http://127.0.0.1:${port}`
  const environment = {
    REDIS_HOST: "127.0.0.1",
    REDIS_PORT: `${redis.port}`,
    SUPABASE_URL: url,
    SUPABASE_SERVICE_ROLE_KEY: sign({ role: "service_role" })
  }
  return { known, environment, surroundings: url }
})

const onEmbedded = Effect.fnUntraced(function* (staged: Staged) {
  const directory = yield* temporaryDirectory
  const known = yield* Effect.scoped(
    Effect.gen(function* () {
      const context = yield* Layer.build(layerEmbedded.pipe(Layer.provideMerge(EmbeddedPostgres.layer(directory))))
      const loader = onPglite(Context.get(context, EmbeddedPostgres).client)
      return yield* Effect.promise(() => load(loader, staged))
    })
  )
  const port = yield* serveSurroundings({ answer: staged.world.answer })
  return { known, environment: { DATA_DIR: directory }, surroundings: `http://127.0.0.1:${port}` }
})

/** Measures one case. */
export const run = Effect.fnUntraced(function* (staged: Staged, server: PostgresServer) {
  const { environment, known, surroundings } =
    staged.backend === "embedded" ? yield* onEmbedded(staged) : yield* onRedis(staged, server)
  const { world: _, knowsFirst: __, ...task } = staged
  return { known, ...(yield* measure(environment, { ...task, surroundings })) }
}, Effect.scoped)
