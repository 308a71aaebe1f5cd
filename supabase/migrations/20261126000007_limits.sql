-- What the rows of one owner may cost: that owner, and nobody else. Owners write into these tables with their own tokens, so what
-- they write is bounded when it is written and when it is read. Rows without an owner are the operator's, and unlimited.
-- Applied twice it changes nothing; the version before this one goes on with the functions that it knows.

-- The limits, by the names of src/rules/rows/limits.ts, which tells what each means. A service writes those of its settings
-- here when it starts; without a row there is no limit.
create table if not exists public.owner_limits (name text primary key, most integer not null);
alter table public.owner_limits enable row level security;
drop policy if exists touchline_everyone on public.owner_limits;
create policy touchline_everyone on public.owner_limits for select to authenticated using (true);
revoke all on public.owner_limits from anon;
revoke insert, update, delete, truncate, references, trigger on public.owner_limits from authenticated;
grant select on public.owner_limits to authenticated;
grant select, insert, update, delete on public.owner_limits to service_role;
insert into public.owner_limits (name, most) values
  ('strategies', 200), ('rules', 100), ('conditions', 100), ('depth', 16), ('terms', 40), ('name', 200), ('text', 4000),
  ('size', 32000), ('price', 10000), ('changes', 5000), ('triggers', 2000), ('alerts', 60)
on conflict (name) do nothing;

-- Sets the limits ({name: most}).
create or replace function public.set_owner_limits(limits jsonb) returns setof jsonb
language sql set search_path = public as $$
  insert into owner_limits as l (name, most) select key, value::integer from jsonb_each_text(limits) order by key
  on conflict (name) do update set most = excluded.most where l.most is distinct from excluded.most
  returning jsonb_build_object('name', name)
$$;

-- Why a strategy, or a strategy on one match, is not watched or did not fire: the one place of such reasons, so that writing
-- one is no change of the strategy. Their owner reads them here.
create table if not exists public.strategy_reasons (
  strategy_id text not null,
  -- Empty where it concerns the strategy on all matches.
  match_id text not null default '',
  owner text not null,
  reason text not null,
  noted_at timestamptz not null default now(),
  primary key (strategy_id, match_id)
);
create index if not exists strategy_reasons_owner on public.strategy_reasons (owner, noted_at);
create index if not exists strategy_reasons_noted_at on public.strategy_reasons (noted_at) where match_id <> '';
alter table public.strategy_reasons enable row level security;
drop policy if exists touchline_owner on public.strategy_reasons;
create policy touchline_owner on public.strategy_reasons for select to authenticated
  using (owner = (select auth.uid())::text);
revoke all on public.strategy_reasons from anon;
revoke insert, update, delete, truncate, references, trigger on public.strategy_reasons from authenticated;
grant select on public.strategy_reasons to authenticated;
grant select, insert, update, delete on public.strategy_reasons to service_role;

-- What owners have used of their limits: triggers and pairs held back a day, changes of rows an hour. By the clock of the
-- database; what is older than a week is forgotten when its owner's next row is written.
create table if not exists public.owner_usage (
  owner text not null,
  -- The beginning of the day or the hour.
  since timestamptz not null,
  what text not null check (what in ('triggers', 'held_back', 'changes')),
  count integer not null,
  primary key (owner, what, since)
);
alter table public.owner_usage enable row level security;
drop policy if exists touchline_owner on public.owner_usage;
create policy touchline_owner on public.owner_usage for select to authenticated using (owner = (select auth.uid())::text);
revoke all on public.owner_usage from anon;
revoke insert, update, delete, truncate, references, trigger on public.owner_usage from authenticated;
grant select on public.owner_usage to authenticated;
grant select, insert, update, delete on public.owner_usage to service_role;

