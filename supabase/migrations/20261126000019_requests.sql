-- What owners write with a token of their own is bounded in every table that they may write, and before it was written: what is
-- refused in the end has cost as much as what is taken. Applied twice it changes nothing; the version before this one goes on.

-- As in 20261126000007_limits.sql, with a bound of all of the row: an older program's table has columns of its own.
create or replace function public.bound_user_telegram() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  size constant integer := octet_length(row_to_json(new)::text);
  most constant integer := (select l.most from owner_limits l where l.name = 'size');
begin
  if length(new.chat_id::text) > 64 and (tg_op = 'INSERT' or old.chat_id is distinct from new.chat_id) then
    raise check_violation using message = 'a chat has at most 64 characters';
  end if;
  if size > most and (tg_op = 'INSERT' or size > octet_length(row_to_json(old)::text)) then
    raise check_violation using message = format('a chat has at most %s bytes', most);
  end if;
  return new;
end $$;

-- Counts the chats that an owner changes, as strategies and rules are counted. An owner has few: there is one row each, but an older
-- program's table may hold more.
create or replace function public.bound_chats_of_owner() returns trigger
language plpgsql security definer set search_path = public as $$
declare
  most constant integer := 20;
begin
  perform count_owner_changes((select count(*) from changed));
  if tg_op = 'INSERT' and requesting_owner() is not null
      and (select count(*) from (select 1 from user_telegram u where u.user_id::text = requesting_owner() limit most + 1) found) > most then
    raise check_violation using message = format('an owner has at most %s chats', most), hint = 'Delete those that are not used any more.';
  end if;
  return null;
end $$;

-- Ends a request of an owner at the first row beyond what it may change, whatever becomes of the rows before: a request of 100,000
-- rows that is refused at its end leaves as many dead rows for everybody to read past.
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

-- Made where they are missing only: to make a trigger again would lock out those who read the table.
do $$
declare
  made record;
begin
  for made in
    select t.name as of, 'touchline_allowed_' || e.name as name,
      format('before %s on public.%I for each statement execute function public.refuse_owner_changes()', e.name, t.name) as what
    from unnest(array['user_telegram']) t (name), unnest(array['insert', 'update', 'delete']) e (name)
    union all
    select t.name, 'touchline_bound_' || e.name,
      format('after %s on public.%I referencing %s table as changed for each statement execute function public.bound_chats_of_owner()',
        e.name, t.name, case e.name when 'delete' then 'old' else 'new' end)
    from unnest(array['user_telegram']) t (name), unnest(array['insert', 'update', 'delete']) e (name)
    union all
    -- By its name the first of those of a row.
    select t.name, 'touchline_at_most',
      format('before insert or update or delete on public.%I for each row execute function public.bound_request()', t.name)
    from unnest(array['strategies', 'rules', 'user_telegram']) t (name)
  loop
    if not exists (select from pg_trigger where tgrelid = format('public.%I', made.of)::regclass and tgname = made.name) then
      execute format('create trigger %I %s', made.name, made.what);
    end if;
  end loop;
end $$;

-- As use_chat_link, for a service that waits for nobody: where a request of the owner that is under way holds what is to be written,
-- nothing is linked, and the token is as good as before.
create or replace function public.link_chat(token text, chat text) returns setof jsonb
language plpgsql set search_path = public set lock_timeout = '1s' as $$
begin
  return query select use_chat_link(link_chat.token, link_chat.chat);
exception when lock_not_available then
  return;
end $$;

do $$
declare
  signature text;
begin
  foreach signature in array array['bound_user_telegram()', 'bound_chats_of_owner()', 'bound_request()', 'link_chat(text, text)'] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
