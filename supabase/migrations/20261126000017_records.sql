-- Honest records: a strategy that its owner deletes and writes again goes on with the record that it had. The tombstone of the
-- one before names the one that continues it, and what its triggers count is counted there; the triggers stay as they are.
-- Applied twice it changes nothing; the version before this one counts through the same functions.

-- What the strategy said, as a number (see said_by), and the strategy that goes on with its record.
alter table public.strategy_tombstones add column if not exists said text;
do $$
begin
  execute format('alter table public.strategy_tombstones add column if not exists continued_by %s', (
    select format_type(atttypid, atttypmod) from pg_attribute
    where attrelid = 'public.strategies'::regclass and attname = 'id'));
end $$;
create index if not exists strategy_tombstones_said on public.strategy_tombstones (user_id, said);
create index if not exists strategy_tombstones_continued_by on public.strategy_tombstones (continued_by) where continued_by is not null;

-- As json_of, of what is no longer than anyone writes: brackets without end would exhaust whoever reads them.
create or replace function public.short_json_of(value jsonb) returns jsonb
language sql immutable strict set search_path = public as $$
  select case when octet_length(value::text) <= 40000 then json_of(value) else value end
$$;

-- What a strategy says, as a number: its conditions, competitions and expectation, not what it is called. Its rules count in
-- any order.
create or replace function public.said_by(s public.strategies) returns text
language sql stable set search_path = public as $$
  select md5(case when coalesce(d.said, 'null') <> 'null'
    then jsonb_build_array(d.said -> 'when', d.said -> 'expect', coalesce(l.ids, d.said -> 'competitions'))
    else jsonb_build_array(nullif(trim(s.desired_outcome::text), ''), l.ids, (
      select jsonb_agg(r.said order by r.said) from (
        select jsonb_build_array(r.value_type, r.metric, r.comparator, r.value, r.team_scope, short_json_of(to_jsonb(r.time_filter)),
          short_json_of(to_jsonb(r.lhs_json)), short_json_of(to_jsonb(r.rhs_json))) as said
        from rules r where r.strategy_id = s.id
      ) r)) end::text)
  from (select short_json_of(to_jsonb(s.definition)) as said) d,
    (select nullif(nullif(short_json_of(to_jsonb(s.league_ids)), '[]'), 'null') as ids) l
$$;

-- Adds to the counters of strategies ({strategy_id, total_triggers, total_hits, total_misses, total_voids} each, negative ones
-- too), in the order of their ids. The hit rate is a percentage of what was decided.
create or replace function public.add_to_counters(counts jsonb) returns void
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
  update performance p set total_triggers = now.triggers, total_hits = now.hits, total_misses = now.misses, total_voids = now.voids,
    hit_rate = coalesce(round(100.0 * now.hits / nullif(now.hits + now.misses, 0), 2), 0)
  from jsonb_populate_recordset(null::performance, counts) c, lateral (
    select coalesce(q.total_triggers, 0) + coalesce(c.total_triggers, 0) as triggers,
      coalesce(q.total_hits, 0) + c.total_hits as hits, coalesce(q.total_misses, 0) + c.total_misses as misses,
      coalesce(q.total_voids, 0) + c.total_voids as voids, q.ctid as place
    from performance q where q.strategy_id = c.strategy_id
  ) now
  where p.ctid = now.place;
end $$;

-- As in 20261126000005_outcomes.sql; those of a strategy that is continued count for the one that continues it.
create or replace function public.count_results(counts jsonb) returns void
language plpgsql set search_path = public as $$
begin
  -- Who hands on a record meanwhile waits, and counts what is counted here.
  perform from strategy_tombstones d
  where d.id in (select c.strategy_id from jsonb_populate_recordset(null::performance, counts) c) order by d.id for share;
  perform add_to_counters(summed.counts) from (
    select jsonb_agg(sums) as counts from (
      select coalesce(d.continued_by, c.strategy_id) as strategy_id, sum(c.total_hits) as total_hits,
        sum(c.total_misses) as total_misses, sum(c.total_voids) as total_voids
      from jsonb_populate_recordset(null::performance, counts) c left join strategy_tombstones d on d.id = c.strategy_id
      group by 1
    ) sums
  ) summed where summed.counts is not null;
