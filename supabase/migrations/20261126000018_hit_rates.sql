-- The hit rate of a strategy that was never judged is 0, as it was once something had counted it: those who read the column show a
-- number. Applied twice it changes nothing; the version before this one counts through the same functions.
do $$
begin
  -- An older table may reckon it itself.
  if exists (select from pg_attribute
      where attrelid = 'public.performance'::regclass and attname = 'hit_rate' and attgenerated = '') then
    execute 'alter table public.performance alter column hit_rate set default 0';
    -- The rows that an older deployment wrote itself stay as they are until they are counted.
    execute 'update public.performance p set hit_rate = 0 where hit_rate is null and exists (
      select from public.triggers t where t.strategy_id = p.strategy_id and t.snapshot_id is not null)';
  end if;
end $$;

-- As in 20261126000017_records.sql; a hit rate that is missing is not what the triggers say.
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
      p.hit_rate::numeric) is distinct from (r.triggers::bigint, r.hits::bigint, r.misses::bigint, r.voids::bigint, r.rate)
    returning p.strategy_id
  )
  select distinct jsonb_build_object('strategy_id', c.strategy_id)
  from (select strategy_id from added union all select strategy_id from changed) c;
end $$;

revoke all on function public.recount_performance(jsonb) from public, anon, authenticated;
grant execute on function public.recount_performance(jsonb) to service_role;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
