-- Triggers in bulk: a snapshot is stored once a match and call, not once a pair, and what has fired on a match is read by
-- match. What matches looked like is read in one call and saved in another, which the tick does not wait for. Applied twice
-- it changes nothing. The version before this one goes on with the functions that it knows.

-- What has fired on a match is read from this index alone. Building it holds writers of triggers back, for about a second a
-- million rows. Who has many millions makes it beforehand, outside a transaction, and holds nobody back:
--   create index concurrently triggers_match on public.triggers (match_id, strategy_id);
create index if not exists triggers_match on public.triggers (match_id, strategy_id);

-- Matches as they stood when strategies fired on them. Ids of matches have the type that they have in triggers.
do $$
begin
  execute format('create table if not exists public.trigger_snapshots (id uuid primary key, match_id %s not null,
    snapshot jsonb not null)', (
      select format_type(atttypid, atttypmod) from pg_attribute
      where attrelid = 'public.triggers'::regclass and attname = 'match_id'));
end $$;
-- The snapshot of a trigger that was made in bulk; others hold theirs themselves. Not a foreign key: it would be checked row
-- by row, and a snapshot has no other writer than the call that makes its triggers.
alter table public.triggers add column if not exists snapshot_id uuid;

alter table public.trigger_snapshots enable row level security;
revoke insert, update, delete, truncate on public.trigger_snapshots from anon, authenticated;
grant select on public.trigger_snapshots to authenticated;
grant all on public.trigger_snapshots to service_role;
-- Owners read the snapshots of their triggers: those triggers that they may read.
drop policy if exists touchline_owner on public.trigger_snapshots;
create policy touchline_owner on public.trigger_snapshots for select to authenticated
  using (exists (select from public.triggers t where t.match_id = trigger_snapshots.match_id
    and t.snapshot_id = trigger_snapshots.id));

-- A snapshot goes with the last of its triggers, whoever deletes it.
create or replace function public.forget_snapshots() returns trigger
language plpgsql security definer set search_path = public as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from trigger_snapshots;
  else
    delete from trigger_snapshots s
    where s.id in (select snapshot_id from gone)
      and not exists (select from triggers t where t.match_id = s.match_id and t.snapshot_id = s.id);
  end if;
  return null;
end $$;
drop trigger if exists touchline_forget_snapshots on public.triggers;
create trigger touchline_forget_snapshots after delete on public.triggers
  referencing old table as gone for each statement execute function public.forget_snapshots();
drop trigger if exists touchline_truncate_snapshots on public.triggers;
create trigger touchline_truncate_snapshots after truncate on public.triggers
  for each statement execute function public.forget_snapshots();

-- As in 20261124000002_functions.sql, with the snapshot from wherever it is.
create or replace view public.trigger_alerts with (security_invoker = true) as
select t.id, t.strategy_id, s.name as strategy_name, s.user_id as owner,
  coalesce(t.snapshot, (select x.snapshot from public.trigger_snapshots x where x.id = t.snapshot_id)) as snapshot,
  public.json_of(to_jsonb(t.evidence_json)) as evidence, t.triggered_at::timestamptz as triggered_at, t.alert_state,
  (select nullif(u.chat_id::text, '') from public.user_telegram u where u.user_id::text = s.user_id::text limit 1)
    as owner_chat
from public.triggers t
join public.strategies s on s.id = t.strategy_id;

-- The columns of a trigger that come from its match, each value such that its column takes it: an older table may keep the
-- kick-off in seconds since 1970, and competitions as numbers.
create or replace function public.match_columns(shown jsonb) returns jsonb
language sql stable set search_path = public as $$
  select shown
    || case when pg_typeof((null::triggers).fixture_timestamp)
        in ('bigint'::regtype, 'integer'::regtype, 'numeric'::regtype)
      then jsonb_build_object('fixture_timestamp',
        extract(epoch from (shown ->> 'fixture_timestamp')::timestamptz)::bigint) else '{}' end
    || case when pg_typeof((null::triggers).league_id) in ('bigint'::regtype, 'integer'::regtype, 'numeric'::regtype)
        and shown ->> 'league_id' !~ '^-?[0-9]{1,9}$'
      then jsonb_build_object('league_id', null) else '{}' end
$$;