end $$;

-- Hands the records of these tombstones (an array of {id}) on to a strategy ({id}), or takes them back (null).
create or replace function public.hand_on_records(gone jsonb, heir jsonb) returns void
language plpgsql set search_path = public as $$
declare
  to_whom constant strategy_tombstones := jsonb_populate_record(null::strategy_tombstones, heir);
  counts jsonb;
begin
  select jsonb_agg(sums) into counts from (
    select m.strategy_id, sum(m.sign * n.triggers) as total_triggers, sum(m.sign * n.hits) as total_hits,
      sum(m.sign * n.misses) as total_misses, sum(m.sign * n.voids) as total_voids
    from jsonb_populate_recordset(null::strategy_tombstones, gone) g
    join strategy_tombstones d on d.id = g.id
    cross join lateral (
      select count(*) as triggers, count(*) filter (where counted_as(t.*) = 'hit') as hits,
        count(*) filter (where counted_as(t.*) = 'miss') as misses, count(*) filter (where counted_as(t.*) = 'void') as voids
      from triggers t where t.strategy_id = d.id
    ) n
    cross join lateral (values (coalesce(d.continued_by, d.id), -1), (coalesce(to_whom.id, d.id), 1)) m (strategy_id, sign)
    group by m.strategy_id
  ) sums;
  update strategy_tombstones d set continued_by = to_whom.id
  from jsonb_populate_recordset(null::strategy_tombstones, gone) g where d.id = g.id;
  if counts is not null then
    perform add_to_counters(counts);
  end if;
end $$;

-- A strategy that says what one of the same owner said which is gone goes on with its record, unless another does already. Where
-- one goes that never fired, what it continued is there for the next; and what was said of it goes with it. All of that when the
-- statement is over, so that the service does not wait for what else whoever writes has asked for.
create or replace function public.continue_records() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  written jsonb;
  strategy strategies;
  gone jsonb;
begin
  if tg_table_name = 'strategies' and tg_op = 'DELETE' then
    delete from strategy_reasons r where r.strategy_id in (select c.id::text from changed c);
    with locked as (
      select d.id from strategy_tombstones d
      where d.continued_by in (select c.id from changed c)
        and not exists (select from strategy_tombstones h where h.id = d.continued_by)
      order by d.id for update
    )
    select jsonb_agg(l) into gone from locked l;
    if gone is not null then
      perform hand_on_records(gone, null);
      delete from performance p
      where p.strategy_id in (select c.id from changed c where not exists (select from strategy_tombstones d where d.id = c.id));
    end if;
    return null;
  end if;
  if tg_table_name = 'rules' then
    select jsonb_agg(jsonb_build_object('id', c.strategy_id)) into written from (select distinct strategy_id from changed) c;
  else
    select jsonb_agg(jsonb_build_object('id', c.id)) into written from changed c where c.user_id is not null;
  end if;
  if written is null then
    return null;
  end if;
  for strategy in
    select s.* from strategies s join jsonb_populate_recordset(null::strategies, written) w on w.id = s.id
    where exists (select from strategy_tombstones d where d.user_id = s.user_id and d.said is not null) order by s.id
  loop
    with locked as (
      select d.id from strategy_tombstones d
      where d.user_id = strategy.user_id and d.said = said_by(strategy)
        and not exists (select from strategies s where s.id = coalesce(d.continued_by, d.id))
      order by d.id for update
    )
    select jsonb_agg(l) into gone from locked l;
    if gone is not null then
      perform hand_on_records(gone, jsonb_build_object('id', strategy.id));
    end if;
  end loop;
  return null;
end $$;

-- Made where they are missing only: to make a trigger again would lock out those who read the table.
do $$
declare
  place text;
  event text;
