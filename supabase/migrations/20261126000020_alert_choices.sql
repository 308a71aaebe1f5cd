-- The strategies that alerts can be looked for by: {id, name}, those that ever fired, deleted ones too, by name, at most max_rows.
create or replace function public.strategies_with_alerts(max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('id', p.strategy_id::text, 'name', coalesce(s.name, d.name, ''))
  from (select distinct c.strategy_id from performance c where c.total_triggers > 0) p
  left join strategies s on s.id = p.strategy_id
  left join strategy_tombstones d on d.id = p.strategy_id and s.id is null
  order by coalesce(s.name, d.name, ''), p.strategy_id limit max_rows
$$;

revoke all on function public.strategies_with_alerts(integer) from public, anon, authenticated;
grant execute on function public.strategies_with_alerts(integer) to service_role;

notify pgrst, 'reload schema';
