-- Outcomes: what a trigger was to be judged by is kept with it, and so is what became of it. Strategies that are deleted leave
-- a tombstone, so that their triggers, counters and pending alerts outlive them. Applied twice it changes nothing; the
-- version before this one goes on with the functions that it knows.

-- What a deleted strategy was: whose, what it was called, what it said (its definition or, without one, its rules). Its columns
-- have the types that they have in strategies.
do $$
begin
  if to_regclass('public.strategy_tombstones') is null then
    create table public.strategy_tombstones as select s.id, s.user_id, s.name from public.strategies s where false;
    alter table public.strategy_tombstones
      add primary key (id),
      add column definition jsonb,
      add column strategy_file text,
      add column deleted_at timestamptz not null default now();
  end if;
end $$;
alter table public.strategy_tombstones enable row level security;
revoke all on public.strategy_tombstones from anon, authenticated;
grant all on public.strategy_tombstones to service_role;

-- Whoever deletes a strategy, by whatever program, needs no rights on tombstones.
create or replace function public.keep_tombstone() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  gone jsonb;
begin
  if tg_op = 'DELETE' then
    gone := to_jsonb(old.id);
  end if;
  insert into public.strategy_tombstones as d (id, user_id, name, definition, strategy_file)
  select s.id, s.user_id, s.name, coalesce(s.definition, jsonb_build_object('desired_outcome', s.desired_outcome,
    'league_ids', to_jsonb(s.league_ids), 'rules', coalesce(
      (select jsonb_agg(to_jsonb(r) order by r.id) from public.rules r where r.strategy_id = s.id), '[]'))), s.strategy_file
  from public.strategies s
  where gone is null or s.id = (jsonb_populate_record(null::public.strategies, jsonb_build_object('id', gone))).id
  on conflict (id) do update set user_id = excluded.user_id, name = excluded.name, definition = excluded.definition,
    strategy_file = excluded.strategy_file, deleted_at = now();
  return old;
end $$;

do $$
declare
  found record;
begin
  if not exists (select from pg_trigger where tgrelid = 'public.strategies'::regclass and tgname = 'touchline_tombstone') then
    create trigger touchline_tombstone before delete on public.strategies
      for each row execute function public.keep_tombstone();
    create trigger touchline_tombstones before truncate on public.strategies
      for each statement execute function public.keep_tombstone();
  end if;
  -- Triggers and counters no longer go with their strategy.
  for found in
    select conrelid::regclass as place, conname as name from pg_constraint
    where contype = 'f' and confrelid = 'public.strategies'::regclass
      and conrelid in ('public.triggers'::regclass, 'public.performance'::regclass)
  loop
    execute format('alter table %s drop constraint %I', found.place, found.name);
  end loop;
end $$;

-- As in 20261126000002_triggers_in_bulk.sql, with what the tombstone tells of a strategy that is gone.
create or replace view public.trigger_alerts with (security_invoker = true) as
select t.id, t.strategy_id, coalesce(s.name, d.name) as strategy_name, coalesce(s.user_id, d.user_id) as owner,
  coalesce(t.snapshot, (select x.snapshot from public.trigger_snapshots x where x.id = t.snapshot_id)) as snapshot,
  public.json_of(to_jsonb(t.evidence_json)) as evidence, t.triggered_at::timestamptz as triggered_at, t.alert_state,
  (select nullif(u.chat_id::text, '') from public.user_telegram u
    where u.user_id::text = coalesce(s.user_id, d.user_id)::text limit 1) as owner_chat
from public.triggers t
left join public.strategies s on s.id = t.strategy_id
left join public.strategy_tombstones d on d.id = t.strategy_id and s.id is null
where s.id is not null or d.id is not null;

