import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { Headers } from "effect/http"
import { TestClock } from "effect/testing"
import { type Asked, cookieAge, cookieFor, cookieName, hasToken, isFromHere, isOwn } from "../../src/http/access.ts"

const token = Redacted.make("a token of the settings")

const request = ({
  cookie,
  from = "127.0.0.1",
  method = "GET",
  ...headers
}: { readonly cookie?: string; readonly from?: string; readonly method?: string } & Readonly<
  Record<string, string>
> = {}): Asked => ({
  method,
  headers: Headers.fromInput({ host: "localhost:3000", ...headers }),
  peerAddress: Option.some(from),
  cookies: cookie === undefined ? {} : { [cookieName]: cookie }
})

describe("A request", () => {
  it.each([
    [{}, true],
    [{ from: "::1", host: "[::1]:3000" }, true],
    [{ from: "::ffff:127.0.0.1", host: "127.0.0.1" }, true],
    [{ from: "127.9.9.9", host: "127.0.0.1:1" }, true],
    [{ from: "192.168.0.7" }, false],
    [{ from: "172.17.0.1", host: "127.0.0.1:3000" }, false],
    [{ host: "evil.example:3000" }, false],
    [{ host: "localhost.evil.example" }, false],
    [{ host: "127.0.0.1.evil.example" }, false],
    [{ host: "" }, false],
    [{ "x-forwarded-for": "10.0.0.1" }, false],
    [{ "x-forwarded-proto": "https" }, false],
    [{ forwarded: "for=10.0.0.1" }, false],
    [{ "x-real-ip": "127.0.0.1" }, false],
    [{ via: "1.1 proxy" }, false],
    [{ "cf-connecting-ip": "10.0.0.1" }, false],
    [{ "true-client-ip": "10.0.0.1" }, false],
    [{ "fly-client-ip": "10.0.0.1" }, false],
    [{ "x-cluster-client-ip": "10.0.0.1" }, false],
    [{ "x-original-forwarded-for": "10.0.0.1" }, false],
    [{ "x-original-url": "/" }, false],
    [{ "x-envoy-external-address": "10.0.0.1" }, false],
    [{ "x-amzn-trace-id": "Root=1" }, false],
    [{ "x-requested-with": "fetch" }, true]
  ] as const)("%o is from this machine: %s", (given, expected) => {
    assert.strictEqual(isFromHere(request(given)), expected)
  })

  it.effect("brings the token as bearer, and no other text", () =>
    Effect.gen(function* () {
      const has = (authorization: string) => hasToken(request({ authorization }), token)
      assert.isTrue(yield* has("Bearer a token of the settings"))
      for (const other of [
        "Bearer a token of the setting",
        "Bearer a token of the settings ",
        "Basic eDp5",
        "Bearer "
      ]) {
        assert.isFalse(yield* has(other), other)
      }
    })
  )

  it.effect("brings it as a cookie, until that is too old or the token another", () =>
    Effect.gen(function* () {
      const cookie = yield* cookieFor(token)
      assert.notInclude(cookie, Redacted.value(token))
      assert.isTrue(yield* hasToken(request({ cookie }), token))
      assert.isFalse(yield* hasToken(request({ cookie }), Redacted.make("another token of them")))
      const [until = "", signature = ""] = cookie.split(".")
      assert.isFalse(yield* hasToken(request({ cookie: `${Number(until) + 1}.${signature}` }), token))
      yield* TestClock.adjust(`${cookieAge} seconds`)
      assert.isFalse(yield* hasToken(request({ cookie }), token))
    })
  )

  it.each([
    [{ method: "POST" }, true],
    [{ method: "POST", origin: "http://localhost:3000", "sec-fetch-site": "same-origin" }, true],
    [{ method: "POST", origin: "http://evil.example" }, false],
    [{ method: "POST", origin: "http://localhost:8080" }, false],
    [{ method: "POST", origin: "null" }, false],
    [{ method: "DELETE", "sec-fetch-site": "cross-site" }, false],
    [{ method: "POST", "sec-fetch-site": "same-site" }, false],
    [{ method: "GET", origin: "http://evil.example", "sec-fetch-site": "cross-site" }, true]
  ] as const)("%o may change something: %s", (given, expected) => {
    assert.strictEqual(isOwn(request(given)), expected)
  })
})
