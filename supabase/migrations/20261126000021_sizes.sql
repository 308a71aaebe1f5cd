-- What a strategy has written out, all its rules included, is bounded when it is written and before it is read: a number such as
-- 1e30000, or text that repeats itself, takes some bytes where it is kept, and as many as it has digits where it is read. Applied
-- twice it changes nothing; the version before this one goes on.

-- Whether anything in here is a number of more than forty digits before or after its point: nobody means one, and each may have
-- 131,072 digits written out, where it is kept in a dozen bytes.
create or replace function public.has_long_number(value jsonb) returns boolean
language plpgsql immutable strict set search_path = public as $$
begin
  return exists (
    select from jsonb_path_query(value, 'strict $.** ? (@.type() == "number")') n
    where abs(n::numeric) >= 1e40 or scale(n::numeric) > 40
  );
-- It is nested too deeply to be looked through.
exception when others then
  return true;
end $$;

-- Strategies of owners from before there were limits that have more written out than may be, though they are kept in less. Found
-- once, when this table is made; from then on none is written.
do $$
declare
  most constant integer := (select l.most from public.owner_limits l where l.name = 'size');
  each record;
  is_large boolean;
begin
  if to_regclass('public.large_strategies') is null then
    execute format('create table public.large_strategies (id %s primary key)', (
      select format_type(atttypid, atttypmod) from pg_attribute
      where attrelid = 'public.strategies'::regclass and attname = 'id'));
    for each in select s.id from public.strategies s where s.user_id is not null and pg_column_size(s) <= most loop
      begin
        select public.has_long_number(to_jsonb(s)) or octet_length(row_to_json(s)::text) > most or exists (
          select from public.rules r where r.strategy_id = s.id and pg_column_size(r) <= most and public.has_long_number(to_jsonb(r)))
        into is_large from public.strategies s where s.id = each.id;
      -- JSON that an older table keeps as it was written ("\u0000", 1e999999) is as long as it is kept.
      exception when others then
        is_large := (select public.has_long_number(s.definition) from public.strategies s where s.id = each.id);
      end;
      if is_large then
        insert into public.large_strategies (id) values (each.id);
      end if;
    end loop;
  end if;
end $$;
alter table public.large_strategies enable row level security;
revoke all on public.large_strategies from anon, authenticated;
grant select, insert, update, delete on public.large_strategies to service_role;

-- Whether the rules of a strategy, without one of them, have more bytes than this, written out. It reads no further than that.
do $$
begin
  execute format($function$
    create or replace function public.rules_have_more_than(most integer, strategy %s, without jsonb default null) returns boolean
    language sql stable set search_path = public as $body$
      -- In whatever order they come: an order would have all of them read first.
      select exists (
        select from (
          select sum(octet_length(json_build_array(r.metric, r.value, r.time_filter, r.lhs_json, r.rhs_json)::text))
            over (rows between unbounded preceding and current row) as size
          from rules r where r.strategy_id = strategy and (without is null or to_jsonb(r.id) <> without)
        ) each where each.size > most
      )
    $body$ $function$, (
      select format_type(atttypid, atttypmod) from pg_attribute
      where attrelid = 'public.rules'::regclass and attname = 'strategy_id'));
end $$;

-- As in 20261126000007_limits.sql, with a bound of the numbers in it.
create or replace function public.bound_strategy() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  most jsonb;
  size integer;
  is_long boolean;
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
  -- Before anything of it is written out.
  begin
    is_long := has_long_number(to_jsonb(new));
  -- JSON that an older table keeps as it was written.
  exception when others then
    is_long := has_long_number(new.definition);
  end;
  if is_long then
    if tg_op = 'INSERT' or to_jsonb(new.definition) is distinct from to_jsonb(old.definition)
        or pg_column_size(new) > pg_column_size(old) + 16 then
      raise check_violation using message = 'a number has at most 40 digits before and after its point';
    end if;
    return new;
  end if;
  size := octet_length(row_to_json(new)::text);
  -- A little more is no growth: false is longer than true.
  if size > (most ->> 'size')::integer and (tg_op = 'INSERT' or size > octet_length(row_to_json(old)::text) + 16) then
    raise check_violation using message = format('a strategy has at most %s bytes', most ->> 'size');
  end if;
  if tg_op = 'UPDATE' and size <= (most ->> 'size')::integer then
    begin
      delete from large_strategies l where l.id = new.id
        and not exists (select from rules r where r.strategy_id = new.id and has_long_number(to_jsonb(r)));
    -- A rule that cannot be read keeps it left out.
    exception when others then
      null;
    end;
  end if;
  return new;
end $$;

-- As in 20261126000007_limits.sql, with a bound of all rules of a strategy together.
create or replace function public.bound_rule() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  size integer;
  most constant integer := (select l.most from owner_limits l where l.name = 'size');
  is_long boolean;
  is_moved constant boolean := tg_op = 'INSERT' or new.strategy_id is distinct from old.strategy_id;
begin
  if not exists (select from strategies s where s.id = new.strategy_id and s.user_id is not null) then
    return new;
  end if;
  -- Before anything of it is written out.
  begin
    is_long := has_long_number(to_jsonb(new))
      and (is_moved or pg_column_size(new) > pg_column_size(old) or not has_long_number(to_jsonb(old)));
  -- JSON that an older table keeps as it was written.
  exception when others then
    is_long := false;
  end;
  if is_long then
    raise check_violation using message = 'a number has at most 40 digits before and after its point';
  end if;
  size := octet_length(row_to_json(new)::text);
  if is_moved or size > octet_length(row_to_json(old)::text) then
    if size > most then
      raise check_violation using message = format('a rule has at most %s bytes', most);
    end if;
    -- What the statement has written before this row is there already.
    if rules_have_more_than(most - size, new.strategy_id, case when tg_op = 'UPDATE' then to_jsonb(old.id) end) then
      raise check_violation using message = format('a strategy has at most %s bytes, all its rules included', most);
    end if;
  end if;
  -- Rules that are new are counted when all of a statement are there.
  if tg_op = 'UPDATE' and new.strategy_id is distinct from old.strategy_id and (
      select count(*) from rules r join strategies s on s.id = r.strategy_id and s.user_id is not null
      where r.strategy_id = new.strategy_id) >= (select l.most from owner_limits l where l.name = 'rules') then
    raise check_violation using message = 'the strategy has as many rules as may be';
  end if;
  return new;
end $$;

-- As in 20261126000007_limits.sql. Whether a strategy is too large is known by what it has written out, of which no more is made than may be.
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
      when exists (select from public.large_strategies l where l.id = s.id) then 'size'
      when coalesce(pg_column_size(s.name), 0) + coalesce(pg_column_size(s.description), 0) + coalesce(pg_column_size(s.league_ids), 0)
        + coalesce(pg_column_size(s.desired_outcome), 0) + coalesce(pg_column_size(s.definition), 0) > most.size then 'size'
      when r.rules > most.rules then 'rules'
      when r.size > most.size or r.rules > 0 and rules_have_more_than(most.size, s.id) then 'size' end as beyond
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


do $$
declare
  signature text;
begin
  execute 'revoke truncate, references, trigger on public.large_strategies from public, anon, authenticated, service_role';
  for signature in select p.oid::regprocedure::text from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname in ('has_long_number', 'rules_have_more_than', 'bound_strategy', 'bound_rule') loop
    execute format('revoke all on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
