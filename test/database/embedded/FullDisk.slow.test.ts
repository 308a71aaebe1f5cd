import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { openPostgres, type PostgresClient } from "../../../src/database/embedded/PostgresClient.ts"
import { eventually, turn } from "../../fixtures/eventually.ts"
import { Logs } from "../../fixtures/logs.ts"

const roomy = "128m"

/** A small disk, which only root can make. */
const mount = (directory: string) =>
  spawnSync("mount", ["-t", "tmpfs", "-o", `size=${roomy}`, "tmpfs", directory]).status === 0
const unmount = (directory: string) => spawnSync("umount", ["--lazy", directory])

const canMount = (() => {
  const directory = mkdtempSync(join(tmpdir(), "touchline-disk-"))
  const mounted = mount(directory)
  if (mounted) unmount(directory)
  rmSync(directory, { recursive: true })
  return mounted
})()

/** A disk of the test, what makes it full, and what makes room on it again. */
const smallDisk = Effect.gen(function* () {
  const path = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const directory = mkdtempSync(join(tmpdir(), "touchline-disk-"))
      mount(directory)
      return directory
    }),
    (directory) =>
      Effect.sync(() => {
        unmount(directory)
        rmSync(directory, { recursive: true })
      })
  )
  const resize = (size: number | string) => spawnSync("mount", ["-o", `remount,size=${size}`, path])
  return {
    data: join(path, "postgres"),
    fill: () => {
      const { bfree, blocks, bsize } = statfsSync(path)
      resize((blocks - bfree) * bsize)
    },
    makeRoom: () => resize(roomy)
  }
})

/** Makes calls, one after the other, until one fails: with what, and after how many. */
const untilOneFails = async (call: () => Promise<unknown>) => {
  for (let count = 0; ; count += 1) {
    try {
      await call()
    } catch (error) {
      return { error, count }
    }
  }
}

/** What each kind of outage does to the database, and how to bring it about. */
const outages = [
  {
    what: "tables cannot grow",
    call: (client: PostgresClient) =>
      client.query("insert into kept (text) select repeat('x', 1000) from generate_series(1, 100)")
  },
  {
    // PostgreSQL breaks of it.
    what: "its log cannot grow",
    call: (client: PostgresClient) =>
      client.query("select pg_logical_emit_message(false, 'test', repeat('x', 1000000))")
  }
]

layer(Layer.provideMerge(NodeServices.layer, Logs.layer))("The embedded database on a full disk", (it) => {
  for (const { call, what } of outages)
    it.effect.runIf(canMount)(
      `when ${what}, fails its calls at once, says so once, and goes on with everything when there is room`,
      () =>
        Effect.gen(function* () {
          const { data, fill, makeRoom } = yield* smallDisk
          const logs = yield* Logs
          const before = (yield* logs.lines()).length
          const newLines = Effect.map(logs.lines(), (lines) => lines.slice(before))
          const scope = yield* Scope.make()
          const client = yield* Scope.provide(openPostgres(data), scope)
          const heard: Array<string> = []
          client.onNotification((_channel, payload) => heard.push(payload))
          yield* Effect.promise(async () => {
            await client.exec("create table kept (text text)")
            await client.exec("insert into kept values ('acknowledged')")
            await client.query("listen news")
            await client.exec("set search_path to elsewhere, public")
          })

          fill()
          const { error } = yield* Effect.promise(() => untilOneFails(() => call(client)))
          expect(error).toMatchObject({ name: "OutOfService", code: "ECONNREFUSED" })
          for (let count = 0; count < 1000; count += 1) {
            expect((yield* Effect.promise(() => untilOneFails(() => client.query("select 1")))).count).toBe(0)
          }
          yield* TestClock.adjust("10 seconds")
          expect((yield* newLines).map(({ level, message }) => `${level} ${message}`)).toEqual([
            "WARN the embedded database is out of service; make room on its disk"
          ])

          makeRoom()
          yield* eventually(Effect.andThen(TestClock.adjust("1 second"), newLines), (lines) => lines.length > 1)
          expect((yield* newLines)[1]).toMatchObject({
            level: "INFO",
            message: "the embedded database is in service again",
            fields: { times: 1001 }
          })
          yield* Effect.promise(async () => {
            expect((await client.query("select text from kept where text = 'acknowledged'")).rows).toHaveLength(1)
            expect((await client.query("show search_path")).rows).toEqual([{ search_path: "elsewhere, public" }])
            await call(client)
            await client.exec("notify news, 'again'")
          })
          yield* eventually(turn, () => heard.length > 0)
          expect(heard).toEqual(["again"])
          expect(yield* Effect.exit(Scope.close(scope, Exit.void))).toEqual(Exit.void)
          expect(yield* newLines).toHaveLength(2)
        }).pipe(Effect.scoped)
    )
})