alter table public.triggers
  -- What was expected of the match when the strategy fired, in normal form; null where nothing was.
  add column if not exists expectation jsonb,
  -- True until the verdict is final; null where nothing is expected, and from then on.
  add column if not exists outcome_open boolean,
  -- hit, miss or void; null while it is open. `result`, which older readers know, has HIT and MISS.
  add column if not exists verdict text,
  add column if not exists verdict_reason text,
  -- The scoreboard minute from which nothing but a correction could change it, and the score then; of a final verdict, at the end.
  add column if not exists verdict_period text,
  add column if not exists verdict_minute integer,
  add column if not exists verdict_added integer,
  add column if not exists verdict_score_home integer,
  add column if not exists verdict_score_away integer,
  -- The values that were compared.
  add column if not exists verdict_values jsonb,
  add column if not exists verdict_at timestamptz,
  add column if not exists verdict_final_at timestamptz,
  -- How often what people read of it has changed.
  add column if not exists verdict_revision integer,
  -- What is about to be told (hit, miss or open), and since when it has stood.
  add column if not exists settling text,
  add column if not exists settling_since timestamptz,
  -- How often any of this was written: whoever has seen an older state changes nothing.
  add column if not exists outcome_version integer,
  -- Whether the message that was sent is to be amended: pending, done or failed.
  add column if not exists amendment text;

-- Both are empty at first; building them reads the table once, as that of triggers_match does.
create index if not exists triggers_open_outcomes on public.triggers (match_id) where outcome_open;
create index if not exists triggers_pending_amendments on public.triggers (verdict_at) where amendment = 'pending';

alter table public.performance add column if not exists total_voids integer not null default 0;

-- Matches that wait (suspended, postponed and so on), since when: a restart goes on from there.
do $$
begin
  execute format('create table if not exists public.match_waits (match_id %s primary key, status text not null,
    since timestamptz not null)', (
      select format_type(atttypid, atttypmod) from pg_attribute
      where attrelid = 'public.triggers'::regclass and attname = 'match_id'));
end $$;
alter table public.match_waits enable row level security;
revoke all on public.match_waits from anon, authenticated;
grant all on public.match_waits to service_role;

-- A message that goes out while its trigger is decided does not say so: it is amended. What the message told is in its receipt.
create or replace function public.amend_what_was_sent() returns trigger
language plpgsql set search_path = '' as $$
begin
  if coalesce((new.alert_receipt ->> 'revision')::integer, 0) <> new.verdict_revision then
    new.amendment := 'pending';
  end if;
  return new;
end $$;
do $$
begin
  if not exists (select from pg_trigger where tgrelid = 'public.triggers'::regclass and tgname = 'touchline_amend') then
    create trigger touchline_amend before update of alert_state on public.triggers for each row
      when (new.alert_state = 'sent' and old.alert_state <> 'sent' and new.verdict_revision > 0)
      execute function public.amend_what_was_sent();
  end if;
end $$;

