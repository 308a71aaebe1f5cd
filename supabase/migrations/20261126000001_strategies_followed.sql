-- Strategies are followed: what changed since the last look is read by one cheap call, whoever wrote it. And strategies kept
-- in files are known here for their triggers, marked, and watched by nobody but the process that was given the files.

-- The file that a strategy is kept in, its name without the extension; null for a strategy that is kept here.
alter table public.strategies add column if not exists strategy_file text;
create index if not exists strategies_strategy_file on public.strategies (strategy_file) where strategy_file is not null;

do $$
begin
  if not exists (select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = 'public.rules'::regclass and a.attname = 'strategy_id' and i.indpred is null) then
    create index rules_strategy_id on public.rules (strategy_id);
  end if;
end $$;

-- What has changed, and in which transaction. Rows are only ever added, so that writers never wait for each other here, and
-- are gone after an hour (forget_strategy_changes).
create table if not exists public.strategy_changes (
  id bigint generated always as identity primary key,
  -- Null where any strategy may have changed.
  strategy_id text,
  changed_in xid8 not null default pg_current_xact_id(),
  changed_at timestamptz not null default clock_timestamp()
);
create index if not exists strategy_changes_changed_in on public.strategy_changes (changed_in);
create index if not exists strategy_changes_changed_at on public.strategy_changes (changed_at);
alter table public.strategy_changes enable row level security;
revoke all on public.strategy_changes from anon, authenticated;
revoke all on sequence public.strategy_changes_id_seq from anon, authenticated;
grant select, delete on public.strategy_changes to service_role;
grant usage, select on sequence public.strategy_changes_id_seq to service_role;

-- The triggers' functions run with the rights of their owner: whoever may write a strategy need not be able to write here.
create or replace function public.note_changed_strategies() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    insert into public.strategy_changes (strategy_id) select a.id::text from after a;
  elsif tg_op = 'DELETE' then
    insert into public.strategy_changes (strategy_id) select b.id::text from before b;
  elsif tg_op = 'UPDATE' then
    insert into public.strategy_changes (strategy_id)
    select a.id::text from after a union select b.id::text from before b;
  else
    insert into public.strategy_changes (strategy_id) values (null);
  end if;
  return null;
end $$;

create or replace function public.note_changed_rules() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    insert into public.strategy_changes (strategy_id)
    select distinct a.strategy_id::text from after a where a.strategy_id is not null;
  elsif tg_op = 'DELETE' then
    insert into public.strategy_changes (strategy_id)
    select distinct b.strategy_id::text from before b where b.strategy_id is not null;
  elsif tg_op = 'UPDATE' then
    insert into public.strategy_changes (strategy_id)
    select a.strategy_id::text from after a where a.strategy_id is not null
    union select b.strategy_id::text from before b where b.strategy_id is not null;
  else
    insert into public.strategy_changes (strategy_id) values (null);
  end if;
  return null;
end $$;

-- Made where they are missing only: to make a trigger again would lock out those who read the table.
do $$
declare
  watched text;
  event text;
  seen text;
begin
  foreach watched in array array['strategies', 'rules'] loop
    foreach event in array array['insert', 'update', 'delete', 'truncate'] loop
      if not exists (select from pg_trigger
          where tgrelid = format('public.%I', watched)::regclass and tgname = 'touchline_noted_' || event) then
        seen := case event when 'insert' then 'referencing new table as after'
          when 'update' then 'referencing old table as before new table as after'
          when 'delete' then 'referencing old table as before' else '' end;
        execute format('create trigger %I after %s on public.%I %s for each statement execute function public.%I()',
          'touchline_noted_' || event, event, watched, seen, 'note_changed_' || watched);
      end if;
    end loop;
  end loop;
end $$;

-- The strategies that are watched, with their rules, as the service reads them (JSON that an older table keeps as text among
-- them), and a number that another content would not have. Contents are JSON as text, which is made and passed on at a
-- fraction of the price of jsonb.
create or replace view public.watched_strategies with (security_invoker = true) as
select s.id, said.content, hashtextextended(said.content, 0) as fingerprint
from public.strategies s
cross join lateral (
  select json_build_object('id', s.id, 'user_id', s.user_id, 'name', s.name, 'description', s.description,
    'desired_outcome', s.desired_outcome, 'is_active', s.is_active, 'league_ids', s.league_ids,
    'definition', s.definition, 'rules', coalesce(
      (select json_agg(json_build_object('id', r.id, 'value_type', r.value_type, 'metric', r.metric,
          'comparator', r.comparator, 'value', r.value, 'team_scope', r.team_scope,
          'time_filter', r.time_filter, 'lhs_json', r.lhs_json, 'rhs_json', r.rhs_json) order by r.id)
        from public.rules r where r.strategy_id = s.id), '[]'))::text as content
  -- Made once, not once for each column above.
  offset 0
) said
where s.is_active and s.strategy_file is null;

