-- What must be atomic, and what the service reads. Every function answers with one JSON object a row, so that it makes no
-- difference whether PostgREST or a PostgreSQL client asks. Rows come in through jsonb_populate_recordset, which gives
-- each value the type of its column: ids may be uuid, text or bigint.

-- JSON, also where an older table keeps it as text: {"x":15} for "{\"x\":15}". Text that is no JSON stays what it is.
create or replace function public.json_of(value jsonb) returns jsonb
language plpgsql immutable strict set search_path = public as $$
begin
  if jsonb_typeof(value) <> 'string' then
    return value;
  end if;
  begin
    return (value #>> '{}')::jsonb;
  exception when invalid_text_representation then
    return value;
  end;
end $$;

-- A trigger with what its alert needs to know of the strategy. Where 20261126000002_triggers_in_bulk.sql was applied its view
-- stays: this one would not find the snapshots that are kept apart.
do $$
begin
  if to_regclass('public.trigger_snapshots') is null then
    create or replace view public.trigger_alerts with (security_invoker = true) as
    select t.id, t.strategy_id, s.name as strategy_name, s.user_id as owner, t.snapshot,
      public.json_of(to_jsonb(t.evidence_json)) as evidence, t.triggered_at::timestamptz as triggered_at, t.alert_state,
      (select nullif(u.chat_id::text, '') from public.user_telegram u where u.user_id::text = s.user_id::text limit 1)
        as owner_chat
    from public.triggers t
    join public.strategies s on s.id = t.strategy_id;
  end if;
end $$;

-- Creates a trigger for each pair that has none, and counts it for its strategy, in one transaction. Answers with the
-- triggers created: a pair that is missing from the answer was there before, or its strategy is gone. Ordered, so that
-- two instances that bring the same pairs cannot lock each other out.
create or replace function public.create_triggers(candidates jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  created jsonb;
begin
  -- An older table may keep the kick-off in seconds since 1970.
  if pg_typeof((null::triggers).fixture_timestamp) in ('bigint'::regtype, 'integer'::regtype, 'numeric'::regtype) then
    select jsonb_agg(c || jsonb_build_object('fixture_timestamp',
      extract(epoch from (c ->> 'fixture_timestamp')::timestamptz)::bigint)) into candidates
    from jsonb_array_elements(candidates) c;
  end if;

  with inserted as (
    insert into triggers (strategy_id, match_id, triggered_at, period, minute, added, home_team, away_team, score_home,
      score_away, league_id, fixture_timestamp, evidence_json, snapshot, alert_state)
    select c.strategy_id, c.match_id, c.triggered_at, c.period, c.minute, c.added, c.home_team, c.away_team,
      c.score_home, c.score_away, c.league_id, c.fixture_timestamp, c.evidence_json, c.snapshot, 'pending'
    from jsonb_populate_recordset(null::triggers, candidates) c
    where exists (select from strategies s where s.id = c.strategy_id)
    order by c.strategy_id, c.match_id
    on conflict (strategy_id, match_id) do nothing
    returning id, strategy_id
  )
  select jsonb_agg(to_jsonb(inserted)) into created from inserted;

  if created is null then
    return;
  end if;

  -- In three steps, because an older table may have several rows a strategy and so no unique index for an upsert to go by.
  -- Nothing but one transaction at a time keeps it from getting more of them.
  if to_regclass('performance_strategy_id_key') is null then
    perform pg_advisory_xact_lock(hashtext('touchline performance'));
  end if;

  insert into performance (strategy_id, total_triggers, total_hits, total_misses)
  select distinct c.strategy_id, 0, 0, 0
  from jsonb_populate_recordset(null::triggers, created) c
  where not exists (select from performance p where p.strategy_id = c.strategy_id)
  order by c.strategy_id
  on conflict do nothing;

  perform from performance p
  where p.strategy_id in (select c.strategy_id from jsonb_populate_recordset(null::triggers, created) c)
  order by p.strategy_id
  for update;

  update performance p set total_triggers = coalesce(p.total_triggers, 0) + counted.triggers
  from (
    select c.strategy_id, count(*) as triggers from jsonb_populate_recordset(null::triggers, created) c group by 1
  ) counted
  where p.strategy_id = counted.strategy_id;

  return query
  select to_jsonb(a) from trigger_alerts a
  where a.id in (select c.id from jsonb_populate_recordset(null::triggers, created) c);
end $$;

-- The triggers of these ids, for the alerter.
create or replace function public.triggers_by_id(ids jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(a) from trigger_alerts a where a.id::text in (select jsonb_array_elements_text(ids))
$$;

-- The triggers whose alert is still to be sent, oldest first, at most max_rows of them.
create or replace function public.pending_alerts(max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(a) from trigger_alerts a
  where a.alert_state = 'pending' order by a.triggered_at, a.id limit max_rows
$$;

-- The triggers created since a time, in the order in which they came about, at most max_rows of them.
create or replace function public.triggers_since(since timestamptz, max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(a) from trigger_alerts a
  where a.triggered_at >= since order by a.triggered_at, a.id limit max_rows
$$;

-- Those of the pairs that have a trigger.
create or replace function public.triggered_pairs(pairs jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('strategy_id', t.strategy_id, 'match_id', t.match_id)
  from jsonb_populate_recordset(null::triggers, pairs) p
  join triggers t on t.strategy_id = p.strategy_id and t.match_id = p.match_id
$$;

-- The alert was taken by a channel. The first receipt stays: recording twice changes nothing. Where Telegram took it,
-- the columns that older readers know say so too (a @name does not go into a column of numbers).
create or replace function public.record_alert_sent(trigger_id text, attempts integer, receipt jsonb) returns setof jsonb
language sql set search_path = public as $$
  update triggers t set alert_state = 'sent', alert_attempts = attempts, alert_error = null, alert_receipt = receipt,
    alerted_at = now(), telegram_message_id = coalesce(telegram.telegram_message_id, t.telegram_message_id),
    telegram_chat_id = coalesce(telegram.telegram_chat_id, t.telegram_chat_id),
    telegram_message_text = coalesce(telegram.telegram_message_text, t.telegram_message_text)
  from jsonb_populate_record(null::triggers, case when receipt ->> 'channel' = 'telegram' then jsonb_build_object(
    'telegram_message_id', receipt ->> 'messageId',
    'telegram_chat_id', case when pg_typeof((null::triggers).telegram_chat_id) = 'text'::regtype
      or receipt ->> 'chatId' ~ '^-?\d+$' then receipt ->> 'chatId' end,
    'telegram_message_text', receipt ->> 'text') end) telegram
  where t.id::text = trigger_id and t.alert_state <> 'sent'
  returning jsonb_build_object('id', t.id)
$$;

-- Every attempt failed, or the channel refused for good.
create or replace function public.record_alert_failed(trigger_id text, attempts integer, reason text) returns setof jsonb
language sql set search_path = public as $$
  update triggers set alert_state = 'failed', alert_attempts = attempts, alert_error = reason
  where id::text = trigger_id and alert_state = 'pending'
  returning jsonb_build_object('id', id)
$$;

-- The alerts that failed for good, the latest first, at most max_rows of them: what they were about, and why.
create or replace function public.failed_alerts(max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(a) || jsonb_build_object('attempts', t.alert_attempts, 'reason', t.alert_error)
  from trigger_alerts a join triggers t on t.id = a.id
  where a.alert_state = 'failed' order by a.triggered_at desc, a.id limit max_rows
$$;

-- Makes failed alerts pending again: those of these ids or, without ids (null), all. Answers with those it did.
create or replace function public.retry_alerts(ids jsonb) returns setof jsonb
language sql set search_path = public as $$
  update triggers set alert_state = 'pending', alert_attempts = 0, alert_error = null
  where alert_state = 'failed'
    and (jsonb_typeof(ids) is distinct from 'array' or id::text in (select jsonb_array_elements_text(ids)))
  returning jsonb_build_object('id', id)
$$;

-- How many alerts stand where.
create or replace function public.count_alerts() returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('state', alert_state, 'count', count(*)) from triggers group by alert_state
$$;

-- The strategies that are watched, each with its rules.
create or replace function public.active_strategies() returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(s) || jsonb_build_object('league_ids', json_of(to_jsonb(s) -> 'league_ids'), 'rules', coalesce(
    (select jsonb_agg(to_jsonb(r) || jsonb_build_object('time_filter', json_of(to_jsonb(r.time_filter)),
        'lhs_json', json_of(to_jsonb(r.lhs_json)), 'rhs_json', json_of(to_jsonb(r.rhs_json))) order by r.id)
      from rules r where r.strategy_id = s.id), '[]'))
  from strategies s where s.is_active order by s.name, s.id
$$;

-- Strategies kept in files: added, or brought up to date, under the id of their file.
create or replace function public.save_strategies(definitions jsonb) returns setof jsonb
language sql set search_path = public as $$
  insert into strategies (id, name, description, is_active, definition) overriding system value
  select d.id, d.name, d.description, d.is_active, d.definition
  from jsonb_populate_recordset(null::strategies, definitions) d
  order by d.id
  on conflict (id) do update set name = excluded.name, description = excluded.description,
    is_active = excluded.is_active, definition = excluded.definition
  returning jsonb_build_object('id', id)
$$;

-- Sample strategies for a database that has none yet: added only where there is no strategy at all. A table whose ids are
-- numbers gives them ids of its own.
create or replace function public.add_sample_strategies(definitions jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
begin
  if exists (select from strategies) then
    return;
  elsif pg_typeof((null::strategies).id) in ('uuid'::regtype, 'text'::regtype) then
    return query select save_strategies(definitions);
  else
    return query
    insert into strategies (name, description, is_active, definition)
    select d ->> 'name', d ->> 'description', (d ->> 'is_active')::boolean, d -> 'definition'
    from jsonb_array_elements(definitions) d
    returning jsonb_build_object('id', id);
  end if;
end $$;

-- Remembers what matches looked like at their scoreboard minutes, and forgets matches of the day before yesterday. What is
-- recorded of a match later has a later time, even where the clock stands: by it others find what is new to them.
create or replace function public.record_moments(moments jsonb) returns setof jsonb
language sql set search_path = public as $$
  delete from match_history where recorded_at < now() - interval '2 days';
  insert into match_history (match_id, period, minute, added, figures, recorded_at)
  select m.match_id, m.period, m.minute, m.added, m.figures, greatest(
    now(), (select max(h.recorded_at) from match_history h where h.match_id = m.match_id) + interval '1 microsecond'
  )
  from jsonb_populate_recordset(null::match_history, moments) m
  order by m.match_id, m.period, m.minute, m.added
  on conflict (match_id, period, minute, added) do update set figures = excluded.figures, recorded_at = excluded.recorded_at
  returning jsonb_build_object('match_id', match_id, 'recorded_at', recorded_at)
$$;

-- Moments recorded after a time, of these matches ({match_id, recorded_at}, null for all that is remembered): what other
-- processes have seen since.
create or replace function public.moments_since(cursors jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(m) from jsonb_populate_recordset(null::match_history, cursors) c
  join match_history m on m.match_id = c.match_id and (c.recorded_at is null or m.recorded_at > c.recorded_at)
$$;

do $$
declare
  signature text;
begin
  foreach signature in array array[
    'json_of(jsonb)', 'create_triggers(jsonb)', 'triggers_by_id(jsonb)', 'pending_alerts(integer)',
    'triggers_since(timestamptz, integer)', 'triggered_pairs(jsonb)',
    'record_alert_sent(text, integer, jsonb)', 'record_alert_failed(text, integer, text)', 'count_alerts()',
    'failed_alerts(integer)', 'retry_alerts(jsonb)', 'moments_since(jsonb)',
    'active_strategies()', 'save_strategies(jsonb)', 'add_sample_strategies(jsonb)', 'record_moments(jsonb)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;
revoke all on public.trigger_alerts from anon, authenticated;
grant select on public.trigger_alerts to service_role;
