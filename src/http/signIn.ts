/** The form in which a person gives the token, for a cookie. */
import { Effect, Option, type Redacted, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { cookieAge, cookieFor, cookieName, isToken } from "./access.ts"
import { addressOf } from "./address.ts"
import { isTooMuch, signInPath, tooMuch } from "./guard.ts"
import { html } from "./html.ts"

/** A path of ours to go on to, whatever was asked for: as a browser reads it, which leaves out tabs and line ends. */
const ownPath = (next = "/"): string => {
  const read = addressOf(next)
  return read === undefined ? "/" : `${read.pathname}${read.search}`
}

const page = (next: string, fault?: string) => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in – Touchline</title>
<link rel="stylesheet" href="/static/style.css">
</head>
<body>
<main class="sign-in">
<form method="post" action="${signInPath}" class="card">
<h1 class="brand">Touchline</h1>
${fault !== undefined && html`<p class="reason" role="alert">${fault}</p>`}
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" aria-describedby="where" required autofocus>
<p id="where" class="quiet">It is <code>HTTP_TOKEN</code> of the service. Where that is not set, the service has made one, and tells at its start where it is.</p>
<input type="hidden" name="next" value="${next}">
<button class="main">Sign in</button>
</form>
</main>
</body>
</html>
`

const shown = (status: number, next: string, fault?: string) =>
  HttpServerResponse.text(page(next, fault).text, { status, contentType: "text/html; charset=utf-8" })

const Given = Schema.Struct({ token: Schema.String, next: Schema.optionalKey(Schema.String) })

/** The cookie goes to no other site, no script, and by TLS only where the request came so. */
const cookieOptions = ({ headers }: HttpServerRequest.HttpServerRequest) =>
  ({
    httpOnly: true,
    maxAge: `${cookieAge} seconds`,
    path: "/",
    sameSite: "lax",
    secure: headers["x-forwarded-proto"] === "https"
  }) as const

/** The routes of the form. */
export const signIn = (token: Option.Option<Redacted.Redacted>) => [
  HttpRouter.add(
    "GET",
    signInPath,
    Effect.gen(function* () {
      const { next } = yield* HttpServerRequest.schemaSearchParams(
        Schema.Struct({ next: Schema.optionalKey(Schema.String) })
      )
      return shown(200, ownPath(next))
    }).pipe(Effect.catchTag("SchemaError", () => Effect.succeed(shown(200, "/"))))
  ),
  HttpRouter.add(
    "POST",
    signInPath,
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const given = yield* HttpServerRequest.schemaBodyUrlParams(Given)
      const next = ownPath(given.next)
      if (Option.isNone(token)) return HttpServerResponse.redirect(next, { status: 303 })
      if (!isToken(token.value, given.token.trim())) return shown(401, next, "This is not the token.")
      return yield* HttpServerResponse.setCookie(
        HttpServerResponse.redirect(next, { status: 303 }),
        cookieName,
        yield* cookieFor(token.value),
        cookieOptions(request)
      )
    }).pipe(
      Effect.catchTags({
        SchemaError: () => Effect.succeed(shown(400, "/", "Fill in the form.")),
        HttpServerError: (error) =>
          Effect.succeed(
            isTooMuch(error) ? shown(413, "/", `${tooMuch} A token is shorter.`) : shown(400, "/", "Fill in the form.")
          )
      })
    )
  )
]
