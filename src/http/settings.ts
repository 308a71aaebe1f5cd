/** Where the service shows itself over HTTP, and to whom. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { choice, optional, setting, settingsOf, wholeNumber } from "../Config.ts"

/** The server of a service. */
export interface HttpConfig {
  /** Whether the service refuses to start where it cannot have its port. */
  readonly isRequired: boolean
  readonly host: string
  /** 0: one that is free. */
  readonly port: number
  /** What requests from elsewhere than this machine must bring. */
  readonly token: Option.Option<Redacted.Redacted>
  /** Whether the board of the queues may change them. */
  readonly boardWrite: boolean
}

/** A token must not be guessed: nobody is kept from trying. */
const leastToken = 16

const settings = {
  http: setting({
    name: "HTTP",
    takes: "on, off or required",
    default: "on",
    meaning:
      "Whether pages, probes and metrics are served: `on` goes on without them while another process has the port, `required` does not start then.",
    schema: choice(["on", "off", "required"])
  }),
  host: setting({
    name: "HOST",
    takes: "an address of this machine, or 0.0.0.0 for all",
    default: "127.0.0.1",
    meaning: "Where they are served. From elsewhere than the machine itself they are shown to who has HTTP_TOKEN.",
    schema: Schema.NonEmptyString
  }),
  port: setting({
    name: "PORT",
    takes: "a port from 1 to 65535, or 0 for one that is free",
    default: "3000",
    meaning: "The port on which they are served.",
    schema: wholeNumber(0, 65_535)
  }),
  token: optional({
    name: "HTTP_TOKEN",
    takes: `a text of ${leastToken} characters or more`,
    meaning:
      "What requests from elsewhere must bring, as bearer or in the form of the page. With another HOST and no token one is made, into DATA_DIR.",
    isSecret: true,
    schema: Schema.String.pipe(Schema.check(Schema.isMinLength(leastToken)))
  }),
  boardWrite: setting({
    name: "BOARD_WRITE",
    takes: "on or off",
    default: "off",
    meaning:
      "Whether the queues' page, `/board`, may change them: retry, promote and remove jobs, pause and resume queues.",
    schema: choice(["on", "off"])
  })
}

/** The settings of the server: none where HTTP is off. */
export const httpSettings = settingsOf(
  settings,
  Effect.gen(function* () {
    const http = yield* settings.http.read
    const config: HttpConfig = {
      isRequired: http === "required",
      host: yield* settings.host.read,
      port: yield* settings.port.read,
      token: Option.map(yield* settings.token.read, Redacted.make),
      boardWrite: (yield* settings.boardWrite.read) === "on"
    }
    return http === "off" ? Option.none() : Option.some(config)
  })
)

/** Whether an address is one that only the machine itself can reach. */
export const isLoopback = (address: string): boolean =>
  /^(localhost|\[?::1\]?|(::ffff:)?127(\.\d{1,3}){3})$/i.test(address)

/** The address of a server, as a browser takes it. */
export const urlOf = ({ host, port }: Pick<HttpConfig, "host" | "port">): string =>
  `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`
