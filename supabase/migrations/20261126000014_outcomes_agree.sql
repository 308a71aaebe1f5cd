-- What a row tells of an outcome is told whole, so that a correction after the end that moves the minute of a decision is
-- written; and a trigger is counted once, whatever an older deployment has written beside its verdict: void wins. Applied twice
-- it changes nothing; the version before this one goes on with the functions that it knows.

-- How a trigger's outcome stands, as its judges read it. It names nothing of a schema, and has no search_path of its own: so it
-- costs next to nothing where it is called.
create or replace function public.outcome_standing(t public.triggers) returns jsonb
language sql stable as $$
  select jsonb_build_object('version', coalesce(t.outcome_version, 0), 'verdict', t.verdict, 'home', t.verdict_score_home,
    'away', t.verdict_score_away, 'period', t.verdict_period, 'minute', t.verdict_minute, 'added', t.verdict_added,
    'values', t.verdict_values, 'at', t.verdict_at, 'final_at', t.verdict_final_at, 'settling', t.settling,
    'settling_since', t.settling_since)
$$;

-- As open_triggers in 20261126000005_outcomes.sql, each trigger also with what its verdict rests on.
create or replace function public.open_outcomes(match_ids jsonb, finals_since timestamptz) returns setof jsonb
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
    'triggers', jsonb_agg(jsonb_build_object('id', o.id::text, 'expectation', o.expectation, 'snapshot', o.snapshot_id,
      'own_snapshot', o.snapshot) || outcome_standing(o.*)))
  from open o group by o.match_id
$$;

-- What a trigger counts as: hit, miss, void or null. An older deployment may have written a result beside a void verdict.
create or replace function public.counted_as(t public.triggers) returns text
language sql stable as $$
  select case when t.verdict = 'void' then 'void' when t.result::text = 'HIT' then 'hit' when t.result::text = 'MISS' then 'miss' end
$$;

-- As resolve_triggers in 20261126000005_outcomes.sql, what was counted before being what the trigger counted as. Answers how each
-- stands (outcome_standing), with {id, applied, amend}.
create or replace function public.resolve_outcomes(results jsonb) returns setof jsonb
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
    select t.id, t.strategy_id, counted_as(t.*) as outcome, g.id as given_id
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
      verdict_values = case when g.keep then t.verdict_values else g."values" end, verdict_at = g.at,
      settling = g.settling, settling_since = g.settling_since,
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
    'total_hits', (g.verdict is not distinct from 'hit')::integer - (b.outcome is not distinct from 'hit')::integer,
    'total_misses', (g.verdict is not distinct from 'miss')::integer - (b.outcome is not distinct from 'miss')::integer,
    'total_voids', (g.verdict is not distinct from 'void')::integer - (b.outcome is not distinct from 'void')::integer))
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
  select jsonb_build_object('id', t.id::text, 'applied', t.id::text = any (coalesce(applied, '{}')),
    'amend', t.amendment is not distinct from 'pending') || outcome_standing(t.*)
  from triggers t where t.id::text = any (ids);
end $$;

do $$
declare
  signature text;
begin
  foreach signature in array array['open_outcomes(jsonb, timestamptz)', 'outcome_standing(triggers)', 'counted_as(triggers)',
    'resolve_outcomes(jsonb)'] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
