/** A private PostgreSQL of the installed version, on a free port of this machine, with its data in a directory that goes. */
import { execFileSync, spawn } from "node:child_process"
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { setTimeout } from "node:timers/promises"
import { Context, Effect, type FileSystem, Layer, type Path, type Scope } from "effect"
import type { DatabaseError } from "../../src/database/Database.ts"
import type { DataDirError } from "../../src/database/embedded/DataDirLock.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { listening, type ServedDatabase, servePglite, supabaseProject } from "../../test/fixtures/postgrest.ts"
import { type Loader, onPglite } from "./load.ts"

/** Where its programs are, if it is installed: Debian keeps them out of the PATH. */
export const programs = [...globSync("/usr/lib/postgresql/*/bin").sort().reverse(), "/usr/local/bin", "/usr/bin"].find(
  (directory) => existsSync(join(directory, "initdb")) && existsSync(join(directory, "psql"))
)

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
const owner = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const id = (option: string) => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

/**
 * How it is set: with room for its memory, and with nothing that cleans up on its own while something is measured. Every
 * commit is on disk before it is acknowledged, as by default.
 */
const settings = {
  unix_socket_directories: "",
  shared_buffers: "256MB",
  max_wal_size: "4GB",
  maintenance_work_mem: "256MB",
  autovacuum: "off"
}

const freePort = Effect.scoped(Effect.suspend(() => listening(createServer())))

const run = async (program: string, args: ReadonlyArray<string>, input: Iterable<string>): Promise<string> => {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] })
  const output = { out: "", error: "" }
  child.stdout.on("data", (chunk) => {
    output.out += chunk
  })
  child.stderr.on("data", (chunk) => {
    output.error += chunk
  })
  Readable.from(input).pipe(child.stdin)
  // A program that fails reads no further; its exit says why.
  child.stdin.on("error", () => undefined)
  const code = await new Promise((resolve) => child.once("close", resolve))
  if (code !== 0) throw new Error(`${program} failed: ${output.error}`)
  return output.out
}

/** A database, what loads it, and how PostgREST gets there. */
export interface PostgresDatabase {
  readonly loader: Loader
  readonly served: ServedDatabase
  /** The processes that serve its connections: `name|pid` each in a line, where it has any. */
  readonly backends: () => Promise<string>
}

export interface PostgresServer {
  /** What it is, for people. */
  readonly name: string
  /** A new database, as of a Supabase project to which nothing was added but `bench_one`, the least to be called. */
  readonly create: Effect.Effect<
    PostgresDatabase,
    DatabaseError | DataDirError,
    Scope.Scope | FileSystem.FileSystem | Path.Path
  >
}

const project = `
  ${supabaseProject}
  create function public.bench_one() returns integer language sql as 'select 1';
`

/** PGlite, where PostgreSQL is not installed: a new one for each database. */
const pglite: PostgresServer = {
  name: "PGlite",
  create: Effect.gen(function* () {
    const { client } = Context.get(yield* Layer.build(EmbeddedPostgres.layer()), EmbeddedPostgres)
    const loader = onPglite(client)
    yield* Effect.promise(() => loader.exec(project))
    return { loader, served: yield* servePglite(client), backends: () => Promise.resolve("") }
  })
}

/** In a Supabase project PostgREST logs in as a role of its own, with a limit of eight seconds. */
const login = `
  create role authenticator login noinherit;
  grant anon, authenticated, service_role to authenticator;
  alter role authenticator set statement_timeout = '8s';
`

/**
 * Starts the server in a directory of its own, until the scope closes. Answers with what runs `psql` on one of its databases, and
 * with the arguments that such a `psql` has.
 */
export const startServer = Effect.fnUntraced(function* (bin: string) {
  const user = owner()
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "touchline-postgres-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  if (user.uid !== undefined && user.gid !== undefined) chownSync(directory, user.uid, user.gid)
  const data = join(directory, "data")
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"], {
    ...user,
    cwd: directory,
    stdio: ["ignore", "ignore", "inherit"]
  })
  const port = yield* freePort
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(join(bin, "postgres"), ["-D", data, "-p", `${port}`, "-c", "listen_addresses=127.0.0.1", ...options], {
        ...user,
        cwd: directory,
        stdio: "ignore"
      })
    ),
    (server) =>
      Effect.callback<void>((resume) => {
        if (server.exitCode !== null) return resume(Effect.void)
        server.once("exit", () => resume(Effect.void))
        server.kill("SIGINT")
      })
  )
  const arguments_ = ["-h", "127.0.0.1", "-p", `${port}`, "-U", "postgres", "-X", "-q", "-t", "-A"]
  const psql = (database: string, args: ReadonlyArray<string>, input: Iterable<string>) =>
    run(join(bin, "psql"), [...arguments_, "-v", "ON_ERROR_STOP=1", ...args, database], input)
  yield* Effect.promise(async () => {
    for (let looks = 0; ; looks++) {
      try {
        return await psql("postgres", [], ["select 1"])
      } catch (error) {
        if (looks === 100) throw error
        await setTimeout(50)
      }
    }
  })
  return { port, psql, arguments: arguments_ }
})

/** The server, with what each of its databases begins as. */
const start = Effect.fnUntraced(function* (bin: string) {
  const { port, psql } = yield* startServer(bin)
  const [version] = (yield* Effect.promise(() => psql("postgres", [], ["show server_version"]))).split(" ")
  yield* Effect.promise(async () => {
    await psql("postgres", [], ["create database project"])
    await psql("project", [], [project, login])
  })
  let databases = 0
  return {
    name: `PostgreSQL ${version}`,
    create: Effect.promise(async (): Promise<PostgresDatabase> => {
      databases += 1
      const name = `bench_${databases}`
      await psql("postgres", [], [`create database ${name} template project`])
      return {
        loader: {
          exec: (sql) => psql(name, [], [sql]),
          copy: (table, columns, rows, how) =>
            psql(
              name,
              [
                ...(how === "unchecked" ? ["-c", "set session_replication_role = replica"] : []),
                "-c",
                `copy ${table} (${columns.join(", ")}) from stdin`
              ],
              rows
            )
        },
        backends: () =>
          psql(name, [], ["select application_name, pid from pg_stat_activity where datname = current_database()"]),
        served: { url: `postgres://authenticator@127.0.0.1:${port}/${name}`, pool: 10, preparedStatements: true }
      }
    })
  } satisfies PostgresServer
})

/** The installed PostgreSQL, or PGlite where there is none. */
export const startPostgres: Effect.Effect<PostgresServer, never, Scope.Scope> =
  programs === undefined ? Effect.succeed(pglite) : start(programs)
