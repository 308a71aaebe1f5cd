/**
 * Who is answered. A request from the machine itself is, as long as nothing says that it comes from further away: another
 * peer, a forwarding header, or a Host that is not this machine's (as when a page of elsewhere has its name point here).
 * Any other must bring the token: as bearer, or as the cookie that the form of the page gives for it.
 *
 * What changes something is answered only where no page of another origin can have sent it.
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import { Clock, Effect, Option, Redacted } from "effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import { isLoopback } from "./settings.ts"

/** What is asked of a request: its headers, cookies and peer. */
export type Asked = Pick<HttpServerRequest, "cookies" | "headers" | "method" | "peerAddress">

/** The name of the cookie. */
export const cookieName = "touchline"

/** How long a cookie is good for, in seconds. */
export const cookieAge = 30 * 24 * 3600

/** Headers that proxies and what stands before them add, by the names that they are known by. */
const forwarding = /^(forwarded|via|x-real-ip|.*client-ip|cf-.+|x-(forwarded|original|envoy|amzn|azure)(-.+)?)$/

/** A Host header without its port. */
const hostName = (host: string): string => host.replace(/:\d*$/, "")

/** Whether a request can only come from this machine. */
export const isFromHere = ({ headers, peerAddress }: Asked): boolean =>
  isLoopback(Option.getOrElse(peerAddress, () => "")) &&
  isLoopback(hostName(headers.host ?? "")) &&
  !Object.keys(headers).some((name) => forwarding.test(name))

const digest = (key: string, text: string) => createHmac("sha256", key).update(text).digest()

/** Compares in a time that tells nothing of what the token is. */
export const isToken = (token: Redacted.Redacted, given: string): boolean =>
  timingSafeEqual(digest("token", Redacted.value(token)), digest("token", given))

const signature = (token: Redacted.Redacted, until: number): string =>
  digest(Redacted.value(token), `cookie ${until}`).toString("base64url")

/** The value of a cookie that stands for the token. A new token ends all cookies. */
export const cookieFor = (token: Redacted.Redacted) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const until = Math.floor(now / 1000) + cookieAge
    return `${until}.${signature(token, until)}`
  })

const isCookie = (token: Redacted.Redacted, cookie: string, now: number): boolean => {
  const until = Number(/^(\d{1,12})\./.exec(cookie)?.[1] ?? 0)
  return until * 1000 > now && isToken(Redacted.make(`${until}.${signature(token, until)}`), cookie)
}

/** Whether a request brings the token. */
export const hasToken = (request: Asked, token: Redacted.Redacted) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const [, bearer] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? []
    if (bearer !== undefined) return isToken(token, bearer)
    return isCookie(token, request.cookies[cookieName] ?? "", now)
  })

/**
 * Whether a request that changes something is one of our own pages', or of no page at all. Browsers say where it comes
 * from; what is no browser says nothing, and has no cookie of ours.
 */
export const isOwn = ({ headers, method }: Asked): boolean => {
  if (method === "GET" || method === "HEAD") return true
  const { host, origin, "sec-fetch-site": site } = headers
  if (site !== undefined && site !== "same-origin" && site !== "none") return false
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}
