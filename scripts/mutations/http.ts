import { changes } from "./changes.ts"

/** What keeps pages safe and up to date, and tells how the service does. */
export const http = [
  ...changes(
    "src/http/html.ts",
    ["http/html"],
    [
      [
        "a text stands in HTML as it is",
        `typeof content === "string" ? escaped(content) : String(content)`,
        "String(content)"
      ]
    ]
  ),
  ...changes(
    "src/http/access.ts",
    ["http/access"],
    [
      ["any Host is this machine's", '  isLoopback(hostName(headers.host ?? "")) &&\n', ""],
      ["a forwarded request is from here", "!Object.keys(headers).some((name) => forwarding.test(name))", "true"],
      [
        "any text is the token",
        'timingSafeEqual(digest("token", Redacted.value(token)), digest("token", given))',
        'digest("token", Redacted.value(token)).length === digest("token", given).length'
      ],
      ["a cookie is good for ever", "return until * 1000 > now && isToken", "return isToken"],
      [
        "pages of other origins may change something",
        'if (method === "GET" || method === "HEAD") return true',
        "if (method !== undefined) return true"
      ]
    ]
  ),
  ...changes(
    "src/http/guard.ts",
    ["http/Server"],
    [
      [
        "a request may bring any amount",
        "Effect.provideService(HttpIncomingMessage.MaxBodySize, bodyLimit)",
        "Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.mebibytes(64))"
      ],
      [
        "whoever has no token sees all files",
        '[signInPath, "/static/style.css"].includes(url.split("?")[0] ?? "")',
        'url.startsWith(signInPath) || url.startsWith("/static/")'
      ],
      ["errors have no headers", "}).pipe(withHeaders,", "}).pipe("]
    ]
  ),
  ...changes(
    "src/http/address.ts",
    ["http/Server", "http/dashboard/pages.slow"],
    [
      [
        "who signs in is sent elsewhere",
        'return read?.origin === here && !read.pathname.startsWith("//") ? read : undefined',
        "return read"
      ]
    ]
  ),
  ...changes(
    "src/http/probes.ts",
    ["http/probes"],
    [
      ["a process that has stalled is well", "{ status: reason === undefined ? 200 : 503 }", "{ status: 200 }"],
      [
        "a process that stops is ready",
        'standing.status === "ok" || standing.status === "degraded"',
        'standing.status !== "down"'
      ]
    ]
  ),
  ...changes(
    "src/http/layerHttp.ts",
    ["http/start.slow"],
    [
      ["it is not said who has the port", "(yield* portHolder(config)).text", '"another process"'],
      ["a port that must be had need not be", "if (!config.isRequired) return", "if (config !== undefined) return"]
    ]
  ),
  ...changes(
    "src/http/dashboard/Pages.ts",
    ["http/dashboard/pages.slow"],
    [["no page says what is broken", "troubles: troublesOf(yield* known)", "troubles: []"]]
  ),
  ...changes(
    "src/http/dashboard/packed.ts",
    ["http/dashboard/packed"],
    [["chunks are said to be shorter", "bytes.length.toString(16)", "bytes.length.toString(10)"]]
  ),
  ...changes(
    "src/http/dashboard/Watchers.ts",
    ["http/dashboard/watchers"],
    [
      ["pages take what they like", "if (!isAwaited && !allowance.isLeft()) break", ""],
      ["a page of the database never follows", "mark === undefined || made !== mark || now - at >= keptFor", "false"],
      ["a page of the database is made with every scan", "!isKept || isMoving ||", "true ||"],
      ["what is broken waits for a scan", "if (untold.length > 0)\n", "if (trouble === undefined)\n"],
      ["the page that had its turn longest ago has to wait", "each.turn = ++turns", "each.turn = --turns"]
    ]
  )
]