-- Notes reasons ({strategy_id, match_id, reason} each; without a reason: there is none any more; without a match: of the
-- strategy). Of pairs an owner keeps a hundred a day: the others are counted. Answers with those that are new: {strategy_id}.
create or replace function public.note_strategy_reasons(reasons jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
begin
  delete from strategy_reasons r using jsonb_to_recordset(reasons) as g (strategy_id text, match_id text, reason text)
  where r.strategy_id = g.strategy_id and r.match_id = coalesce(g.match_id, '') and g.reason is null;
  delete from strategy_reasons where match_id <> '' and noted_at < now() - interval '2 days';
  return query
  with given as materialized (
    select distinct on (g.strategy_id, g.match_id) g.strategy_id, coalesce(g.match_id, '') as match_id, g.reason,
      s.user_id::text as owner
    from jsonb_to_recordset(reasons) as g (strategy_id text, match_id text, reason text)
    cross join lateral (select (jsonb_populate_record(null::strategies, jsonb_build_object('id', g.strategy_id))).id) asked
    join strategies s on s.id = asked.id
    where g.reason is not null and s.user_id is not null
    order by g.strategy_id, g.match_id
  ), numbered as (
    select g.*, row_number() over (partition by g.owner, g.match_id = '' order by g.strategy_id, g.match_id) + (
      select count(*) from strategy_reasons r
      where g.match_id <> '' and r.owner = g.owner and r.match_id <> '' and r.noted_at >= date_trunc('day', now(), 'UTC')) as place
    from given g
  )
  insert into strategy_reasons as r (strategy_id, match_id, owner, reason)
  select n.strategy_id, n.match_id, n.owner, n.reason from numbered n where n.match_id = '' or n.place <= 100
  order by n.strategy_id, n.match_id
  on conflict (strategy_id, match_id) do update set reason = excluded.reason, owner = excluded.owner, noted_at = now()
    where (r.reason, r.owner) is distinct from (excluded.reason, excluded.owner)
  returning jsonb_build_object('strategy_id', r.strategy_id);
end $$;

-- Counts what owners used ({owner, count} each). Ordered, so that two calls wait for each other and never lock each other out.
create or replace function public.count_owner_usage(used text, since timestamptz, counts jsonb) returns void
language sql set search_path = public as $$
  insert into owner_usage as u (owner, what, since, count)
  select c.owner, used, count_owner_usage.since, c.count from jsonb_to_recordset(counts) as c (owner text, count integer)
  order by c.owner
  on conflict (owner, what, since) do update set count = u.count + excluded.count
$$;

-- Counts pairs that were held back today ({owner, count} each).
create or replace function public.count_held_back(counts jsonb) returns setof jsonb
language sql set search_path = public as $$
  select count_owner_usage('held_back', date_trunc('day', now(), 'UTC'), counts);
  select jsonb_build_object('owner', u.owner, 'count', u.count) from owner_usage u
  join jsonb_to_recordset(counts) as c (owner text) on u.owner = c.owner
  where u.what = 'held_back' and u.since = date_trunc('day', now(), 'UTC')
$$;

-- How many triggers each of these owners (an array) has today: {owner, triggers, day}, where `day` is when today began.
create or replace function public.triggers_of_owners(owners jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('owner', o.owner, 'triggers', coalesce(u.count, 0), 'day', date_trunc('day', now(), 'UTC'))
  from jsonb_array_elements_text(owners) o (owner)
  left join owner_usage u on u.owner = o.owner and u.what = 'triggers' and u.since = date_trunc('day', now(), 'UTC')
$$;

-- JSON that an older table keeps as text. Whatever cannot be made JSON here (a zero character, a number beyond all numbers,
-- brackets without end) stays the text that it is: whoever reads it says what is wrong with it.
create or replace function public.json_of(value jsonb) returns jsonb
language plpgsql immutable strict set search_path = public as $$
begin
  if jsonb_typeof(value) <> 'string' then
    return value;
  end if;
  begin
    return (value #>> '{}')::jsonb;
  exception when others then
    return value;
  end;
end $$;

-- Refuses a row that is more than its owner may write. What an older row has beyond a limit stays: it is refused only where it
-- grows. The rows of the operator, who has no user_id, are not looked at.
create or replace function public.bound_strategy() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  most jsonb;
  size integer;
begin
  if new.user_id is null then
    return new;
  end if;
  select jsonb_object_agg(l.name, l.most) into most from owner_limits l;
  if new.name is null or new.name::text ~ '^\s*$' then
    if tg_op = 'INSERT' or old.name is distinct from new.name then
      raise check_violation using message = 'a strategy has a name';
    end if;
  end if;
  if length(new.name::text) > (most ->> 'name')::integer and (tg_op = 'INSERT' or old.name is distinct from new.name) then
    raise check_violation using message = format('the name of a strategy has at most %s characters', most ->> 'name');
  end if;
  if new.name::text ~ '[\x01-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]'
      and (tg_op = 'INSERT' or old.name is distinct from new.name) then
    raise check_violation using message = 'the name of a strategy is one line of text, without control characters';
  end if;
  if length(new.description::text) > (most ->> 'text')::integer
      and (tg_op = 'INSERT' or old.description is distinct from new.description) then
    raise check_violation using message = format('the description of a strategy has at most %s characters', most ->> 'text');
  end if;
  if length(new.desired_outcome::text) > (most ->> 'text')::integer
      and (tg_op = 'INSERT' or old.desired_outcome is distinct from new.desired_outcome) then
    raise check_violation using message = format('the outcome of a strategy has at most %s characters', most ->> 'text');
  end if;
  size := octet_length(row_to_json(new)::text);
  -- A little more is no growth: false is longer than true.
  if size > (most ->> 'size')::integer and (tg_op = 'INSERT' or size > octet_length(row_to_json(old)::text) + 16) then
    raise check_violation using message = format('a strategy has at most %s bytes', most ->> 'size');
  end if;
  return new;
end $$;

create or replace function public.bound_rule() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  size constant integer := octet_length(row_to_json(new)::text);
  most constant integer := (select l.most from owner_limits l where l.name = 'size');
begin
  if size > most and (tg_op = 'INSERT' or size > octet_length(row_to_json(old)::text))
      and exists (select from strategies s where s.id = new.strategy_id and s.user_id is not null) then
    raise check_violation using message = format('a rule has at most %s bytes', most);
  end if;
  -- Rules that are new are counted when all of a statement are there.
  if tg_op = 'UPDATE' and new.strategy_id is distinct from old.strategy_id and (
      select count(*) from rules r join strategies s on s.id = r.strategy_id and s.user_id is not null
      where r.strategy_id = new.strategy_id) >= (select l.most from owner_limits l where l.name = 'rules') then
    raise check_violation using message = 'the strategy has as many rules as may be';
  end if;
  return new;
end $$;

create or replace function public.bound_user_telegram() returns trigger
language plpgsql set search_path = public as $$
begin
  if length(new.chat_id::text) > 64 and (tg_op = 'INSERT' or old.chat_id is distinct from new.chat_id) then
    raise check_violation using message = 'a chat has at most 64 characters';
  end if;
  return new;
end $$;

-- Whose token the request came with; null where it is no request of an owner. In a session that served one before, what is said
-- of the request is empty, which auth.uid() need not be able to read.
create or replace function public.requesting_owner() returns text
language sql stable set search_path = public as $$
  select case when concat(current_setting('request.jwt.claims', true), current_setting('request.jwt.claim.sub', true)) <> ''
    then auth.uid()::text end
$$;

-- Counts the rows that an owner changes with a token of their own, and refuses more when there were so many in an hour: whoever
-- flips a row without end costs every reader of strategies. Only the owner's own statements wait here for each other.
create or replace function public.count_owner_changes(rows_changed bigint) returns void
language plpgsql security definer set search_path = public as $$
declare
  who constant text := requesting_owner();
  most integer;
  used integer;
begin
  if who is null or rows_changed = 0 then
    return;
  end if;
  select l.most into most from owner_limits l where l.name = 'changes';
  delete from owner_usage u where u.owner = who and u.since < now() - interval '7 days';
  insert into owner_usage as u (owner, what, since, count)
  values (who, 'changes', date_trunc('hour', now(), 'UTC'), least(rows_changed, 1000000)::integer)
  on conflict (owner, what, since) do update set count = u.count + excluded.count
  returning u.count into used;
  if used - rows_changed >= most or rows_changed > most then
    raise check_violation using message = format('at most %s rows are changed in an hour', most),
      hint = 'Wait until the next hour.';
  end if;
end $$;

-- Refuses an owner whose hour is used up before anything is written: what is refused afterwards has cost as much as what is taken,
-- and leaves dead rows for everybody to read past.
create or replace function public.refuse_owner_changes() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  who constant text := requesting_owner();
  most integer;
begin
  if who is not null then
    select l.most into most from owner_limits l where l.name = 'changes';
    if exists (select from owner_usage u where u.owner = who and u.what = 'changes'
        and u.since = date_trunc('hour', now(), 'UTC') and u.count >= most) then
      raise check_violation using message = format('at most %s rows are changed in an hour', most),
        hint = 'Wait until the next hour.';
    end if;
  end if;
  return null;
end $$;

create or replace function public.bound_strategies_of_owner() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  most integer;
  beyond text;
begin
  perform count_owner_changes((select count(*) from changed));
  if tg_op = 'INSERT' then
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
  beyond text;
begin
  perform count_owner_changes((select count(*) from changed));
  if tg_op = 'INSERT' then
    select l.most into most from owner_limits l where l.name = 'rules';
    select s.id::text into beyond
    from (select distinct c.strategy_id from changed c) o join strategies s on s.id = o.strategy_id and s.user_id is not null
    where (select count(*) from (select 1 from rules r where r.strategy_id = s.id limit most + 1) found) > most
    limit 1;
    if beyond is not null then
      raise check_violation using message = format('a strategy has at most %s rules', most);
    end if;
  end if;
  return null;
end $$;

create index if not exists strategies_user_id on public.strategies (user_id);

-- Made where they are missing only: to make a trigger again would lock out those who read the table.
do $$
declare
  bounded record;
  event text;
  seen text;
begin
  for bounded in select * from (values
      ('strategies', 'bound_strategy', 'bound_strategies_of_owner'), ('rules', 'bound_rule', 'bound_rules_of_strategy'),
      ('user_telegram', 'bound_user_telegram', null)) as b (name, each_row, all_rows) loop
    if not exists (select from pg_trigger
        where tgrelid = format('public.%I', bounded.name)::regclass and tgname = 'touchline_bound') then
      execute format('create trigger touchline_bound before insert or update on public.%I for each row execute function public.%I()',
        bounded.name, bounded.each_row);
    end if;
    continue when bounded.all_rows is null;
    foreach event in array array['insert', 'update', 'delete'] loop
      if not exists (select from pg_trigger
          where tgrelid = format('public.%I', bounded.name)::regclass and tgname = 'touchline_allowed_' || event) then
        execute format('create trigger %I before %s on public.%I for each statement execute function public.refuse_owner_changes()',
          'touchline_allowed_' || event, event, bounded.name);
      end if;
      if not exists (select from pg_trigger
          where tgrelid = format('public.%I', bounded.name)::regclass and tgname = 'touchline_bound_' || event) then
        seen := case event when 'insert' then 'new table as changed'
          when 'update' then 'new table as changed' else 'old table as changed' end;
        execute format('create trigger %I after %s on public.%I referencing %s for each statement execute function public.%I()',
          'touchline_bound_' || event, event, bounded.name, seen, bounded.all_rows);
      end if;
    end loop;
  end loop;
end $$;

-- As in 20261126000001_strategies_followed.sql. Of an owner's strategy that is more than may be read, only what names it, and in
-- `beyond` the limit that it is beyond: sizes are looked at before anything of them is read.
create or replace view public.watched_strategies with (security_invoker = true) as
select s.id, said.content, hashtextextended(said.content, 0) as fingerprint
from public.strategies s
cross join (
  select max(l.most) filter (where l.name = 'rules') as rules, max(l.most) filter (where l.name = 'size') as size
  from public.owner_limits l
  offset 0
) most
cross join lateral (
  select case
      when s.user_id is null then null
      when coalesce(pg_column_size(s.name), 0) + coalesce(pg_column_size(s.description), 0) + coalesce(pg_column_size(s.league_ids), 0)
        + coalesce(pg_column_size(s.desired_outcome), 0) + coalesce(pg_column_size(s.definition), 0) > most.size then 'size'
      when r.rules > most.rules then 'rules'
      when r.size > most.size then 'size' end as beyond
  from (
    select count(*) as rules, sum(coalesce(pg_column_size(each.metric), 0) + coalesce(pg_column_size(each.value), 0)
      + coalesce(pg_column_size(each.time_filter), 0) + coalesce(pg_column_size(each.lhs_json), 0)
      + coalesce(pg_column_size(each.rhs_json), 0)) as size
    from (
      select r.metric, r.value, r.time_filter, r.lhs_json, r.rhs_json from public.rules r
      where s.user_id is not null and r.strategy_id = s.id limit most.rules + 1
    ) each
  ) r
  offset 0
) bounds
cross join lateral (
  select case when bounds.beyond is null then
    json_build_object('id', s.id, 'user_id', s.user_id, 'name', s.name, 'description', s.description,
      'desired_outcome', s.desired_outcome, 'is_active', s.is_active, 'league_ids', s.league_ids,
      'definition', s.definition, 'rules', coalesce(
        (select json_agg(json_build_object('id', r.id, 'value_type', r.value_type, 'metric', r.metric,
            'comparator', r.comparator, 'value', r.value, 'team_scope', r.team_scope,
            'time_filter', r.time_filter, 'lhs_json', r.lhs_json, 'rhs_json', r.rhs_json) order by r.id)
          from public.rules r where r.strategy_id = s.id), '[]'))::text end as content
  -- Made once, not once for each column above.
  offset 0
) whole
cross join lateral (
  select case when bounds.beyond is null and (s.user_id is null or octet_length(whole.content) <= coalesce(most.size, 2147483647))
    then whole.content
    else json_build_object('id', s.id, 'user_id', s.user_id, 'name', left(s.name::text, 100), 'is_active', s.is_active,
      'beyond', coalesce(bounds.beyond, 'size'))::text end as content
  offset 0
) said
where s.is_active and s.strategy_file is null;

-- As in 20261124000002_functions.sql, for versions that read strategies so: each by itself. One that cannot be read is left out.
create or replace function public.active_strategies() returns setof jsonb
language plpgsql stable set search_path = public as $$
declare
  each record;
begin
  for each in select s.id from strategies s where s.is_active order by left(s.name::text, 1000), s.id loop
    begin
      return query
      select to_jsonb(s) || jsonb_build_object('league_ids', json_of(to_jsonb(s) -> 'league_ids'), 'rules', coalesce(
        (select jsonb_agg(to_jsonb(r) || jsonb_build_object('time_filter', json_of(to_jsonb(r.time_filter)),
            'lhs_json', json_of(to_jsonb(r.lhs_json)), 'rhs_json', json_of(to_jsonb(r.rhs_json))) order by r.id)
          from rules r where r.strategy_id = s.id), '[]'))
      from strategies s
      where s.id = each.id
        and not exists (select from watched_strategies w where w.id = s.id and w.content::json ->> 'beyond' is not null);
    exception when others then
      raise warning 'strategy % cannot be read and is left out: %', each.id, sqlerrm;
    end;
  end loop;
end $$;

-- Strategies of the operator: added, or brought up to date, under the ids that they have. Never one that has an owner.
create or replace function public.save_strategies(definitions jsonb) returns setof jsonb
language sql set search_path = public as $$
  insert into strategies as s (id, name, description, is_active, definition) overriding system value
  select d.id, d.name, d.description, d.is_active, d.definition
  from jsonb_populate_recordset(null::strategies, definitions) d
  order by d.id
  on conflict (id) do update set name = excluded.name, description = excluded.description,
    is_active = excluded.is_active, definition = excluded.definition
  where s.user_id is null
  returning jsonb_build_object('id', id)
$$;

-- What the strategy said when it fired, as a number of its owner and its conditions; null where it has no owner.
alter table public.triggers add column if not exists strategy_text text;
-- Empty at first; building it reads the table once.
create index if not exists triggers_strategy_text on public.triggers (strategy_text, match_id) where strategy_text is not null;

-- Counts triggers for their owners, whoever makes them.
create or replace function public.count_triggers_of_owners() returns trigger
language plpgsql security definer set search_path = public as $$
begin
  perform count_owner_usage('triggers', date_trunc('day', now(), 'UTC'), made.counts)
  from (
    select jsonb_agg(jsonb_build_object('owner', o.owner, 'count', o.count)) as counts from (
      select s.user_id::text as owner, count(*) as count from changed c join strategies s on s.id = c.strategy_id
      where s.user_id is not null group by s.user_id
    ) o
  ) made where made.counts is not null;
  return null;
end $$;
do $$
begin
  if not exists (select from pg_trigger where tgrelid = 'public.triggers'::regclass and tgname = 'touchline_owner_usage') then
    create trigger touchline_owner_usage after insert on public.triggers referencing new table as changed
      for each statement execute function public.count_triggers_of_owners();
  end if;
end $$;

-- As create_judged_triggers, in 20261126000005_outcomes.sql; each of `triggers` may have a `strategy_text`. Pairs of an owner
-- who has as many triggers today as may be are answered with {strategy_id, match_id, held: true}, and get none. Those whose strategy
-- somebody is about to delete are answered with {strategy_id, match_id, leaving: true}: they get theirs if it stays. Nor does a
-- pair get one whose owner has deleted a strategy of the same text that fired on the match: it is missing from the answer, as
-- one that was there before.
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
  there text[];
begin
  -- Who deletes one of them meanwhile waits, sees its triggers, and leaves a tombstone. Nobody waits for whoever deletes one already.
  select array_agg(l.id::text) into there from (
    select s.id from strategies s where s.id in (
      select c.strategy_id from jsonb_array_elements(matches) m, jsonb_populate_recordset(null::triggers, m -> 'triggers') c
    ) order by s.id for key share skip locked
  ) l;
  if coalesce(cardinality(there), 0) < (
    select count(distinct g.strategy_id) from jsonb_array_elements(matches) m, jsonb_to_recordset(m -> 'triggers') as g (strategy_id text)
  ) then
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
    where c.strategy_id::text = any (there)
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

-- For the version before this one: the same, without what is held back or waits for whether its strategy stays.
create or replace function public.create_judged_triggers(matches jsonb) returns setof jsonb
language sql set search_path = public as $$
  select made from create_bounded_triggers(matches) made where not made ?| array['held', 'leaving']
$$;

-- The columns that owners write: not ids, which the tables give, and not which file a strategy is kept in. Nobody may empty a
-- table at once.
do $$
declare
  written record;
  columns text;
begin
  for written in select unnest(array['strategies', 'rules', 'user_telegram']) as name loop
    execute format('revoke insert, update, truncate, references, trigger on public.%I from anon, authenticated', written.name);
    select string_agg(quote_ident(a.attname), ', ') into columns from pg_attribute a
    where a.attrelid = format('public.%I', written.name)::regclass and a.attnum > 0 and not a.attisdropped
      and a.attname not in ('strategy_file', 'strategy_directory') and a.attgenerated = ''
      and not (a.attname = 'id' and (a.atthasdef or a.attidentity <> ''));
    execute format('grant insert (%s), update (%s) on public.%I to authenticated', columns, columns, written.name);
  end loop;
  for written in select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname in ('strategies', 'rules', 'triggers',
      'performance', 'user_telegram', 'match_history', 'match_recorders', 'match_waits', 'trigger_snapshots', 'feed_notes',
      'strategy_changes', 'strategy_tombstones', 'strategy_reasons', 'owner_limits', 'owner_usage') loop
    execute format('revoke truncate on public.%I from public, anon, authenticated, service_role', written.name);
  end loop;
end $$;

do $$
declare
  signature text;
begin
  foreach signature in array array['json_of(jsonb)', 'set_owner_limits(jsonb)', 'note_strategy_reasons(jsonb)',
    'count_owner_usage(text, timestamptz, jsonb)', 'count_held_back(jsonb)', 'triggers_of_owners(jsonb)', 'bound_strategy()',
    'bound_rule()', 'bound_user_telegram()', 'requesting_owner()', 'count_owner_changes(bigint)', 'refuse_owner_changes()', 'bound_strategies_of_owner()',
    'bound_rules_of_strategy()', 'active_strategies()', 'save_strategies(jsonb)', 'count_triggers_of_owners()',
    'create_bounded_triggers(jsonb)', 'create_judged_triggers(jsonb)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;
revoke all on public.watched_strategies from anon, authenticated;
grant select on public.watched_strategies to service_role;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
