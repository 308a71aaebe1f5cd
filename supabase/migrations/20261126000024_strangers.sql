-- What one owner writes costs nobody else, in a few more ways. Applied twice it changes nothing; the version before this one goes on.

-- As in 20261126000017_records.sql; null where it cannot be told, because an older table keeps JSON as it was written ("\u0000",
-- 1e999999, brackets without end): such a strategy can be changed and deleted as any other, and goes on with nobody's record.
create or replace function public.said_by(s public.strategies) returns text
language plpgsql stable set search_path = public as $$
begin
  return (
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
  );
exception when others then
  return null;
end $$;

-- What a tombstone keeps of a strategy; null where it cannot be read.
create or replace function public.kept_of(s public.strategies) returns jsonb
language plpgsql stable set search_path = public as $$
begin
  return coalesce(s.definition, jsonb_build_object('desired_outcome', s.desired_outcome, 'league_ids', to_jsonb(s.league_ids),
    'rules', coalesce((select jsonb_agg(to_jsonb(r) order by r.id) from rules r where r.strategy_id = s.id), '[]')));
exception when others then
  return null;
end $$;

-- As in 20261126000017_records.sql, whatever the strategy says.
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
  select s.id, s.user_id, s.name, kept_of(s), s.strategy_file, case when s.user_id is not null then said_by(s) end
  from strategies s
  where gone is null or s.id = (jsonb_populate_record(null::strategies, jsonb_build_object('id', gone))).id
  on conflict (id) do update set user_id = excluded.user_id, name = excluded.name, definition = excluded.definition,
    strategy_file = excluded.strategy_file, said = excluded.said, deleted_at = now();
  return old;
end $$;

-- As in 20261126000019_requests.sql. Rules that go with their strategy are no rows of the request: otherwise one of more rules than
-- are changed in an hour could never be deleted.
create or replace function public.bound_request() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  -- What of the request is counted: an upsert is both.
  place constant text := format('touchline.%s_%s', lower(tg_op), tg_table_name);
  -- In a session that has served a request before it is empty.
  rows constant integer := coalesce(nullif(current_setting(place, true), ''), '0')::integer + 1;
  bound text := case when tg_op = 'INSERT' and tg_table_name = 'strategies' then 'strategies' else 'changes' end;
  most integer;
begin
  if tg_op = 'DELETE' and pg_trigger_depth() > 1 then
    return old;
  end if;
  if requesting_owner() is not null then
    select l.most into most from owner_limits l where l.name = bound;
    if rows > most and bound = 'strategies' then
      raise check_violation using message = format('an owner has at most %s strategies', most),
        hint = 'Delete strategies that are not used any more.';
    elsif rows > most then
      raise check_violation using message = format('at most %s rows are changed in an hour', most), hint = 'Wait until the next hour.';
    end if;
    perform set_config(place, rows::text, true);
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;

-- Keeps others from writing for these owners, or to these strategies, until the transaction is over: what is counted then is all
-- that there is. A statement that writes for very many is an import, beside which nobody writes.
create or replace function public.take_turns(of text, keys text[]) returns void
language sql set search_path = public as $$
  select pg_advisory_xact_lock(hashtext('touchline ' || of), k.key)
  from (select distinct hashtext(each) as key from unnest(keys) each order by 1 limit 100) k
$$;

-- As in 20261126000007_limits.sql, whoever writes at the same time, the service too.
create or replace function public.bound_strategies_of_owner() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  most integer;
  beyond text;
begin
  perform count_owner_changes((select count(*) from changed));
  if tg_op = 'INSERT' then
    perform take_turns('strategies', array(select distinct c.user_id::text from changed c where c.user_id is not null));
    select l.most into most from owner_limits l where l.name = 'strategies';
    select o.user_id::text into beyond
    from (select distinct c.user_id from changed c where c.user_id is not null) o
    where (select count(*) from (select 1 from strategies s where s.user_id = o.user_id limit most + 1) found) > most limit 1;
    if beyond is not null then
      raise check_violation using message = format('an owner has at most %s strategies', most),
        hint = 'Delete strategies that are not used any more.';
    end if;
  end if;
  return null;
end $$;

create or replace function public.bound_rules_of_strategy() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  most integer;
  bytes constant integer := (select l.most from owner_limits l where l.name = 'size');
  beyond record;
begin
  perform count_owner_changes((select count(*) from changed c
    -- Those that go with their strategy.
    where tg_op <> 'DELETE' or exists (select from strategies s where s.id = c.strategy_id)));
  if tg_op = 'INSERT' then
    perform take_turns('rules', array(select distinct c.strategy_id::text from changed c
      where exists (select from strategies s where s.id = c.strategy_id and s.user_id is not null)));
    select l.most into most from owner_limits l where l.name = 'rules';
    select s.id, r.rules > most as is_many into beyond
    from (select distinct c.strategy_id from changed c) o
    join strategies s on s.id = o.strategy_id and s.user_id is not null
    cross join lateral (select count(*) as rules from (select 1 from rules r where r.strategy_id = s.id limit most + 1) found) r
    where r.rules > most or rules_have_more_than(bytes, s.id)
    limit 1;
    if beyond.is_many then
      raise check_violation using message = format('a strategy has at most %s rules', most);
    elsif beyond.id is not null then
      raise check_violation using message = format('a strategy has at most %s bytes, all its rules included', bytes);
    end if;
  end if;
  return null;
end $$;

-- As judged_triggers_by_id, each with whether the chat of its message takes nothing any more from its owner (chat_stopped);
-- null where the chat was never linked, as the operator's own.
create or replace function public.told_triggers(ids jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  select told || jsonb_build_object('chat_stopped', (select l.muted_at is not null from chat_links l
    where l.user_id = told ->> 'owner' and l.chat_id = told #>> '{receipt,chatId}'))
  from judged_triggers_by_id(ids) told
$$;

-- Nobody without a token deletes anything: no row is theirs.
revoke delete on public.strategies, public.rules, public.user_telegram from anon;

do $$
declare
  signature text;
begin
  foreach signature in array array['said_by(strategies)', 'kept_of(strategies)', 'keep_tombstone()', 'bound_request()',
    'take_turns(text, text[])', 'bound_strategies_of_owner()', 'bound_rules_of_strategy()', 'told_triggers(jsonb)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
