import { EventEmitter } from "node:events"
import type { PostgresClient } from "../database/embedded/PostgresClient.ts"

/** The answer of a query in node-postgres's shape. */
interface QueryResult<R> {
  readonly rows: Array<R>
  readonly rowCount: number
}

/** A session of the pool. PGlite has only one, which all of them share. */
class PgliteClient extends EventEmitter {
  readonly #pglite: PostgresClient
  readonly #unsubscribe: () => void

  constructor(pglite: PostgresClient) {
    super()
    this.#pglite = pglite
    this.#unsubscribe = pglite.onNotification((channel, payload) => this.emit("notification", { channel, payload }))
  }

  async query<R>(text: string, params?: ReadonlyArray<unknown>): Promise<QueryResult<R>> {
    return query<R>(this.#pglite, text, params)
  }

  release(): void {
    this.#unsubscribe()
  }
}

const query = async <R>(
  pglite: PostgresClient,
  text: string,
  params?: ReadonlyArray<unknown>
): Promise<QueryResult<R>> => {
  const { affectedRows, rows } = await pglite.query<R>(text, params === undefined ? [] : [...params])
  return { rows, rowCount: rows.length > 0 ? rows.length : (affectedRows ?? 0) }
}

/**
 * PGlite in the shape of a node-postgres pool, which is all that BullMQ's PostgreSQL backend asks for. Notifications
 * reach every client. The pool owns nothing: whoever opened PGlite closes it.
 */
export class PglitePool extends EventEmitter {
  readonly #pglite: PostgresClient

  constructor(pglite: PostgresClient) {
    super()
    // Every queue and worker listens for errors here.
    this.setMaxListeners(0)
    this.#pglite = pglite
  }

  async connect(): Promise<PgliteClient> {
    return new PgliteClient(this.#pglite)
  }

  async query<R>(text: string, params?: ReadonlyArray<unknown>): Promise<QueryResult<R>> {
    return query<R>(this.#pglite, text, params)
  }

  async end(): Promise<void> {}
}