begin
  foreach place in array array['strategies', 'rules'] loop
    foreach event in array array['insert', 'update', 'delete'] loop
      if not exists (select from pg_trigger
          where tgrelid = format('public.%I', place)::regclass and tgname = 'touchline_record_' || event) then
        execute format('create trigger %I after %s on public.%I referencing %s table as changed
          for each statement execute function public.continue_records()', 'touchline_record_' || event, event, place,
          case event when 'delete' then 'old' else 'new' end);
      end if;
    end loop;
  end loop;
end $$;

-- As in 20261126000005_outcomes.sql. An owner's strategy that never fired leaves nothing: whoever makes and deletes strategies
-- without end would fill the table.
create or replace function public.keep_tombstone() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  gone jsonb;
begin
  if tg_op = 'DELETE' then
    if old.user_id is not null and not exists (select from triggers t where t.strategy_id = old.id) then
      return old;
    end if;
    gone := to_jsonb(old.id);
  end if;
  insert into strategy_tombstones as d (id, user_id, name, definition, strategy_file, said)
  select s.id, s.user_id, s.name, coalesce(s.definition, jsonb_build_object('desired_outcome', s.desired_outcome,
    'league_ids', to_jsonb(s.league_ids), 'rules', coalesce(
      (select jsonb_agg(to_jsonb(r) order by r.id) from rules r where r.strategy_id = s.id), '[]'))), s.strategy_file,
    case when s.user_id is not null then said_by(s) end
  from strategies s
  where gone is null or s.id = (jsonb_populate_record(null::strategies, jsonb_build_object('id', gone))).id
  on conflict (id) do update set user_id = excluded.user_id, name = excluded.name, definition = excluded.definition,
    strategy_file = excluded.strategy_file, said = excluded.said, deleted_at = now();
  return old;
end $$;