-- Creates a trigger for each pair that has none, and counts it for its strategy, in one transaction. Each of the matches is
-- {shown, snapshot, triggers}: the columns that its triggers share, the snapshot, which is stored once, and {strategy_id,
-- evidence_json, expectation} for each strategy that holds. Answers {id, strategy_id, match_id, is_new} for each trigger created, and for
-- each that was there before and whose alert is still to be sent: perhaps it comes from a call whose answer was lost. A
-- pair that is missing from the answer was there before, or its strategy is gone. Ordered, as `count_triggers` is.
create or replace function public.create_judged_triggers(matches jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  ours uuid[];
  brought integer;
  created jsonb;
  counts jsonb;
begin
  with given as materialized (
    select gen_random_uuid() as snapshot_key, m -> 'snapshot' as shown_snapshot, m -> 'triggers' as brought, shown.*
    from jsonb_array_elements(matches) m,
      jsonb_populate_record(null::triggers, match_columns(m -> 'shown')) shown
  ), inserted as (
    insert into triggers (strategy_id, match_id, triggered_at, period, minute, added, home_team, away_team, score_home,
      score_away, league_id, fixture_timestamp, evidence_json, snapshot_id, alert_state, expectation, outcome_open)
    select c.strategy_id, g.match_id, g.triggered_at, g.period, g.minute, g.added, g.home_team, g.away_team,
      g.score_home, g.score_away, g.league_id, g.fixture_timestamp, c.evidence_json, g.snapshot_key, 'pending',
      c.expectation, case when c.expectation is not null then true end
    from given g, jsonb_populate_recordset(null::triggers, g.brought) c
    where exists (select from strategies s where s.id = c.strategy_id)
    order by c.strategy_id, g.match_id
    on conflict (strategy_id, match_id) do nothing
    returning id, strategy_id, match_id, snapshot_id
  ), kept as (
    insert into trigger_snapshots (id, match_id, snapshot)
    select g.snapshot_key, g.match_id, g.shown_snapshot from given g
    where g.snapshot_key in (select snapshot_id from inserted)
  )
  select (select array_agg(snapshot_key) from given), (select sum(jsonb_array_length(g.brought)) from given g),
    (select jsonb_agg(jsonb_build_object('id', id, 'strategy_id', strategy_id, 'match_id', match_id, 'is_new', true))
      from inserted),
    (select jsonb_agg(c) from (
      select strategy_id, count(*) as total_triggers from inserted group by strategy_id
    ) c)
  into ours, brought, created, counts;

  if created is not null then
    perform count_triggers(counts);
    return query select jsonb_array_elements(created);
  end if;
  if jsonb_array_length(coalesce(created, '[]')) < brought then
    return query
    select jsonb_build_object('id', t.id, 'strategy_id', t.strategy_id, 'match_id', t.match_id, 'is_new', false)
    from jsonb_array_elements(matches) m, jsonb_array_elements(m -> 'triggers') c,
      jsonb_populate_record(null::triggers, c || jsonb_build_object('match_id', m -> 'shown' -> 'match_id')) p
    join triggers t on t.strategy_id = p.strategy_id and t.match_id = p.match_id
    where t.alert_state = 'pending' and (t.snapshot_id = any (ours)) is not true;
  end if;
end $$;

-- What became of a trigger, as everything but the resolver reads it; null where nothing was expected of it. It names nothing of
-- a schema, and has no search_path of its own: so it costs next to nothing where it is called.
create or replace function public.outcome_of(t public.triggers) returns jsonb
language sql stable as $$
  select case when t.expectation is not null then jsonb_build_object(
    'expectation', t.expectation, 'verdict', t.verdict, 'reason', t.verdict_reason, 'revision', coalesce(t.verdict_revision, 0),
    'isFinal', t.verdict_final_at is not null,
    'decidedAt', case when t.verdict_minute is not null and t.verdict is not null then
      jsonb_build_object('period', t.verdict_period, 'minute', t.verdict_minute, 'added', t.verdict_added) end,
    'score', case when t.verdict_score_home is not null and t.verdict is not null then
      jsonb_build_object('home', t.verdict_score_home, 'away', t.verdict_score_away) end) end
$$;

-- As triggers_by_id, each with its outcome and its receipt.
create or replace function public.judged_triggers_by_id(ids jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(a) || jsonb_strip_nulls(jsonb_build_object('outcome', outcome_of(t), 'receipt', t.alert_receipt))
    || alert_standing(t)
  from triggers t join trigger_alerts a on a.id = t.id
  -- Said of both, so that each is found by its index, however few or many there are.
  where t.id::text = any (array(select jsonb_array_elements_text(ids)))
    and a.id::text = any (array(select jsonb_array_elements_text(ids)))
$$;

-- As triggers_since, each with its outcome.
create or replace function public.judged_triggers_since(since timestamptz, max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(a) || jsonb_strip_nulls(jsonb_build_object('outcome', outcome_of(t))) || alert_standing(t)
  from trigger_alerts a join triggers t on t.id = a.id
  where a.triggered_at >= since order by a.triggered_at, a.id limit max_rows
$$;

-- The triggers that are to be judged on each of these matches, and those whose final verdict is not older than a time (null:
-- none of them): {match_id, snapshots, triggers}, a row for each match that has any. `snapshots` are by the key that the
-- triggers name. An id that the column cannot hold has none.
create or replace function public.open_triggers(match_ids jsonb, finals_since timestamptz) returns setof jsonb
language sql stable set search_path = public as $$
  with asked as materialized (
    select jsonb_build_object('match_id', id) as given from jsonb_array_elements_text(match_ids) id
    where pg_typeof((null::triggers).match_id) not in ('bigint'::regtype, 'integer'::regtype, 'numeric'::regtype)
      or id ~ '^-?[0-9]{1,9}$'
  ), open as materialized (
    select t.* from asked, jsonb_populate_record(null::triggers, asked.given) m
    join triggers t on t.match_id = m.match_id where t.outcome_open
    union all
    select t.* from asked, jsonb_populate_record(null::triggers, asked.given) m
    join triggers t on t.match_id = m.match_id
    where finals_since is not null and t.verdict_final_at >= finals_since and t.outcome_open is not true
  )
  select jsonb_build_object('match_id', o.match_id::text,
    'snapshots', (
      select coalesce(jsonb_object_agg(x.id, x.snapshot), '{}') from trigger_snapshots x where x.id = any (array_agg(o.snapshot_id))),
    'triggers', jsonb_agg(jsonb_build_object('id', o.id::text, 'strategy_id', o.strategy_id::text, 'expectation', o.expectation,
      'snapshot', o.snapshot_id, 'own_snapshot', o.snapshot, 'version', coalesce(o.outcome_version, 0), 'verdict', o.verdict,
      'home', o.verdict_score_home, 'away', o.verdict_score_away, 'at', o.verdict_at, 'final_at', o.verdict_final_at,
      'settling', o.settling, 'settling_since', o.settling_since)))
  from open o group by o.match_id
$$;

-- The matches with open triggers, but those of `shown`, in the order of their age, at most max_rows of them: {match_id, since, status},
-- since when nothing was seen of them or, with a status, since when they wait. Costs a step for each match, however many
-- triggers it has.
create or replace function public.open_matches(shown jsonb, max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  with recursive each as (
    (select t.match_id, t.triggered_at::timestamptz as triggered_at from triggers t where t.outcome_open order by t.match_id limit 1)
    union all
    select next.match_id, next.triggered_at from each, lateral (
      select t.match_id, t.triggered_at::timestamptz as triggered_at from triggers t
      where t.outcome_open and t.match_id > each.match_id order by t.match_id limit 1) next
  )
  select jsonb_build_object('match_id', e.match_id::text, 'status', w.status, 'since', coalesce(w.since, greatest(e.triggered_at,
    (select max(h.recorded_at) from match_history h where h.match_id = e.match_id::text))))
  from each e left join match_waits w on w.match_id = e.match_id
  where e.match_id::text not in (select jsonb_array_elements_text(shown))
  order by e.triggered_at, e.match_id limit max_rows
$$;

-- Notes since when matches wait ({match_id, status, since}); without a status they go on. The first time of a status stays.
create or replace function public.note_match_waits(waits jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
begin
  delete from match_waits w using jsonb_populate_recordset(null::match_waits, waits) g
  where g.match_id = w.match_id and g.status is null;
  insert into match_waits as w (match_id, status, since)
  select g.match_id, g.status, g.since from jsonb_populate_recordset(null::match_waits, waits) g
  where g.status is not null order by g.match_id
  on conflict (match_id) do update set status = excluded.status;
end $$;

-- Adds results to the counters of strategies ({strategy_id, total_hits, total_misses, total_voids} each, negative ones too), in
-- the order that count_triggers has. The hit rate is a percentage of what was decided.
create or replace function public.count_results(counts jsonb) returns void
language plpgsql set search_path = public as $$
begin
  if to_regclass('performance_strategy_id_key') is null then
    perform pg_advisory_xact_lock(hashtext('touchline performance'));
  end if;
  insert into performance (strategy_id, total_triggers, total_hits, total_misses)
  select c.strategy_id, 0, 0, 0 from jsonb_populate_recordset(null::performance, counts) c
  where not exists (select from performance p where p.strategy_id = c.strategy_id)
  order by c.strategy_id
  on conflict do nothing;
  perform from performance p
  where p.strategy_id in (select c.strategy_id from jsonb_populate_recordset(null::performance, counts) c)
  order by p.strategy_id for update;
  update performance p set total_hits = now.hits, total_misses = now.misses, total_voids = now.voids,
    hit_rate = coalesce(round(100.0 * now.hits / nullif(now.hits + now.misses, 0), 2), 0)
  from jsonb_populate_recordset(null::performance, counts) c, lateral (
    select coalesce(q.total_hits, 0) + c.total_hits as hits, coalesce(q.total_misses, 0) + c.total_misses as misses,
      coalesce(q.total_voids, 0) + c.total_voids as voids, q.ctid as place
    from performance q where q.strategy_id = c.strategy_id
  ) now
  where p.ctid = now.place;
end $$;

-- Resolves triggers, all in one transaction: verdicts, counters and amendments. Each result is {id, version, verdict, is_final,
-- reason, period, minute, added, home, away, values, settling, settling_since, at, tell, keep}: the whole outcome as it stands
-- from now on, without a verdict while it is open; with `keep` what the verdict rests on stays as it is; `tell` where people
-- are to read of it. One whose `version` is not the row's changes nothing: it was made of an older state, or is here for the
-- second time. Nor does one of a match that was seen before the row was last written. Answers how each of the triggers
-- stands: {id, version, verdict, home, away, at, final_at, settling, settling_since, applied, amend}.
create or replace function public.resolve_triggers(results jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  ids text[] := array(select distinct r ->> 'id' from jsonb_array_elements(results) r);
  applied text[];
  counts jsonb;
begin
  perform from triggers t where t.id::text = any (ids) order by t.id::text for update;

  with given as materialized (
    select distinct on (g.id) g.* from jsonb_to_recordset(results) as g (id text, version integer, verdict text,
      is_final boolean, reason text, period text, minute integer, added integer, home integer, away integer, "values" jsonb,
      settling text, settling_since timestamptz, at timestamptz, tell boolean, keep boolean)
    order by g.id
  ), before as materialized (
    select t.id, t.strategy_id, t.result::text as result, t.verdict, g.id as given_id
    from given g join triggers t on t.id::text = g.id
    where coalesce(t.outcome_version, 0) = g.version and (t.verdict_at is null or t.verdict_at <= g.at)
      and t.expectation is not null
  ), changed as (
    update triggers t set verdict = g.verdict, result = r.result,
      verdict_reason = case when g.keep then t.verdict_reason else g.reason end,
      verdict_period = case when g.keep then t.verdict_period else g.period end,
      verdict_minute = case when g.keep then t.verdict_minute else g.minute end,
      verdict_added = case when g.keep then t.verdict_added else g.added end,
      verdict_score_home = case when g.keep then t.verdict_score_home else g.home end,
      verdict_score_away = case when g.keep then t.verdict_score_away else g.away end,
      verdict_values = case when g.keep then t.verdict_values else g."values" end, verdict_at = g.at, settling = g.settling, settling_since = g.settling_since,
      outcome_open = case when not g.is_final then true end,
      verdict_final_at = case when g.is_final then coalesce(t.verdict_final_at, g.at) end,
      outcome_version = g.version + 1,
      verdict_revision = coalesce(t.verdict_revision, 0) + g.tell::integer,
      amendment = case when g.tell and t.alert_state = 'sent' then 'pending' else t.amendment end
    from before b join given g on g.id = b.given_id,
      lateral jsonb_populate_record(null::triggers, jsonb_build_object('result',
        case g.verdict when 'hit' then 'HIT' when 'miss' then 'MISS' end)) r
    where t.id = b.id
    returning t.id
  )
  select array_agg(c.id::text), jsonb_agg(jsonb_build_object('strategy_id', b.strategy_id,
    'total_hits', (g.verdict is not distinct from 'hit')::integer - (b.result is not distinct from 'HIT')::integer,
    'total_misses', (g.verdict is not distinct from 'miss')::integer - (b.result is not distinct from 'MISS')::integer,
    'total_voids', (g.verdict is not distinct from 'void')::integer - (b.verdict is not distinct from 'void')::integer))
  into applied, counts
  from changed c join before b on b.id = c.id join given g on g.id = b.given_id;

  perform count_results(summed.counts) from (
    select jsonb_agg(sums) as counts from (
      select c.strategy_id, sum(c.total_hits) as total_hits, sum(c.total_misses) as total_misses, sum(c.total_voids) as total_voids
      from jsonb_populate_recordset(null::performance, counts) c group by c.strategy_id
      having sum(abs(c.total_hits) + abs(c.total_misses) + abs(c.total_voids)) > 0
    ) sums
  ) summed where summed.counts is not null;

  return query
  select jsonb_build_object('id', t.id::text, 'version', coalesce(t.outcome_version, 0), 'verdict', t.verdict,
    'home', t.verdict_score_home, 'away', t.verdict_score_away, 'at', t.verdict_at, 'final_at', t.verdict_final_at,
    'settling', t.settling, 'settling_since', t.settling_since, 'applied', t.id::text = any (coalesce(applied, '{}')),
    'amend', t.amendment is not distinct from 'pending')
  from triggers t where t.id::text = any (ids);
end $$;

-- The amendments that are to be made still, oldest first, at most max_rows of them.
create or replace function public.pending_amendments(max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('id', t.id) from triggers t where t.amendment = 'pending' order by t.verdict_at, t.id limit max_rows
$$;

-- What became of an amendment ({id, revision, state, receipt}): the message that was sent tells what it told in this revision.
-- Where there has been another since, the amendment is pending still.
create or replace function public.record_amendment(told jsonb) returns setof jsonb
language sql set search_path = public as $$
  update triggers t set
    amendment = case when coalesce(t.verdict_revision, 0) = (told ->> 'revision')::integer then told ->> 'state' else 'pending' end,
    alert_receipt = coalesce(told -> 'receipt', t.alert_receipt)
  where t.id::text = told ->> 'id'
  returning jsonb_build_object('id', t.id, 'amendment', t.amendment)
$$;

-- How the strategies have done, from their triggers: those of one (id or name) or of all, and of a time on. With by_competition
-- a row for each of theirs. `last` are the latest ten, the newest last.
create or replace function public.strategy_performance(strategy text, since timestamptz, by_competition boolean) returns setof jsonb
language sql stable set search_path = public as $$
  with named as materialized (
    select s.id, s.name from strategies s where strategy is null or s.id::text = strategy or s.name = strategy
    union all
    select d.id, d.name from strategy_tombstones d
    where (strategy is null or d.id::text = strategy or d.name = strategy)
      and not exists (select from strategies s where s.id = d.id) and exists (select from triggers t where t.strategy_id = d.id)
  ), judged as (
    select t.strategy_id, case when by_competition then t.league_id::text end as competition, t.minute, t.snapshot_id,
      case when t.verdict = 'void' then 'void' when t.result::text = 'HIT' then 'hit' when t.result::text = 'MISS' then 'miss'
        when t.expectation is not null then 'open' end as outcome,
      row_number() over (partition by t.strategy_id, case when by_competition then t.league_id::text end
        order by t.triggered_at desc nulls last, t.id) as place
    from named n join triggers t on t.strategy_id = n.id
    where since is null or t.triggered_at::timestamptz >= since
  )
  select jsonb_build_object('id', n.id::text, 'name', coalesce(n.name, ''), 'competition', j.competition,
    'competition_name', (select x.snapshot #>> '{match,competition,name}' from trigger_snapshots x
      where x.id = (array_agg(j.snapshot_id) filter (where j.snapshot_id is not null))[1]),
    'triggers', count(j.strategy_id), 'open', count(*) filter (where j.outcome = 'open'),
    'hits', count(*) filter (where j.outcome = 'hit'), 'misses', count(*) filter (where j.outcome = 'miss'),
    'voids', count(*) filter (where j.outcome = 'void'),
    'median_minute', percentile_cont(0.5) within group (order by j.minute),
    'last', coalesce(jsonb_agg(coalesce(j.outcome, 'none') order by j.place desc) filter (where j.place <= 10), '[]'))
  from named n left join judged j on j.strategy_id = n.id
  group by n.id, n.name, j.competition
  order by n.name, n.id, j.competition
$$;

-- Makes the counters of these strategies ({strategy_id}, null for all) what a count of their triggers says, and answers with
-- those whose counters were not: {strategy_id}. Writers of counters wait meanwhile. Where an older table has several rows a strategy, one has all.
create or replace function public.recount_performance(strategies jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
begin
  if jsonb_typeof(strategies) = 'array' and strategies = '[]' then
    return;
  end if;
  lock table performance in share row exclusive mode;
  insert into performance (strategy_id, total_triggers, total_hits, total_misses)
  select distinct t.strategy_id, 0, 0, 0 from triggers t
  where (jsonb_typeof(strategies) is distinct from 'array'
      or t.strategy_id in (select g.strategy_id from jsonb_populate_recordset(null::triggers, strategies) g))
    and not exists (select from performance p where p.strategy_id = t.strategy_id);
  return query
  with counted as materialized (
    select t.strategy_id, count(*)::integer as triggers, (count(*) filter (where t.result::text = 'HIT'))::integer as hits,
      (count(*) filter (where t.result::text = 'MISS'))::integer as misses,
      (count(*) filter (where t.verdict = 'void'))::integer as voids
    from triggers t
    where jsonb_typeof(strategies) is distinct from 'array'
      or t.strategy_id in (select g.strategy_id from jsonb_populate_recordset(null::triggers, strategies) g)
    group by t.strategy_id
  ), wanted as (
    select p.ctid as place, p.strategy_id, row_number() over (partition by p.strategy_id order by p.ctid) = 1 as is_first,
      coalesce(c.triggers, 0) as triggers, coalesce(c.hits, 0) as hits, coalesce(c.misses, 0) as misses, coalesce(c.voids, 0) as voids
    from performance p left join counted c on c.strategy_id = p.strategy_id
    where jsonb_typeof(strategies) is distinct from 'array'
      or p.strategy_id in (select g.strategy_id from jsonb_populate_recordset(null::triggers, strategies) g)
  ), right_now as (
    select w.place, w.strategy_id, w.is_first::integer * w.triggers as triggers, w.is_first::integer * w.hits as hits,
      w.is_first::integer * w.misses as misses, w.is_first::integer * w.voids as voids,
      coalesce(round(100.0 * w.hits / nullif(w.hits + w.misses, 0), 2), 0) as rate
    from wanted w
  ), changed as (
    update performance p set total_triggers = r.triggers, total_hits = r.hits, total_misses = r.misses, total_voids = r.voids,
      hit_rate = r.rate
    from right_now r
    where p.ctid = r.place and (p.total_triggers::bigint, p.total_hits::bigint, p.total_misses::bigint, p.total_voids::bigint,
      coalesce(p.hit_rate, 0)::numeric) is distinct from (r.triggers::bigint, r.hits::bigint, r.misses::bigint, r.voids::bigint, r.rate)
    returning p.strategy_id
  )
  select distinct jsonb_build_object('strategy_id', c.strategy_id) from changed c;
end $$;

do $$
declare
  signature text;
begin
  foreach signature in array array['keep_tombstone()', 'amend_what_was_sent()', 'create_judged_triggers(jsonb)',
    'outcome_of(triggers)', 'judged_triggers_by_id(jsonb)', 'judged_triggers_since(timestamptz, integer)',
    'open_triggers(jsonb, timestamptz)', 'open_matches(jsonb, integer)', 'note_match_waits(jsonb)', 'count_results(jsonb)',
    'resolve_triggers(jsonb)', 'pending_amendments(integer)', 'record_amendment(jsonb)',
    'strategy_performance(text, timestamptz, boolean)', 'recount_performance(jsonb)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
