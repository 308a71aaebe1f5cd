/** The token of the server: the one of the settings or, where others than the machine itself can ask, one that is made. */
import { randomBytes } from "node:crypto"
import { Effect, FileSystem, Option, Path, type PlatformError, Redacted, Schema } from "effect"
import { type HttpConfig, isLoopback } from "./settings.ts"

/** The server cannot be had. The message says why and what to do. */
export class HttpError extends Schema.TaggedError<HttpError>()("HttpError", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** The file of a token that was made, in DATA_DIR. */
const tokenFile = "http-token"

/** The token in force. None: requests from elsewhere are refused. */
export interface HttpToken {
  readonly token: Option.Option<Redacted.Redacted>
  /** The file that holds one that was made. */
  readonly place?: string
}

/**
 * The token in force. One that is made is kept in a file of `dataDir` that only its owner may read, and is the same at the next start.
 * Fails with HttpError when that file cannot be written or read.
 */
export const httpToken = Effect.fnUntraced(function* (
  { host, token }: HttpConfig,
  dataDir: string
): Effect.fn.Return<HttpToken, HttpError, FileSystem.FileSystem | Path.Path> {
  if (Option.isSome(token) || isLoopback(host)) return { token }
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const place = path.resolve(dataDir, tokenFile)
  const failed = (cause: PlatformError.PlatformError) =>
    new HttpError({ message: `${place} cannot be used: ${cause.message}. Set HTTP_TOKEN, or HOST=127.0.0.1.`, cause })
  const kept = yield* fs.makeDirectory(dataDir, { recursive: true }).pipe(
    Effect.andThen(
      fs.writeFileString(place, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600 }).pipe(
        // It is the one of the last start, or of another process.
        Effect.catchIf(
          ({ reason }) => reason._tag === "AlreadyExists",
          () => Effect.void
        )
      )
    ),
    Effect.andThen(fs.readFileString(place)),
    Effect.mapError(failed)
  )
  if (kept.trim() === "") {
    return yield* new HttpError({ message: `${place} is empty. Remove it: a new token is made at the next start.` })
  }
  return { token: Option.some(Redacted.make(kept.trim())), place }
})