-- As in 20261126000005_outcomes.sql; a strategy that continues others has their triggers beside its own, and those are told of
-- with it.
create or replace function public.strategy_performance(strategy text, since timestamptz, by_competition boolean) returns setof jsonb
language sql stable set search_path = public as $$
  with found as materialized (
    select s.id from strategies s where strategy is null or s.id::text = strategy or s.name = strategy
    union
    select coalesce(d.continued_by, d.id) from strategy_tombstones d
    where (strategy is null or d.id::text = strategy or d.name = strategy)
      and (d.continued_by is not null or not exists (select from strategies s where s.id = d.id)
        and exists (select from triggers t where t.strategy_id = d.id))
  ), named as materialized (
    select f.id, coalesce(s.name, d.name) as name from found f
    left join strategies s on s.id = f.id left join strategy_tombstones d on d.id = f.id and s.id is null
  ), counted as materialized (
    select n.id, n.id as fired from named n
    union all
    select n.id, d.id from named n join strategy_tombstones d on d.continued_by = n.id
  ), judged as (
    select c.id as strategy_id, case when by_competition then t.league_id::text end as competition, t.minute, t.snapshot_id,
      case when t.verdict = 'void' then 'void' when t.result::text = 'HIT' then 'hit' when t.result::text = 'MISS' then 'miss'
        when t.expectation is not null then 'open' end as outcome,
      row_number() over (partition by c.id, case when by_competition then t.league_id::text end
        order by t.triggered_at desc nulls last, t.id) as place
    from counted c join triggers t on t.strategy_id = c.fired
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

-- As in 20261126000005_outcomes.sql; what is continued is counted for the strategy that continues it, and has nothing itself.
create or replace function public.recount_performance(strategies jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  is_all constant boolean := jsonb_typeof(strategies) is distinct from 'array';
begin
  if strategies = '[]' then
    return;
  end if;
  lock table performance in share row exclusive mode;
  return query
  with given as materialized (
    select g.strategy_id from jsonb_populate_recordset(null::triggers, case when not is_all then strategies end) g
  ), asked as materialized (
    select g.strategy_id from given g
    union
    select d.continued_by from given g join strategy_tombstones d on d.id = g.strategy_id where d.continued_by is not null
  ), read as materialized (
    select a.strategy_id from asked a
    union
    select d.id from asked a join strategy_tombstones d on d.continued_by = a.strategy_id
  ), counted as materialized (
    select coalesce(d.continued_by, t.strategy_id) as strategy_id, count(*)::integer as triggers,
      (count(*) filter (where counted_as(t.*) = 'hit'))::integer as hits,
      (count(*) filter (where counted_as(t.*) = 'miss'))::integer as misses,
      (count(*) filter (where counted_as(t.*) = 'void'))::integer as voids
    from triggers t left join strategy_tombstones d on d.id = t.strategy_id
    where is_all or t.strategy_id in (select r.strategy_id from read r)
    group by 1
  ), added as (
    insert into performance (strategy_id, total_triggers, total_hits, total_misses, total_voids, hit_rate)
    select c.strategy_id, c.triggers, c.hits, c.misses, c.voids, coalesce(round(100.0 * c.hits / nullif(c.hits + c.misses, 0), 2), 0)
    from counted c where not exists (select from performance p where p.strategy_id = c.strategy_id)
    returning strategy_id
  ), wanted as (
    select p.ctid as place, p.strategy_id, row_number() over (partition by p.strategy_id order by p.ctid) = 1 as is_first,
      coalesce(c.triggers, 0) as triggers, coalesce(c.hits, 0) as hits, coalesce(c.misses, 0) as misses, coalesce(c.voids, 0) as voids
    from performance p left join counted c on c.strategy_id = p.strategy_id
    where is_all or p.strategy_id in (select r.strategy_id from read r)
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
  select distinct jsonb_build_object('strategy_id', c.strategy_id)
  from (select strategy_id from added union all select strategy_id from changed) c;
end $$;

-- As in 20261124000002_functions.sql, for versions that create triggers so: pairs of an owner who has as many triggers today as
-- may be get none, and are missing from the answer.
create or replace function public.create_triggers(candidates jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  most constant integer := (select l.most from owner_limits l where l.name = 'triggers');
  created jsonb;
  counts jsonb;
begin
  with brought as materialized (
    select c.*, s.user_id as owner,
      coalesce(u.count, 0) + row_number() over (partition by s.user_id order by c.strategy_id, c.match_id) as place
    from jsonb_array_elements(candidates) b
    cross join lateral jsonb_populate_record(null::triggers, match_columns(b)) c
    join strategies s on s.id = c.strategy_id
    left join owner_usage u on u.owner = s.user_id::text and u.what = 'triggers' and u.since = date_trunc('day', now(), 'UTC')
    where not exists (select from triggers t where t.strategy_id = c.strategy_id and t.match_id = c.match_id)
  ), inserted as (
    insert into triggers (strategy_id, match_id, triggered_at, period, minute, added, home_team, away_team, score_home,
      score_away, league_id, fixture_timestamp, evidence_json, snapshot, alert_state)
    select b.strategy_id, b.match_id, b.triggered_at, b.period, b.minute, b.added, b.home_team, b.away_team,
      b.score_home, b.score_away, b.league_id, b.fixture_timestamp, b.evidence_json, b.snapshot, 'pending'
    from brought b
    where b.owner is null or (b.place > most) is not true
    order by b.strategy_id, b.match_id
    on conflict (strategy_id, match_id) do nothing
    returning id, strategy_id
  )
  select (select jsonb_agg(jsonb_build_object('id', i.id)) from inserted i),
    (select jsonb_agg(c) from (select strategy_id, count(*) as total_triggers from inserted group by strategy_id) c)
  into created, counts;
  if created is null then
    return;
  end if;
  perform count_triggers(counts);
  return query
  select to_jsonb(a) from trigger_alerts a
  where a.id in (select c.id from jsonb_populate_recordset(null::triggers, created) c);
end $$;

-- Owners read these, and no more.
revoke references, trigger on public.triggers, public.performance, public.trigger_snapshots from anon, authenticated;

do $$
declare
  signature text;
begin
  foreach signature in array array['short_json_of(jsonb)', 'said_by(strategies)', 'add_to_counters(jsonb)', 'count_results(jsonb)',
    'hand_on_records(jsonb, jsonb)', 'continue_records()', 'keep_tombstone()', 'create_triggers(jsonb)',
    'strategy_performance(text, timestamptz, boolean)', 'recount_performance(jsonb)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
