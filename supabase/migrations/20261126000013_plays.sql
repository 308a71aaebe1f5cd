-- A match may be played again under its id. What is remembered of it belongs to one of its plays, and what is in doubt since a
-- step back of its clock is shared, so that all processes come to the same end. Applied twice it changes nothing; the version
-- before this one reads and writes match_history as before.

-- How often the match's past had begun anew by then.
alter table public.match_history add column if not exists play integer not null default 0;

-- What a match showed after a step back of its clock that the next poll is to settle; null once it is settled.
create table if not exists public.match_doubts (
  match_id text primary key,
  play integer not null,
  moment jsonb,
  recorder text not null,
  recorded_at timestamptz not null
);
create index if not exists match_doubts_recorded_at on public.match_doubts (recorded_at);
alter table public.match_doubts enable row level security;
revoke all on public.match_doubts from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.match_doubts to service_role;

-- As moments_of in 20261126000002_triggers_in_bulk.sql, each moment with its play, and what is in doubt of the same matches:
-- one row {asked_at, moments, doubts}.
create or replace function public.play_moments_of(match_ids jsonb, since timestamptz, reader text) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('asked_at', now(),
    'moments', (select coalesce(json_agg(m)::text, '[]') from (
      select h.match_id, h.period, h.minute, h.added, h.figures, h.play from match_history h
      where h.match_id in (select jsonb_array_elements_text(match_ids))
      union all
      select h.match_id, h.period, h.minute, h.added, h.figures, h.play from match_history h
      where exists (
          select from match_recorders r where r.recorder <> reader and r.recorded_at >= since - interval '15 seconds')
        and h.recorded_at >= since - interval '15 seconds' and h.recorder is distinct from reader
        and h.match_id not in (select jsonb_array_elements_text(match_ids))
    ) m),
    'doubts', (select coalesce(json_agg(m)::text, '[]') from (
      select d.match_id, d.play, d.moment from match_doubts d
      where d.match_id in (select jsonb_array_elements_text(match_ids))
      union all
      select d.match_id, d.play, d.moment from match_doubts d
      where exists (
          select from match_recorders r where r.recorder <> reader and r.recorded_at >= since - interval '15 seconds')
        and d.recorded_at >= since - interval '15 seconds' and d.recorder is distinct from reader
        and d.match_id not in (select jsonb_array_elements_text(match_ids))
    ) m))
$$;

-- Forgets what was recorded of matches two days ago and more, but for those that wait or were played since with something fired on
-- them that is still open: it is judged by their whole past. After 30 days it is not.
create or replace function public.forget_match_history() returns void
language plpgsql set search_path = public as $$
declare
  gone text[];
begin
  with old as materialized (
    select h.match_id, min(h.recorded_at) as recorded_at from match_history h where h.recorded_at < now() - interval '2 days' group by 1
    union
    select d.match_id, d.recorded_at from match_doubts d where d.recorded_at < now() - interval '2 days'
  )
  select array_agg(old.match_id) into gone from old
  where old.recorded_at < now() - interval '30 days' or not exists (
    select from triggers t where t.outcome_open and t.match_id::text = old.match_id);
  delete from match_history where recorded_at < now() - interval '2 days' and match_id = any (gone);
  delete from match_doubts where recorded_at < now() - interval '2 days' and match_id = any (gone);
end $$;

-- As save_moments, each moment with its play, and what is in doubt ({match_id, play, moment}). Of a match that is played again
-- the former plays are forgotten.
create or replace function public.save_play_moments(moments jsonb, doubts jsonb, writer text) returns setof jsonb
language plpgsql set search_path = public as $$
begin
  perform note_recorder(writer);
  delete from match_recorders where recorded_at < now() - interval '2 days';
  perform forget_match_history();
  delete from match_history h using (
    select m.match_id, max(m.play) as play from jsonb_populate_recordset(null::match_history, moments) m
    where m.play > 0 group by m.match_id
  ) again
  where h.match_id = again.match_id and h.play < again.play;
  insert into match_history as h (match_id, period, minute, added, figures, play, recorded_at, recorder)
  select m.match_id, m.period, m.minute, m.added, m.figures, m.play, clock_timestamp(), writer
  from jsonb_populate_recordset(null::match_history, moments) m
  order by m.match_id, m.period, m.minute, m.added
  on conflict (match_id, period, minute, added) do update
    set figures = excluded.figures, play = excluded.play, recorded_at = excluded.recorded_at, recorder = excluded.recorder
    where h.play <= excluded.play;
  if jsonb_array_length(doubts) > 0 then
    insert into match_doubts as d (match_id, play, moment, recorder, recorded_at)
    select m.match_id, m.play, nullif(m.moment, 'null'), writer, clock_timestamp()
    from jsonb_populate_recordset(null::match_doubts, doubts) m
    order by m.match_id
    on conflict (match_id) do update
      set play = excluded.play, moment = excluded.moment, recorder = excluded.recorder, recorded_at = excluded.recorded_at
      where d.play <= excluded.play;
  end if;
end $$;

do $$
declare
  signature text;
begin
  foreach signature in array array[
    'forget_match_history()', 'play_moments_of(jsonb, timestamptz, text)', 'save_play_moments(jsonb, jsonb, text)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
