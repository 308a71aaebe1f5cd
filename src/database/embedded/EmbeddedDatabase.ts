/** The Database on PGlite: the same migrations and functions as Supabase, after the little that Supabase brings along. */
import { Effect, FileSystem, Layer, Path } from "effect"
import { packageFile } from "../../packageFile.ts"
import { Database, DatabaseError } from "../Database.ts"
import { EmbeddedPostgres } from "./EmbeddedPostgres.ts"

/** What a Supabase project has before any migration runs: its roles, and auth.uid(), the user a request comes from. */
const supabasePrelude = `
  create schema touchline_migrations;
  create table touchline_migrations.applied (name text primary key, applied_at timestamptz not null default now());
  create role anon nologin;
  create role authenticated nologin;
  create role service_role nologin bypassrls;
  create schema auth;
  create function auth.uid() returns uuid language sql stable as
    $$ select nullif(current_setting('request.jwt.claims', true)::jsonb ->> 'sub', '')::uuid $$;
  grant usage on schema auth to anon, authenticated, service_role;
`

const migrationsUrl = packageFile("supabase/migrations/")

/** The SQL of every migration in the order in which they apply. Also what an operator runs against Supabase. */
export const migrations = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const directory = yield* paths.fromFileUrl(migrationsUrl)
  const names = (yield* fs.readDirectory(directory)).filter((name) => name.endsWith(".sql")).sort()
  return yield* Effect.forEach(names, (name) =>
    Effect.map(fs.readFileString(paths.join(directory, name)), (sql) => ({ name, sql }))
  )
}).pipe(
  Effect.mapError(
    (cause) =>
      new DatabaseError({
        operation: "migrate",
        reason: "refused",
        message: `the migrations cannot be read: ${cause.message}. Install Touchline again.`,
        cause
      })
  )
)

/**
 * The codes of class 53, 57 and 08 are PostgreSQL's own troubles, and no connection is that of OutOfService; any other is
 * an answer (PostgreSQL manual, appendix A).
 */
const isTransient = (code: string): boolean => /^(08|53|57|40|ECONNREFUSED)/.test(code)

/** Functions that write nothing of triggers, alerts, results and strategies: what a scan calls whatever it finds. */
const besides = new Set(["save_moments", "save_play_moments", "keep_feed_notes", "hold_lease", "note_match_waits"])

/** The layer of Database on EmbeddedPostgres. Applies the migrations that the database does not have yet. */
export const layerEmbedded = Layer.effect(
  Database,
  Effect.gen(function* () {
    const { client, migrate, place } = yield* EmbeddedPostgres
    const all = yield* migrations
    yield* migrate("tables and functions", async (tx) => {
      const [ledger] = (
        await tx.query<{ found: string | null }>("select to_regclass('touchline_migrations.applied') found")
      ).rows
      if (ledger?.found === null) await tx.exec(supabasePrelude)
      const applied = await tx.query<{ name: string }>("select name from touchline_migrations.applied")
      const known = new Set(applied.rows.map(({ name }) => name))
      for (const { name, sql } of all.filter((each) => !known.has(each.name))) {
        await tx.exec(sql)
        await tx.query("insert into touchline_migrations.applied (name) values ($1)", [name])
      }
    })

    const readers = yield* Effect.promise(() =>
      client.query<{ name: string }>(
        "select proname as name from pg_proc where pronamespace = 'public'::regnamespace and provolatile <> 'v'"
      )
    )
    const harmless = new Set([...readers.rows.map(({ name }) => name), ...besides])
    let changes = 0

    const call = Effect.fn("Database.call")(function* (operation: string, args: { readonly [name: string]: unknown }) {
      const names = Object.keys(args)
      const placeholders = names.map((name, index) => `"${name}" => $${index + 1}`).join(", ")
      if (!harmless.has(operation)) changes += 1
      const result = yield* Effect.tryPromise({
        try: () =>
          client.query<{ row: unknown }>(
            `select row from public."${operation}"(${placeholders}) row`,
            names.map((name) => args[name])
          ),
        catch: (cause) => {
          const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
          return new DatabaseError({
            operation,
            reason: isTransient(code) ? "unavailable" : "refused",
            message: `${operation} failed: ${cause instanceof Error ? cause.message : String(cause)}${/^\w{5}$/.test(code) ? ` (SQLSTATE ${code})` : ""}`,
            code,
            cause
          })
        }
      })
      // Whoever looks while it is under way has not seen what it did.
      if (!harmless.has(operation)) changes += 1
      return result.rows.map(({ row }) => row)
    })

    return Database.of({
      name: place === "memory" ? "embedded PostgreSQL in memory" : `embedded PostgreSQL in ${place}`,
      call,
      changes: () => changes
    })
  })
)