-- Those of the strategies ({id}) that are watched, in the order of their ids: {id, fingerprint, content}.
create or replace function public.strategies_by_id(ids jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('id', w.id, 'fingerprint', w.fingerprint::text, 'content', w.content)
  from jsonb_populate_recordset(null::strategies, ids) asked
  join watched_strategies w on w.id = asked.id
  order by w.id
$$;

-- The ids of at most max_rows watched strategies after this one (null: from the first), in their order, as one value.
create or replace function public.ids_of_strategies(after text, max_rows integer) returns jsonb
language plpgsql stable set search_path = public as $$
begin
  if after is null then
    return (select jsonb_agg(jsonb_build_object('id', page.id) order by page.id) from (
      select s.id from strategies s where s.is_active and s.strategy_file is null order by s.id limit max_rows) page);
  end if;
  return (select jsonb_agg(jsonb_build_object('id', page.id) order by page.id) from (
    select s.id from strategies s where s.is_active and s.strategy_file is null
      and s.id > (jsonb_populate_record(null::strategies, jsonb_build_object('id', after))).id
    order by s.id limit max_rows) page);
end $$;

-- A page of the watched strategies.
create or replace function public.page_of_strategies(after text, max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select strategies_by_id(ids_of_strategies(after, max_rows))
$$;

-- The same without the contents: what a full comparison goes by where something differs.
create or replace function public.page_of_fingerprints(after text, max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('id', w.id, 'fingerprint', w.fingerprint::text)
  from jsonb_populate_recordset(null::strategies, ids_of_strategies(after, max_rows)) page
  join watched_strategies w on w.id = page.id
  order by w.id
$$;

-- What a full comparison begins with: how many the page has, its last id, and the sum of its fingerprints.
create or replace function public.sum_of_strategies(after text, max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  with page as materialized (select ids_of_strategies(after, max_rows) as ids)
  select jsonb_build_object('count', count(*), 'sum', coalesce(sum(w.fingerprint), 0)::text,
    'last', (select ids -> -1 ->> 'id' from page))
  from page, jsonb_populate_recordset(null::strategies, page.ids) asked
  join watched_strategies w on w.id = asked.id
$$;

-- What has changed since a look, in whatever order transactions end. First {seen, all}: what to ask with the next time, and
-- whether any strategy may have changed (a TRUNCATE, another database, more changes than max_rows). Then, for each strategy
-- that changed and for those of `again` ({id}), {id, changed, fingerprint, content}; without content where it is not
-- watched. A look that never was (seen is null) answers with what changed in the last ten seconds: it may not be done yet;
-- and with `any`: whether there is any strategy but those of files.
create or replace function public.strategies_since(seen text, again jsonb, max_rows integer) returns setof jsonb
language plpgsql stable set search_path = public as $$
declare
  now_seen constant pg_snapshot := pg_current_snapshot();
  last_seen constant pg_snapshot := seen::pg_snapshot;
  changed jsonb;
  told_all boolean;
begin
  -- A snapshot tells which transactions had ended. What was written by one that had not is new, however late it ended.
  if last_seen is null then
    select jsonb_agg(distinct c.strategy_id) into changed from strategy_changes c
    where c.changed_at > clock_timestamp() - interval '10 seconds' and c.strategy_id is not null;
    told_all := false;
  else
    select jsonb_agg(distinct c.strategy_id), coalesce(bool_or(c.strategy_id is null), false) into changed, told_all
    from (
      select c.strategy_id from strategy_changes c
      where c.changed_in >= pg_snapshot_xmin(last_seen) and c.changed_in < pg_snapshot_xmax(now_seen)
        and not pg_visible_in_snapshot(c.changed_in, last_seen)
    ) c;
    told_all := told_all or pg_snapshot_xmax(now_seen) < pg_snapshot_xmax(last_seen);
  end if;
  changed := coalesce(changed, '[]');
  told_all := told_all or jsonb_array_length(changed) > max_rows;

  return next jsonb_build_object('seen', now_seen::text, 'all', told_all,
    'any', last_seen is not null or exists (select from strategies s where s.strategy_file is null));
  if told_all then
    return;
  end if;
  return query
  with asked as (
    select c.id, true as is_changed from jsonb_array_elements_text(changed) c (id)
    union all
    select a ->> 'id', false from jsonb_array_elements(again) a where not changed ? (a ->> 'id')
  ), typed as (
    select asked.is_changed, asked.id as name, (jsonb_populate_record(null::strategies, jsonb_build_object('id', asked.id))).id
    from asked
  )
  select jsonb_build_object('id', t.name, 'changed', t.is_changed, 'fingerprint', w.fingerprint::text, 'content', w.content)
  from typed t left join watched_strategies w on w.id = t.id;
end $$;

-- Changes that every look has seen by now.
create or replace function public.forget_strategy_changes() returns setof jsonb
language sql set search_path = public as $$
  with gone as (delete from strategy_changes where changed_at < now() - interval '1 hour' returning 1)
  select jsonb_build_object('forgotten', count(*)) from gone
$$;

-- Which strategy each file holds ({file, id, definition}): {file, id, was}. The one that was kept in a file of this name; else
-- one of the same content whose file is there no more (`names` are those that are): the file was renamed, and `was` is its
-- former name. Else the row of the file's own id, if an earlier version wrote it. Without any of them, no id. A strategy
-- that has an owner is never a file's.
create or replace function public.match_strategy_files(files jsonb, names jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  with f as (
    select given.number, given.f ->> 'file' as file, given.f ->> 'id' as id, given.f -> 'definition' as definition
    from jsonb_array_elements(files) with ordinality given (f, number)
  ), kept as (
    select distinct on (s.strategy_file) s.id, s.strategy_file as file, s.definition
    from strategies s where s.strategy_file is not null and s.user_id is null order by s.strategy_file, s.id
  ), named as (
    select f.number, kept.id from f join kept on kept.file = f.file
  ), renamed as (
    select to_name.number, from_name.id, from_name.file as was from (
      select f.number, f.definition, row_number() over (partition by f.definition order by f.number) as place
      from f where f.number not in (select number from named)
    ) to_name join (
      select kept.*, row_number() over (partition by kept.definition order by kept.file) as place
      from kept where not names ? kept.file
    ) from_name on from_name.definition = to_name.definition and from_name.place = to_name.place
  )
  select jsonb_build_object('file', f.file, 'id', coalesce(named.id::text, renamed.id::text, earlier.id::text),
    'was', renamed.was)
  from f left join named on named.number = f.number left join renamed on renamed.number = f.number
  left join strategies earlier on named.id is null and renamed.id is null and earlier.id::text = f.id
    and earlier.user_id is null and earlier.strategy_file is null and earlier.definition is not null
  order by f.number
$$;

-- Makes the strategies of a directory's files known ({file, id, name, description, definition, is_sample}), or brings them up
-- to date, and answers as match_strategy_files, with an id for each: its own (`id`) for a new one, unless that is taken.
-- They are marked, and not active for anyone who goes by is_active. A sample that is also kept here stays as it is.
create or replace function public.save_strategy_files(files jsonb, names jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  matched jsonb;
  given jsonb;
begin
  -- One at a time: two processes with the same new files would both add them.
  perform pg_advisory_xact_lock(hashtext('touchline strategy files'));
  for matched in select match_strategy_files(files, names) loop
    select f into given from jsonb_array_elements(files) f where f ->> 'file' = matched ->> 'file';
    if matched ->> 'id' is null then
      begin
        insert into strategies (id, name, description, is_active, definition, strategy_file)
        select d.id, given ->> 'name', given ->> 'description', false, given -> 'definition', given ->> 'file'
        from jsonb_populate_record(null::strategies, jsonb_build_object('id', given -> 'id')) d
        returning jsonb_build_object('file', strategy_file, 'id', id) into matched;
      -- The id is another's, or ids are no text here: the table gives it one.
      exception when unique_violation or invalid_text_representation or generated_always then
        insert into strategies (name, description, is_active, definition, strategy_file)
        values (given ->> 'name', given ->> 'description', false, given -> 'definition', given ->> 'file')
        returning jsonb_build_object('file', strategy_file, 'id', id) into matched;
      end;
    else
      update strategies s set name = given ->> 'name', description = given ->> 'description', is_active = false,
        definition = given -> 'definition', strategy_file = given ->> 'file'
      where s.id::text = matched ->> 'id'
        and (s.strategy_file is not null or not coalesce((given ->> 'is_sample')::boolean, false))
        and (s.name, s.description, s.is_active, s.definition, s.strategy_file)
          is distinct from (given ->> 'name', given ->> 'description', false, given -> 'definition', given ->> 'file');
    end if;
    return next matched;
  end loop;
end $$;

-- Sample strategies for a database that has none of its own yet: added only where there is no strategy but those of files. A
-- table whose ids are numbers gives them ids of its own. A sample that was kept in a file is the database's from now on.
create or replace function public.add_first_strategies(definitions jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
begin
  if exists (select from strategies where strategy_file is null) then
    return;
  elsif pg_typeof((null::strategies).id) in ('uuid'::regtype, 'text'::regtype) then
    update strategies set strategy_file = null
    where strategy_file is not null and user_id is null
      and id::text in (select d ->> 'id' from jsonb_array_elements(definitions) d);
    return query select save_strategies(definitions);
  else
    return query
    insert into strategies (name, description, is_active, definition)
    select d ->> 'name', d ->> 'description', (d ->> 'is_active')::boolean, d -> 'definition'
    from jsonb_array_elements(definitions) d
    returning jsonb_build_object('id', id);
  end if;
end $$;

do $$
declare
  signature text;
begin
  foreach signature in array array[
    'note_changed_strategies()', 'note_changed_rules()', 'strategies_by_id(jsonb)', 'ids_of_strategies(text, integer)',
    'page_of_strategies(text, integer)', 'page_of_fingerprints(text, integer)', 'sum_of_strategies(text, integer)',
    'strategies_since(text, jsonb, integer)', 'forget_strategy_changes()', 'match_strategy_files(jsonb, jsonb)',
    'save_strategy_files(jsonb, jsonb)', 'add_first_strategies(jsonb)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;
revoke all on public.watched_strategies from anon, authenticated;
grant select on public.watched_strategies to service_role;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
