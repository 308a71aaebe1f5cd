-- Retention: of triggers that are long settled the details can be forgotten. The pair stays, with its result, its times, its
-- teams and its score; so it is triggered no second time, and counters and recounts say what they said. Applied twice it
-- changes nothing; the version before this one reads what is left as it reads any trigger.

-- When a snapshot was taken; null once its details are forgotten. Those that were there before count from now on.
alter table public.trigger_snapshots add column if not exists taken_at timestamptz default now();
create index if not exists trigger_snapshots_taken_at on public.trigger_snapshots (taken_at) where taken_at is not null;
-- Triggers that hold their snapshot themselves: those of versions that made no others. Without them it is empty; building it
-- reads the table once, as that of triggers_match does.
create index if not exists triggers_own_snapshots on public.triggers (triggered_at) where snapshot is not null;

-- Whether anything is still to be told or judged of a trigger, or its verdict became final after `before`, and so may be revised.
-- It names nothing of a schema, and has no search_path of its own:
-- so it costs next to nothing where it is called.
create or replace function public.is_unsettled(t public.triggers, before timestamptz) returns boolean
language sql immutable as $$
  select t.alert_state = 'pending' or t.outcome_open is true or t.amendment is not distinct from 'pending'
    or (t.verdict_final_at >= before) is true
$$;

-- Forgets the details of settled triggers from before a time, the oldest first: figures and odds of the snapshot, evidence,
-- the text of the message. max_rows snapshots at most, or that many triggers that hold theirs themselves. Answers {snapshots,
-- triggers}: how many it forgot the details of. What somebody else is at is left for the next call.
create or replace function public.forget_trigger_details(before timestamptz, max_rows integer) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  -- An older table may keep evidence as text.
  no_evidence constant triggers := jsonb_populate_record(null::triggers, '{"evidence_json": []}');
  taken integer;
  changed integer;
  own integer;
begin
  with old as materialized (
    select s.id, s.match_id from trigger_snapshots s
    where s.taken_at < before and not exists (
      select from triggers t where t.match_id = s.match_id and t.snapshot_id = s.id and is_unsettled(t, before))
    order by s.taken_at limit max_rows for update skip locked
  ), slim as (
    update trigger_snapshots s set taken_at = null, snapshot = jsonb_build_object('match', s.snapshot -> 'match',
      'clock', s.snapshot -> 'clock', 'score', s.snapshot -> 'score')
    from old where s.id = old.id
    returning s.id
  ), forgotten as (
    update triggers t set evidence_json = no_evidence.evidence_json,
      alert_receipt = t.alert_receipt || case when t.alert_receipt ? 'text' then '{"text": ""}' else '{}' end::jsonb
    from old where t.match_id = old.match_id and t.snapshot_id = old.id
    returning t.id
  )
  select (select count(*) from slim), (select count(*) from forgotten) into taken, changed;

  with old as materialized (
    select t.id, gen_random_uuid() as snapshot_id from triggers t
    where t.snapshot is not null and t.triggered_at < before and not is_unsettled(t, before)
    order by t.triggered_at limit max_rows for update skip locked
  ), slim as (
    insert into trigger_snapshots (id, match_id, taken_at, snapshot)
    select old.snapshot_id, t.match_id, null, jsonb_build_object('match', t.snapshot -> 'match',
      'clock', t.snapshot -> 'clock', 'score', t.snapshot -> 'score')
    from old join triggers t on t.id = old.id
  ), forgotten as (
    update triggers t set snapshot = null, snapshot_id = old.snapshot_id, evidence_json = no_evidence.evidence_json,
      alert_receipt = t.alert_receipt || case when t.alert_receipt ? 'text' then '{"text": ""}' else '{}' end::jsonb
    from old where t.id = old.id
    returning t.id
  )
  select count(*) from forgotten into own;

  return query select jsonb_build_object('snapshots', taken + own, 'triggers', changed + own);
end $$;

do $$
declare
  signature text;
begin
  foreach signature in array array['is_unsettled(triggers, timestamptz)', 'forget_trigger_details(timestamptz, integer)'] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

notify pgrst, 'reload schema';
