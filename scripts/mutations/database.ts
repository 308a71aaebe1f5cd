import { changes } from "./changes.ts"

export const database = [
  ...changes(
    "src/database/embedded/DataDirLock.ts",
    ["database/embedded/DataDirLock"],
    [
      [
        "a directory is given away while it is held",
        "if (Option.isSome(holder) && (yield* isHeldByEarlierVersion(holder.value))) return",
        "if (false) return"
      ],
      [
        "a pid that is used again holds the directory",
        "return started === undefined || now === undefined || started === now",
        "return true"
      ],
      [
        "the lock is left behind",
        "() => fs.remove(path, { force: true }).pipe(Effect.ignore)\n  )",
        "() => Effect.void\n  )"
      ]
    ]
  ),
  ...changes(
    "src/database/embedded/EmbeddedDatabase.ts",
    ["database/embedded/EmbeddedDatabase", "database/embedded/SharedDataDir.slow"],
    [
      ["migrations are applied twice", "all.filter((each) => !known.has(each.name))", "all"],
      [
        "what is applied is not noted",
        'await tx.query("insert into touchline_migrations.applied (name) values ($1)", [name])',
        ""
      ],
      [
        "a refusal counts as an outage",
        'reason: isTransient(code) ? "unavailable" : "refused"',
        'reason: "unavailable"'
      ]
    ]
  ),
  ...changes(
    "src/database/embedded/EmbeddedPostgres.ts",
    ["database/embedded/EmbeddedDatabase", "database/embedded/SharedDataDir.slow"],
    [["a directory is not locked", "yield* lockDataDir(dataDir)\n", ""]]
  ),
  ...changes(
    "src/database/supabase/SupabaseDatabase.ts",
    ["database/supabase/SupabaseFaults", "database/supabase/SupabaseDatabase"],
    [
      ["a busy project is not asked again", "status === 429 || ", ""],
      ["a project that breaks is not asked again", "status >= 500", "status > 500"],
      ["a project that hangs up is not asked again", "status === 0 || ", ""],
      ["a refusal is asked again", 'while: ({ reason }) => reason === "unavailable"', "while: () => true"],
      ["the key is repeated", 'message.replaceAll(Redacted.value(settings.serviceRoleKey), "<redacted>")', "message"],
      ["a wrong key does not stop the start", 'yield* call("count_alerts", {})\n', ""],
      [
        "a page for an answer is no rows",
        "if (Option.isSome(rows)) return rows.value",
        "return Option.getOrElse(rows, () => [])"
      ]
    ]
  ),
  ...changes(
    "src/history/MatchHistory.ts",
    ["history/MatchHistory", "history/plays.slow"],
    [
      ["a match without a kick-off has a past", "isPlayed(clock)", "true"],
      ["what the database has of a minute is newer", " && each.play > (unsaved.get(momentKey(each))?.play ?? -1)", ""],
      ["a few moments pass for the whole past", "asked.has(match_id) || pasts.isLoaded(match_id)", "true"],
      [
        "processes that share the matches do not ask again",
        "read(first, isShared ? askedAt : null)",
        "read(first, null)"
      ],
      ["a process with the matches to itself asks again", "if (fresh.length === 0 && !isShared) return", ""],
      [
        "what is not saved is lost at the end",
        "unsaved.size + unsavedDoubts.size === 0 ? Effect.void : Effect.timeoutOption(save, flushWithin)",
        "Effect.void"
      ],
      ["what came while it was saved is lost", "if (unsaved.get(momentKey(each)) === each) unsaved", "unsaved"],
      [
        "a database that is away is asked twice a tick",
        "if (isLoaded) yield* Effect.forkIn(save, scope)",
        "yield* Effect.forkIn(save, scope)"
      ],
      ["nothing is saved", "for (const each of fresh) unsaved.set(momentKey(each), each)\n", ""],
      ["doubts are kept to oneself", "for (const each of doubts) unsavedDoubts.set(each.match_id, each)\n", ""],
      ["the end of an outage is not told", "yield* outage.over\n", ""]
    ]
  ),
  ...changes(
    "src/history/pasts.ts",
    ["history/MatchHistory"],
    [
      ["no match is forgotten", "if (!kept.has(id)) matches.delete(id)", ""],
      ["what is not saved is forgotten", "if (!kept.has(id)) matches.delete(id)", "matches.delete(id)"]
    ]
  ),
  ...changes(
    "src/domain/Course.ts",
    ["domain/Course", "history/MatchHistory", "history/plays.slow"],
    [
      ["every moment is new", "isKnown(past, moment) ? past : remember(past, moment)", "remember(past, moment)"],
      [
        "what is corrected within a minute is not new",
        "return same !== undefined && areSame(same.figures, moment.figures)",
        "return same !== undefined"
      ],
      ["a former play comes back", "if (play < course.play) return course\n", ""],
      ["what was known is another poll", "isKnown(current.past, moment) ? current : goOn", "goOn"]
    ]
  )
]
