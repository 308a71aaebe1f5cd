import { changes } from "./changes.ts"

const migrations = "supabase/migrations"

/** What keeps strangers from each other. */
export const strangers = [
  ...changes(
    `${migrations}/20261126000007_limits.sql`,
    ["strangers/takeover.slow", "strangers/rows.slow"],
    [
      [
        "rows are changed without end",
        "do update set count = u.count + excluded.count\n  returning u.count into used;",
        "do update set count = u.count\n  returning u.count into used;"
      ],
      ["owners choose ids", "and not (a.attname = 'id' and (a.atthasdef or a.attidentity <> ''))", ""],
      [
        "tables may be emptied",
        "    execute format('revoke truncate on public.%I from public, anon, authenticated, service_role', written.name);",
        "    null;"
      ],
      [
        "a file takes an owner's row",
        "  where s.user_id is null\n  returning jsonb_build_object('id', id)",
        "  returning jsonb_build_object('id', id)"
      ]
    ]
  ),
  ...changes(
    `${migrations}/20261126000019_requests.sql`,
    ["strangers/requests.slow"],
    [
      [
        "chats are changed without end",
        "  perform count_owner_changes((select count(*) from changed));",
        "  perform 1;"
      ]
    ]
  ),
  ...changes(
    `${migrations}/20261126000021_sizes.sql`,
    ["strangers/rows.slow"],
    [["a name may be of any length", "if length(new.name::text) > (most ->> 'name')::integer and", "if false and"]]
  ),
  ...changes(
    `${migrations}/20261126000022_triggers_at_once.sql`,
    ["strangers/takeover.slow"],
    [
      ["an owner fires without end", "  where o.place > most\n", "  where false\n"],
      ["it fires again when it was written again", "c.strategy_text is null or not exists (", "true or not exists ("]
    ]
  ),
  ...changes(
    `${migrations}/20261126000024_strangers.sql`,
    [
      "strangers/takeover.slow",
      "strangers/rows.slow",
      "strangers/requests.slow",
      "strangers/older.slow",
      "strangers/locks.slow"
    ],
    [
      [
        "an owner has strategies without end",
        "    if beyond is not null then\n      raise check_violation using message = format('an owner",
        "    if false then\n      raise check_violation using message = format('an owner"
      ],
      ["a strategy has rules without end", "    if beyond.is_many then", "    if false then"],
      ["a request is ended when all of it was done", "    elsif rows > most then", "    elsif false then"],
      ["what is large cannot be deleted", "  if tg_op = 'DELETE' and pg_trigger_depth() > 1 then", "  if false then"],
      [
        "what cannot be read cannot be deleted",
        "exception when others then\n  return null;\nend $$;\n\n-- As in 20261126000017_records.sql, whatever",
        "end $$;\n\n-- As in 20261126000017_records.sql, whatever"
      ]
    ]
  ),
  ...changes(
    `${migrations}/20261126000024_strangers.sql`,
    ["strangers/locks.slow"],
    [
      [
        "limits are counted side by side",
        "  select pg_advisory_xact_lock(hashtext('touchline ' || of), k.key)\n",
        "  select null::void\n"
      ]
    ]
  ),
  ...changes(
    `${migrations}/20261126000019_requests.sql`,
    ["strangers/locks.slow"],
    [["who links waits for who holds their rows", " set lock_timeout = '1s' as", " as"]]
  ),
  ...changes(
    "src/rules/rows/price.ts",
    ["strangers/rows.slow"],
    [
      [
        "an outcome names values without end",
        "Math.max(terms, ...comparisons.map(termsOf))",
        "Math.max(...comparisons.map(termsOf))"
      ],
      ["an outcome costs nothing", "const judging = 5", "const judging = 0"]
    ]
  ),
  ...changes(
    "src/outcome/Amender.ts",
    ["outcome/Amender"],
    [["who has stopped a chat gets results there", "isTold || isStopped ||", "isTold ||"]]
  ),
  ...changes(
    "src/rules/rows/price.ts",
    ["rules/rows/price"],
    [["values cost nothing", "Math.ceil((one.terms + other.terms) / termsOfOne)", "1"]]
  ),
  ...changes(
    `${migrations}/20261126000008_linking.sql`,
    ["strangers/takeover.slow"],
    [
      [
        "a chat that was not linked gets alerts",
        "(select l.chat_id from public.user_telegram u\n        join public.chat_links l on",
        "(select u.chat_id::text from public.user_telegram u\n        left join public.chat_links l on"
      ],
      [
        "a chat that was muted gets alerts",
        "l.chat_id = u.chat_id::text and l.muted_at is null",
        "l.chat_id = u.chat_id::text"
      ],
      [
        "a token works for ever",
        "where t.selector = left(token, 12) and t.expires_at > now()",
        "where t.selector = left(token, 12)"
      ],
      [
        "half a token is enough",
        "    and sha256(salt || t.proof) = sha256(salt || sha256(convert_to(substr(token, 13), 'UTF8')))\n",
        ""
      ],
      ["a token links two chats", " and (t.chat_id is null or t.chat_id = chat)", ""]
    ]
  ),
  ...changes(
    `${migrations}/20261126000018_hit_rates.sql`,
    ["strangers/takeover.slow", "outcome/tombstones", "outcome/counters"],
    [
      [
        "a recount forgets what is continued",
        "select coalesce(d.continued_by, t.strategy_id) as strategy_id, count(*)",
        "select t.strategy_id as strategy_id, count(*)"
      ]
    ]
  ),
  ...changes(
    `${migrations}/20261126000017_records.sql`,
    ["strangers/takeover.slow"],
    [
      [
        "a late verdict counts for the strategy that is gone",
        "select coalesce(d.continued_by, c.strategy_id) as strategy_id, sum(c.total_hits)",
        "select c.strategy_id as strategy_id, sum(c.total_hits)"
      ],
      ["another owner goes on with a record", "where d.user_id = strategy.user_id and d.said", "where d.said"],
      [
        "a record is gone on with twice",
        "        and not exists (select from strategies s where s.id = coalesce(d.continued_by, d.id))\n",
        ""
      ],
      ["what was continued is lost", "perform hand_on_records(gone, null);", "null;"],
      ["older versions create without end", "where b.owner is null or (b.place > most) is not true", "where true"]
    ]
  ),
  ...changes(
    "src/alert/telegram/TelegramChannel.ts",
    ["strangers/digest"],
    [
      ["a chat gets alerts without end", "may ? Effect.void : Effect.fail(new Gathered())", "Effect.void"],
      ["alerts wait that are only gathered in the end", ">= Math.max(1, alertsOfHour)", ">= Number.POSITIVE_INFINITY"],
      ["whoever waits is beyond the hour", "        line.leave(chatKey(chat), id)\n", ""]
    ]
  ),
  ...changes(
    "src/alert/Alerter.ts",
    ["alert/Alerter", "strangers/service.slow"],
    [
      [
        "a chat that blocked the bot is asked again",
        'error.reason === "blocked" ? mute(error) : Effect.void',
        "Effect.void"
      ]
    ]
  ),
  ...changes(
    "src/alert/Turns.ts",
    ["alert/Turns", "strangers/service.slow"],
    [["whoever comes first has all turns", "last.set(key, turn)\n", ""]]
  ),
  ...changes(
    "src/alert/telegram/linking.ts",
    ["strangers/linking"],
    [
      ["whoever is in a group links it", 'return status === "creator" || status === "administrator"', "return true"],
      ["whoever guesses is answered without end", "return current.count <= answersOfHour &&", "return true ||"],
      ["who handles much loses the lease", "if (now - heldAt > renewedAfter) {", "if (now < 0) {"],
      ["a channel that is kept by its @name cannot be ended", "chat.username === undefined ? []", "true ? []"]
    ]
  ),
  ...changes(
    "src/strategies/Owners.ts",
    ["strangers/rows.slow"],
    [["a scan costs what an owner likes", "if (cost + more > limits.price) {", "if (false) {"]]
  ),
  ...changes(
    "src/alert/telegram/botApiFetch.ts",
    ["strangers/debug.slow"],
    [["Node is told the path with the token", "(apiRoot.origin, {", "(address, {"]]
  ),
  ...changes("src/quietDebug.ts", ["strangers/debug.slow"], [["ioredis tells its commands", ",-ioredis:redis", ""]])
]
