/**
 * What the process that holds a data directory does for others: it runs their statements. They reach it through a socket
 * in that directory, which only its user may open.
 */
import { Schema } from "effect"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as RpcSerialization from "effect/rpc/RpcSerialization"

/** A statement failed. `code` is PostgreSQL's. */
export class StatementError extends Schema.TaggedError<StatementError>()("StatementError", {
  message: Schema.String,
  code: Schema.String
}) {}

/** Runs one statement. Its parameters and rows are whatever JSON holds: those who call it know their own. */
export class RunStatement extends Rpc.make("query", {
  payload: { text: Schema.String, parameters: Schema.fromJsonString(Schema.Array(Schema.Any)) },
  success: Schema.Struct({ rows: Schema.fromJsonString(Schema.Array(Schema.Any)), affectedRows: Schema.Int }),
  error: StatementError
}) {}

export const PostgresRpcs = RpcGroup.make(RunStatement)

/** The largest statement or answer, in bytes. */
const largest = 64 * 1024 * 1024

/** Lines of JSON, none of them larger than `largest`. */
export const lines = RpcSerialization.makeNdjson({ maxBufferSize: largest })
