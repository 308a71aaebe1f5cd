/** All that a chaos run takes: two Redis servers, PostgREST on PostgreSQL, the feed, and processes with wires to each of them. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Schema } from "effect"
import { listening } from "../fixtures/postgrest.ts"
import { makeEvening } from "./Evening.ts"
import type { History } from "./History.ts"
import { makeInstance } from "./Instance.ts"
import { redisPair } from "./RedisPair.ts"

const Place = Schema.Struct({ url: Schema.String, key: Schema.String })
const decodePlace = Schema.decodeUnknownSync(Place)
const decodeAnswer = Schema.decodeUnknownSync(
  Schema.Struct({ rows: Schema.Array(Schema.Unknown), error: Schema.optional(Schema.String) })
)

/** The database in a process of its own, which answers SQL. */
const database = (seed: string, pairs: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const script = fileURLToPath(new URL("database.ts", import.meta.url))
      const child = spawn(process.execPath, [script, seed, `${pairs}`], {
        stdio: ["ignore", "inherit", "inherit", "ipc"]
      })
      const answer = () =>
        new Promise<unknown>((resolve, reject) => {
          const ended = () => reject(new Error("the database ended"))
          child.once("exit", ended)
          child.once("message", (message) => {
            child.off("exit", ended)
            resolve(message)
          })
        })
      const place = decodePlace(await answer())
      let turn: Promise<unknown> = Promise.resolve()
      const query = (sql: string) => {
        const asked = turn.then(async () => {
          const answered = answer()
          child.send(sql)
          const { error, rows } = decodeAnswer(await answered)
          if (error !== undefined) throw new Error(error)
          return rows
        })
        turn = asked.catch(() => undefined)
        return asked
      }
      const end = () =>
        new Promise<void>((resolve) => {
          if (!child.connected) return resolve()
          child.once("exit", () => resolve())
          child.disconnect()
        })
      return { ...place, query, end }
    }),
    ({ end }) => Effect.promise(end)
  )

export interface WorldOptions {
  readonly seed: string
  /** At least so many pairs fire. */
  readonly pairs: number
  readonly processes: number
  readonly history: History
  readonly environment?: { readonly [name: string]: string }
  /** The repository whose source the processes run. */
  readonly root?: string
}

/** Every so many polls a match holds for one poll alone. */
const briefEvery = 3

export const makeWorld = Effect.fnUntraced(function* ({
  environment,
  history,
  pairs,
  processes,
  root = fileURLToPath(new URL("../../", import.meta.url)),
  seed
}: WorldOptions) {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "touchline-chaos-"))),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  const evening = makeEvening(seed, pairs)
  const redis = yield* redisPair
  const { key, query, url } = yield* database(seed, pairs)

  let progress = () => 0
  /** Since when each pair is shown. */
  const shownSince = new Map<string, number>()
  let polls = 0
  const feedPort = yield* listening(
    createServer((request, response) => {
      const process = new URL(request.url ?? "", "http://feed").searchParams.get("process") ?? ""
      polls += 1
      const brief =
        progress() < 1 && polls % briefEvery === 0 && polls / briefEvery < evening.brief
          ? polls / briefEvery
          : undefined
      history.polled({ process, ...(brief === undefined ? {} : { brief }) })
      const at = progress()
      for (const [pair, from] of evening.holdsFrom)
        if (at >= from && !shownSince.has(pair)) shownSince.set(pair, history.now())
      const matches = evening.shown(at, brief)
      response.end(JSON.stringify(matches))
    })
  )
  const instances = yield* Effect.forEach(Array.from({ length: processes }), (_, index) =>
    makeInstance({
      name: `p${index + 1}`,
      index,
      directory,
      history,
      root,
      ports: { redis: redis.port(), database: Number(new URL(url).port) },
      environment: {
        FEED_URL: `http://127.0.0.1:${feedPort}/`,
        SUPABASE_SERVICE_ROLE_KEY: key,
        POLL_INTERVAL: "2000",
        SHARD_SIZE: "40",
        ...environment
      }
    })
  )
  return {
    directory,
    evening,
    redis,
    instances,
    /** Asks the database, behind the back of all. */
    query,
    shownSince,
    /** How far the evening is, from 0 to 1. */
    follow: (next: () => number) => {
      progress = next
    }
  }
})

export type World = Effect.Success<ReturnType<typeof makeWorld>>
