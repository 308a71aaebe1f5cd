-- What the pages of the server read, a page at a time, and what may be changed there. Applied twice it changes nothing; the
-- version before this one calls none of it.

-- Alerts are shown newest first. Building this index holds writers of triggers back for about a second a million rows; to
-- spare them that, run it beforehand by hand with `concurrently`.
create index if not exists triggers_newest on public.triggers (triggered_at desc, id desc);
-- A name that an owner wrote before names were bounded may be more than an index holds: then the list is sorted without one.
do $$
begin
  if not exists (select from public.strategies s where octet_length(s.name::text) > 2000) then
    create index if not exists strategies_by_name on public.strategies (name, id);
  end if;
end $$;

-- At most max_rows triggers and their alerts, newest first, from the one after `place` ({triggered_at, id}, null: the first) on. The
-- filter may name match_id, strategy_id, league_id, state, verdict, since, until. An id that a column cannot hold has none.
create or replace function public.page_of_alerts(filter jsonb, place jsonb, max_rows integer) returns setof jsonb
language plpgsql stable set search_path = public as $$
declare
  given public.triggers;
  after public.triggers;
  wanted text := '';
begin
  begin
    given := jsonb_populate_record(null::triggers, filter - 'since' - 'until' - 'state' - 'verdict');
    after := jsonb_populate_record(null::triggers, case when jsonb_typeof(place) = 'object' then place end);
  exception when data_exception then
    return;
  end;
  if filter ? 'match_id' then wanted := wanted || ' and t.match_id = ($1).match_id'; end if;
  if filter ? 'strategy_id' then wanted := wanted || ' and t.strategy_id = ($1).strategy_id'; end if;
  if filter ? 'league_id' then wanted := wanted || ' and t.league_id = ($1).league_id'; end if;
  if filter ? 'since' then wanted := wanted || ' and t.triggered_at >= ($2 ->> ''since'')::timestamptz'; end if;
  if filter ? 'until' then wanted := wanted || ' and t.triggered_at < ($2 ->> ''until'')::timestamptz'; end if;
  case filter ->> 'state'
    when 'expired' then wanted := wanted || ' and t.alert_state = ''failed'' and t.alert_expired_at is not null';
    when 'failed' then wanted := wanted || ' and t.alert_state = ''failed'' and t.alert_expired_at is null';
    when 'pending' then wanted := wanted || ' and t.alert_state = ''pending''';
    when 'sent' then wanted := wanted || ' and t.alert_state = ''sent''';
    else null;
  end case;
  case filter ->> 'verdict'
    when 'open' then wanted := wanted || ' and t.expectation is not null and t.verdict is null';
    when 'hit' then wanted := wanted || ' and t.verdict = ''hit''';
    when 'miss' then wanted := wanted || ' and t.verdict = ''miss''';
    when 'void' then wanted := wanted || ' and t.verdict = ''void''';
    else null;
  end case;
  if after.id is not null then wanted := wanted || ' and (t.triggered_at, t.id) < (($3).triggered_at, ($3).id)'; end if;
  return query execute
    'with page as materialized (select t.* from triggers t where t.triggered_at is not null' || wanted ||
    ' order by t.triggered_at desc, t.id desc limit $4)
    select jsonb_strip_nulls(jsonb_build_object(''id'', t.id::text, ''strategy_id'', t.strategy_id::text,
      ''strategy_name'', coalesce(s.name, d.name), ''match_id'', t.match_id::text, ''home'', t.home_team, ''away'', t.away_team,
      ''competition_id'', t.league_id::text,
      ''competition'', (select x.snapshot #>> ''{match,competition,name}'' from trigger_snapshots x where x.id = t.snapshot_id),
      ''period'', t.period, ''minute'', t.minute, ''added'', t.added, ''score_home'', t.score_home, ''score_away'', t.score_away,
      ''triggered_at'', t.triggered_at::timestamptz, ''evidence'', json_of(to_jsonb(t.evidence_json)),
      ''attempts'', t.alert_attempts, ''reason'', t.alert_error, ''alerted_at'', t.alerted_at, ''channel'', t.alert_receipt ->> ''channel'',
      ''outcome'', outcome_of(t))) || alert_standing(t)
    from page t left join strategies s on s.id = t.strategy_id
    left join strategy_tombstones d on d.id = t.strategy_id and s.id is null
    order by t.triggered_at desc, t.id desc'
  using given, filter, after, max_rows;
end $$;

-- At most max_rows strategies in the order of their names, from the one after `place` ({name, id}, null: the first) on, with
-- their counters. The filter may hold `named`, a part of the name.
create or replace function public.page_of_records(filter jsonb, place jsonb, max_rows integer) returns setof jsonb
language plpgsql stable set search_path = public as $$
declare
  after public.strategies;
begin
  begin
    after := jsonb_populate_record(null::strategies, case when jsonb_typeof(place) = 'object' then place end);
  exception when data_exception then
    return;
  end;
  return query
  with page as materialized (
    select s.id, s.name, s.user_id, s.is_active, s.strategy_file from strategies s
    where (after.id is null or (s.name, s.id) > (after.name, after.id))
      and (not filter ? 'named' or strpos(lower(s.name), lower(filter ->> 'named')) > 0)
    order by s.name, s.id limit max_rows
  )
  select jsonb_build_object('id', s.id::text, 'name', coalesce(s.name, ''), 'owner', s.user_id::text, 'active', s.is_active,
    'file', s.strategy_file, 'triggers', coalesce(p.triggers, 0), 'hits', coalesce(p.hits, 0), 'misses', coalesce(p.misses, 0),
    'voids', coalesce(p.voids, 0))
  from page s left join lateral (
    select sum(c.total_triggers)::integer as triggers, sum(c.total_hits)::integer as hits, sum(c.total_misses)::integer as misses,
      sum(c.total_voids)::integer as voids
    from performance c where c.strategy_id = s.id
  ) p on true
  order by s.name, s.id;
end $$;

-- What a strategy would have done on recorded matches, as it was checked last: kept until it is checked again.
create table if not exists public.strategy_backtests (
  strategy_id text primary key,
  result jsonb not null,
  made_at timestamptz not null default now()
);
alter table public.strategy_backtests enable row level security;
revoke all on public.strategy_backtests from anon, authenticated;
grant all on public.strategy_backtests to service_role;

create or replace function public.keep_backtest(strategy text, result jsonb) returns setof jsonb
language sql set search_path = public as $$
  insert into strategy_backtests as b (strategy_id, result)
  select keep_backtest.strategy, keep_backtest.result where jsonb_typeof(keep_backtest.result) = 'object'
  on conflict (strategy_id) do update set result = excluded.result, made_at = now()
  returning jsonb_build_object('id', b.strategy_id)
$$;

-- One strategy, watched or not, as rows hold it: {id, owner, active, file, content, backtest}, the content as that of a watched
-- one. With only a tombstone of it: {id, name, deleted_at}.
create or replace function public.strategy_as_kept(strategy text) returns setof jsonb
language plpgsql stable set search_path = public as $$
declare
  asked public.strategies;
begin
  begin
    asked := jsonb_populate_record(null::strategies, jsonb_build_object('id', strategy));
  exception when data_exception then
    return;
  end;
  return query
  select jsonb_build_object('id', s.id::text, 'name', coalesce(s.name, ''), 'owner', s.user_id::text, 'active', s.is_active,
    'file', s.strategy_file,
    'backtest', (select b.result || jsonb_build_object('at', b.made_at) from strategy_backtests b where b.strategy_id = s.id::text),
    'content', json_build_object('id', s.id, 'user_id', s.user_id, 'name', s.name, 'description', s.description,
      'desired_outcome', s.desired_outcome, 'is_active', s.is_active, 'league_ids', s.league_ids,
      'definition', s.definition, 'rules', coalesce(
        (select json_agg(json_build_object('id', r.id, 'value_type', r.value_type, 'metric', r.metric,
            'comparator', r.comparator, 'value', r.value, 'team_scope', r.team_scope,
            'time_filter', r.time_filter, 'lhs_json', r.lhs_json, 'rhs_json', r.rhs_json) order by r.id)
          from rules r where r.strategy_id = s.id), '[]'))::text)
  from strategies s where s.id = asked.id
  union all
  select jsonb_build_object('id', d.id::text, 'name', coalesce(d.name, ''), 'deleted_at', d.deleted_at)
  from strategy_tombstones d where d.id = asked.id and not exists (select from strategies s where s.id = asked.id);
end $$;

-- What became of the latest max_rows decided triggers of a strategy, in the order in which they fired: {at, hit}.
create or replace function public.decided_triggers(strategy text, max_rows integer) returns setof jsonb
language plpgsql stable set search_path = public as $$
declare
  asked public.triggers;
begin
  begin
    asked := jsonb_populate_record(null::triggers, jsonb_build_object('strategy_id', strategy));
  exception when data_exception then
    return;
  end;
  return query
  select jsonb_build_object('at', l.triggered_at, 'hit', l.result = 'HIT') from (
    select t.id, t.triggered_at::timestamptz as triggered_at, t.result::text as result from triggers t
    where (t.strategy_id = asked.strategy_id or t.strategy_id in (
        -- Those that it continues (20261126000017_records.sql).
        select d.id from strategy_tombstones d where d.continued_by = asked.strategy_id
      )) and t.result is not null and t.verdict is distinct from 'void'
    order by t.triggered_at desc nulls last, t.id desc limit max_rows
  ) l order by l.triggered_at, l.id;
end $$;

-- Changes a strategy of the operator: one that has no owner and is of no file, and whose content is still `was` (md5; null: whatever
-- it is). Only what `change` holds is changed: definition with name and description, is_active. Answers {id}, or nothing where
-- there is no such strategy.
create or replace function public.edit_strategy(strategy text, was text, change jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  asked public.strategies;
  said public.strategies;
begin
  begin
    asked := jsonb_populate_record(null::strategies, jsonb_build_object('id', strategy));
  exception when data_exception then
    return;
  end;
  said := jsonb_populate_record(null::strategies, change - 'definition');
  return query
  update strategies s set
    name = case when change ? 'name' then said.name else s.name end,
    description = case when change ? 'definition' then said.description else s.description end,
    definition = case when change ? 'definition' then change -> 'definition' else s.definition end,
    league_ids = case when change ? 'definition' then null else s.league_ids end,
    is_active = case when change ? 'is_active' then said.is_active else s.is_active end
  where s.id = asked.id and s.user_id is null and s.strategy_file is null
    and (was is null or was = (select md5(k ->> 'content') from strategy_as_kept(strategy) k))
  returning jsonb_build_object('id', s.id::text);
end $$;

-- A new strategy of the operator. Answers {id}.
create or replace function public.add_strategy(said jsonb) returns setof jsonb
language sql set search_path = public as $$
  insert into strategies (name, description, is_active, definition)
  select said ->> 'name', said ->> 'description', coalesce((said ->> 'is_active')::boolean, true), said -> 'definition'
  where said ? 'name'
  returning jsonb_build_object('id', id::text)
$$;

do $$
declare
  signature text;
begin
  foreach signature in array array['page_of_alerts(jsonb, jsonb, integer)', 'page_of_records(jsonb, jsonb, integer)',
    'keep_backtest(text, jsonb)', 'strategy_as_kept(text)',
    'decided_triggers(text, integer)', 'edit_strategy(text, text, jsonb)', 'add_strategy(jsonb)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

notify pgrst, 'reload schema';
