import { type DateTime, Schema, SchemaGetter } from "effect"

/** Without NUL or half a surrogate pair, which no database takes. */
export const isText = Schema.makeFilter(
  (text: string) => (text.isWellFormed() && !text.includes("\0")) || "holds characters that are no text"
)

/** Text from outside that a database can keep: not empty, and made of characters. */
export const Text = Schema.NonEmptyString.pipe(Schema.check(isText))

/** Text from outside that may come as a number: ids of feeds and databases, which become text and so lose no digits. */
export const TextOrNumber = Schema.Union([Text, Schema.Int]).pipe(
  Schema.decodeTo(Schema.NonEmptyString, { decode: SchemaGetter.String(), encode: SchemaGetter.passthrough() })
)

/** The greatest number of characters of an id, which is a part of keys, and of a name. */
export const longest = { id: 200, name: 500 } as const

const Name = Text.pipe(Schema.check(Schema.isMaxLength(longest.name)))

/** An id that a feed gives. */
const FeedId = TextOrNumber.pipe(Schema.check(Schema.isMaxLength(longest.id)))

/** The feed's id of a match. */
export const MatchId = FeedId.pipe(Schema.brand("MatchId"))
export type MatchId = typeof MatchId.Type

/** One of the two teams. */
export const Team = Schema.Struct({ name: Name })
export interface Team extends Schema.Schema.Type<typeof Team> {}

/** The league or cup that a match belongs to. Strategies name it by `id`. */
export const Competition = Schema.Struct({ id: FeedId, name: Name })
export interface Competition extends Schema.Schema.Type<typeof Competition> {}

/** Whether a database can keep this time: the years 1 to 9999. */
export const isStorable = ({ epochMilliseconds }: DateTime.DateTime): boolean =>
  epochMilliseconds >= -62_135_596_800_000 && epochMilliseconds < 253_402_300_800_000

const KickOff = Schema.DateTimeUtcFromString.pipe(
  Schema.check(Schema.makeFilter((time) => isStorable(time) || "is not within the years 1 to 9999"))
)

/** What is known of a match before it starts. `kickOff` is an ISO 8601 time in its encoded form. */
export const Match = Schema.Struct({
  id: MatchId,
  competition: Competition,
  home: Team,
  away: Team,
  kickOff: KickOff
})
export interface Match extends Schema.Schema.Type<typeof Match> {}

/** One of the two sides of a match. */
export type Side = "home" | "away"

/** A value for each side. */
export const Sides = Schema.Struct({ home: Schema.Finite, away: Schema.Finite })
export interface Sides extends Schema.Schema.Type<typeof Sides> {}

/** `Brazil v Belgium`. */
export const matchLabel = (match: { readonly home: Team; readonly away: Team }): string =>
  `${match.home.name} v ${match.away.name}`
