-- As in 20261126000007_limits.sql, in a third of the time: a batch of triggers is made by statements that read no more than they
-- need.
create or replace function public.create_bounded_triggers(matches jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  most constant integer := (select l.most from owner_limits l where l.name = 'triggers');
  held jsonb;
  leaving jsonb;
  ours uuid[];
  brought integer;
  created jsonb;
  counts jsonb;
  brought_by text[];
  there text[];
begin
  -- Who deletes one of them meanwhile waits, sees its triggers, and leaves a tombstone. Nobody waits for whoever deletes one already.
  -- Which they are is found out before: rows that are locked are sorted with all that they were found by, snapshots included.
  brought_by := array(
    select distinct c.strategy_id::text
    from jsonb_array_elements(matches) m, jsonb_populate_recordset(null::triggers, m -> 'triggers') c
  );
  select array_agg(l.id::text) into there from (
    select s.id from strategies s where s.id in (
      select p.strategy_id from unnest(brought_by) b (id),
        jsonb_populate_record(null::triggers, jsonb_build_object('strategy_id', b.id)) p
    ) order by s.id for key share skip locked
  ) l;
  if coalesce(cardinality(there), 0) < cardinality(brought_by) then
    select jsonb_agg(jsonb_build_object('strategy_id', c.strategy_id, 'match_id', p.match_id)) into leaving
    from jsonb_array_elements(matches) m
    cross join lateral jsonb_populate_record(null::triggers, jsonb_build_object('match_id', m -> 'shown' -> 'match_id')) p
    cross join lateral jsonb_populate_recordset(null::triggers, m -> 'triggers') c
    where c.strategy_id::text not in (select unnest(there)) and exists (select from strategies s where s.id = c.strategy_id);
  end if;
  select jsonb_agg(jsonb_build_object('strategy_id', o.strategy_id, 'match_id', o.match_id)) into held from (
    select c.strategy_id, p.match_id,
      coalesce(u.count, 0) + row_number() over (partition by s.user_id order by c.strategy_id, p.match_id) as place
    from jsonb_array_elements(matches) m
    cross join lateral jsonb_populate_record(null::triggers, jsonb_build_object('match_id', m -> 'shown' -> 'match_id')) p
    cross join lateral jsonb_to_recordset(m -> 'triggers') as g (strategy_id text)
    cross join lateral jsonb_populate_record(null::triggers, jsonb_build_object('strategy_id', g.strategy_id)) c
    join strategies s on s.id = c.strategy_id and s.user_id is not null
    left join owner_usage u on u.owner = s.user_id::text and u.what = 'triggers' and u.since = date_trunc('day', now(), 'UTC')
  ) o
  where o.place > most
    and not exists (select from triggers t where t.strategy_id = o.strategy_id and t.match_id = o.match_id);

  with given as materialized (
    select gen_random_uuid() as snapshot_key, m -> 'snapshot' as shown_snapshot, m -> 'triggers' as brought, shown.*
    from jsonb_array_elements(matches) m,
      jsonb_populate_record(null::triggers, match_columns(m -> 'shown')) shown
  ), kept_back as materialized (
    select h.strategy_id, h.match_id from jsonb_populate_recordset(null::triggers, held) h
  ), inserted as (
    insert into triggers (strategy_id, match_id, triggered_at, period, minute, added, home_team, away_team, score_home,
      score_away, league_id, fixture_timestamp, evidence_json, snapshot_id, alert_state, expectation, outcome_open, strategy_text)
    select c.strategy_id, g.match_id, g.triggered_at, g.period, g.minute, g.added, g.home_team, g.away_team,
      g.score_home, g.score_away, g.league_id, g.fixture_timestamp, c.evidence_json, g.snapshot_key, 'pending',
      c.expectation, case when c.expectation is not null then true end, c.strategy_text
    from given g, jsonb_populate_recordset(null::triggers, g.brought) c
    where c.strategy_id::text in (select unnest(there))
      and (c.strategy_id, g.match_id) not in (select h.strategy_id, h.match_id from kept_back h)
      and (c.strategy_text is null or not exists (
        select from triggers t where t.strategy_text = c.strategy_text and t.match_id = g.match_id
          and t.strategy_id <> c.strategy_id and not exists (select from strategies s where s.id = t.strategy_id)))
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
  if held is not null then
    return query select h || '{"held": true}' from jsonb_array_elements(held) h;
  end if;
  if leaving is not null then
    return query select l || '{"leaving": true}' from jsonb_array_elements(leaving) l;
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

-- PostgreSQL compiles what it believes to be costly, which takes longer than anything here takes to run.
alter function public.touchline_call(text, jsonb) set jit = off;
