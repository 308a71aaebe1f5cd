// Line breaks, control characters and embedded changes of direction would let a text from outside pass for something else.
const invisible = /[\s\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/** Marks beyond the first eight of a letter: no script has more, and very many cover the lines above and below. */
const piled = /(?<=\p{M}{8})\p{M}+/gu

/** What leaves a mark where it is shown: not all characters do. */
const mark = /[^\p{Default_Ignorable_Code_Point}\s]/u

/**
 * Text from outside as one line of at most `limit` code points, of well-formed Unicode, without control characters and piles of marks. Never
 * empty, nor of nothing that is seen.
 */
export const oneLine = (text: string, limit: number): string => {
  // No more of a long text is looked at than could be shown.
  const characters = [
    ...text
      .slice(0, 4 * limit)
      .toWellFormed()
      .replace(invisible, " ")
      .replace(piled, "")
      .trim()
  ]
  if (!characters.slice(0, limit).some((each) => mark.test(each))) return "?"
  return characters.length <= limit ? characters.join("") : `${characters.slice(0, limit - 1).join("")}…`
}
