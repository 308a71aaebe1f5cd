/** What bull-board hands to a server: its routes, its page and its files, found again by the path of a request. */
import type {
  BullBoardQueues,
  ControllerHandlerReturnType,
  IServerAdapter,
  UIConfig
} from "@bull-board/api/dist/types.js"

type ApiRoute = Parameters<IServerAdapter["setApiRoutes"]>[0][number]
type EntryRoute = Parameters<IServerAdapter["setEntryRoute"]>[0]

/** A route of the board that a request is for, and what its path says. */
export interface Found {
  readonly route: ApiRoute
  /** The pattern that the path has, such as `/api/queues/:queueName/pause`. */
  readonly pattern: string
  readonly params: Readonly<Record<string, string>>
}

const listed = (one: string | ReadonlyArray<string>): ReadonlyArray<string> => (typeof one === "string" ? [one] : one)

/** The parameters of a path that has a pattern such as `/api/queues/:queueName`. */
const matched = (pattern: string, path: string): Readonly<Record<string, string>> | undefined => {
  const [wanted, given] = [pattern.split("/"), path.split("/")]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ""
    if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(value)
    else if (part !== value) return undefined
  }
  return params
}

/** Keeps what bull-board sets. */
export class BoardAdapter implements IServerAdapter {
  queues: BullBoardQueues = new Map()
  uiConfig: UIConfig = {}
  viewsPath = ""
  staticPath = ""
  onError: (error: Error) => ControllerHandlerReturnType = ({ message }) => ({ status: 500, body: { error: message } })
  #entry: EntryRoute | undefined
  #routes: ReadonlyArray<ApiRoute> = []

  setQueues(queues: BullBoardQueues): this {
    this.queues = queues
    return this
  }

  setViewsPath(path: string): this {
    this.viewsPath = path
    return this
  }

  setStaticPath(_route: string, path: string): this {
    this.staticPath = path
    return this
  }

  setEntryRoute(route: EntryRoute): this {
    this.#entry = route
    return this
  }

  setErrorHandler(handler: (error: Error) => ControllerHandlerReturnType): this {
    this.onError = handler
    return this
  }

  setApiRoutes(routes: ReadonlyArray<ApiRoute>): this {
    this.#routes = routes
    return this
  }

  setUIConfig(config: UIConfig): this {
    this.uiConfig = config
    return this
  }

  /** The route for a method and a path. */
  find(method: string, path: string): Found | undefined {
    for (const route of this.#routes) {
      if (!listed(route.method).some((each) => each === method.toLowerCase())) continue
      for (const pattern of listed(route.route)) {
        const params = matched(pattern, path)
        if (params !== undefined) return { route, pattern, params }
      }
    }
    return undefined
  }

  /** The name of the page's file and what is put into it. */
  view(basePath: string) {
    return this.#entry?.handler({ basePath, uiConfig: this.uiConfig })
  }
}