-- Counts new triggers for their strategies ({strategy_id, total_triggers} each). Ordered, so that two calls wait for each
-- other and never lock each other out.
create or replace function public.count_triggers(counts jsonb) returns void
language plpgsql set search_path = public as $$
begin
  if to_regclass('performance_strategy_id_key') is not null then
    insert into performance as p (strategy_id, total_triggers, total_hits, total_misses)
    select c.strategy_id, c.total_triggers, 0, 0
    from jsonb_populate_recordset(null::performance, counts) c order by c.strategy_id
    on conflict (strategy_id) do update set total_triggers = coalesce(p.total_triggers, 0) + excluded.total_triggers;
    return;
  end if;
  -- An older table may have several rows a strategy and so no unique index to go by. Nothing but one transaction at a time
  -- keeps it from getting more of them.
  perform pg_advisory_xact_lock(hashtext('touchline performance'));
  insert into performance (strategy_id, total_triggers, total_hits, total_misses)
  select c.strategy_id, 0, 0, 0
  from jsonb_populate_recordset(null::performance, counts) c
  where not exists (select from performance p where p.strategy_id = c.strategy_id);
  update performance p set total_triggers = coalesce(p.total_triggers, 0) + c.total_triggers
  from jsonb_populate_recordset(null::performance, counts) c where p.strategy_id = c.strategy_id;
end $$;

-- The strategies that have a trigger on each of these matches: {match_id, strategies}, a row for each match that has any.
-- An id that the column cannot hold has none.
create or replace function public.triggered_strategies(match_ids jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  with asked as materialized (
    select jsonb_build_object('match_id', id) as given from jsonb_array_elements_text(match_ids) id
    where pg_typeof((null::triggers).match_id) not in ('bigint'::regtype, 'integer'::regtype, 'numeric'::regtype)
      or id ~ '^-?[0-9]{1,9}$'
  )
  select jsonb_build_object('match_id', t.match_id, 'strategies', jsonb_agg(t.strategy_id::text))
  from asked, jsonb_populate_record(null::triggers, asked.given) m
  join triggers t on t.match_id = m.match_id
  group by t.match_id
$$;

-- Which process recorded a moment: it is not told what it recorded itself.
alter table public.match_history add column if not exists recorder text;

-- When each process last recorded anything: a process that is alone, as most are, looks here and no further. Those of the
-- version before this one do not say who they are, and count as one that has no name.
create table if not exists public.match_recorders (recorder text primary key, recorded_at timestamptz not null);
alter table public.match_recorders enable row level security;
revoke all on public.match_recorders from anon, authenticated;
grant all on public.match_recorders to service_role;

-- Notes that a process has recorded something now.
create or replace function public.note_recorder(writer text) returns void
language sql set search_path = public as $$
  insert into match_recorders (recorder, recorded_at) values (writer, clock_timestamp())
  on conflict (recorder) do update set recorded_at = excluded.recorded_at
$$;

-- As in 20261124000002_functions.sql, with a note that it was done.
create or replace function public.record_moments(moments jsonb) returns setof jsonb
language sql set search_path = public as $$
  select note_recorder('');
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

-- All that is remembered of these matches and, of the others, what processes other than `reader` recorded since a time, null
-- for nothing: one row {asked_at, moments}, where asked_at is the time to ask from next. What was being recorded then may
-- have become visible later, so a little of before is told again. The moments are JSON in a text: a hundred matches have
-- megabytes of them, which take the database many times as long to copy from one jsonb into another.
create or replace function public.moments_of(match_ids jsonb, since timestamptz, reader text) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('asked_at', now(), 'moments', coalesce(json_agg(m)::text, '[]'))
  from (
    select h.match_id, h.period, h.minute, h.added, h.figures from match_history h
    where h.match_id in (select jsonb_array_elements_text(match_ids))
    union all
    select h.match_id, h.period, h.minute, h.added, h.figures from match_history h
    where exists (
        select from match_recorders r where r.recorder <> reader and r.recorded_at >= since - interval '15 seconds')
      and h.recorded_at >= since - interval '15 seconds' and h.recorder is distinct from reader
      and h.match_id not in (select jsonb_array_elements_text(match_ids))
  ) m
$$;

-- Remembers what matches looked like at their scoreboard minutes, and forgets matches of the day before yesterday.
create or replace function public.save_moments(moments jsonb, writer text) returns setof jsonb
language plpgsql set search_path = public as $$
begin
  perform note_recorder(writer);
  delete from match_recorders where recorded_at < now() - interval '2 days';
  delete from match_history where recorded_at < now() - interval '2 days';
  insert into match_history (match_id, period, minute, added, figures, recorded_at, recorder)
  select m.match_id, m.period, m.minute, m.added, m.figures, clock_timestamp(), writer
  from jsonb_populate_recordset(null::match_history, moments) m
  order by m.match_id, m.period, m.minute, m.added
  on conflict (match_id, period, minute, added) do update
    set figures = excluded.figures, recorded_at = excluded.recorded_at, recorder = excluded.recorder;
end $$;

do $$
declare
  signature text;
begin
  foreach signature in array array['forget_snapshots()', 'match_columns(jsonb)', 'count_triggers(jsonb)',
    'triggered_strategies(jsonb)', 'note_recorder(text)', 'record_moments(jsonb)',
    'moments_of(jsonb, timestamptz, text)', 'save_moments(jsonb, text)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
