-- Whose alerts a chat gets: those of owners to whom whoever holds the chat has linked it. What an owner writes into user_telegram
-- with a token of their own links nothing. Alerts beyond a chat's share of an hour are gathered into a digest. Applied twice it
-- changes nothing; the version before this one sends to linked chats alone, too.

-- The chats that are linked, and those of them that take nothing any more (muted). What user_telegram held when this table was
-- made counts as linked: once, because the table is there from then on.
do $$
begin
  if to_regclass('public.chat_links') is null then
    create table public.chat_links (
      user_id text not null,
      chat_id text not null,
      linked_at timestamptz not null default now(),
      muted_at timestamptz,
      muted_reason text,
      primary key (user_id, chat_id)
    );
    insert into public.chat_links (user_id, chat_id)
    select u.user_id::text, u.chat_id::text from public.user_telegram u
    where u.user_id is not null and nullif(u.chat_id::text, '') is not null and length(u.chat_id::text) <= 64
    on conflict do nothing;
  end if;
end $$;
create index if not exists chat_links_chat_id on public.chat_links (chat_id);
alter table public.chat_links enable row level security;
drop policy if exists touchline_owner on public.chat_links;
create policy touchline_owner on public.chat_links for select to authenticated using (user_id = (select auth.uid())::text);
revoke all on public.chat_links from anon;
revoke insert, update, delete, truncate, references, trigger on public.chat_links from authenticated;
grant select on public.chat_links to authenticated;
grant select, insert, update, delete on public.chat_links to service_role;

-- A chat that the service, an older one too, gives an owner is linked, and takes alerts again if it was muted.
create or replace function public.link_written_chat() returns trigger
language plpgsql security definer set search_path = public as $$
begin
  if requesting_owner() is null and length(new.chat_id::text) between 1 and 64 then
    insert into chat_links as l (user_id, chat_id) values (new.user_id::text, new.chat_id::text)
    on conflict (user_id, chat_id) do update set linked_at = now(), muted_at = null, muted_reason = null;
  end if;
  return null;
end $$;
do $$
begin
  if not exists (select from pg_trigger where tgrelid = 'public.user_telegram'::regclass and tgname = 'touchline_linked') then
    create trigger touchline_linked after insert or update of user_id, chat_id on public.user_telegram for each row
      when (new.user_id is not null and new.chat_id is not null and current_user not in ('anon', 'authenticated'))
      execute function public.link_written_chat();
  end if;
end $$;

-- Tokens with which owners link chats: one an owner, for a quarter of an hour, for one chat. Only a hash is kept of what proves it.
create table if not exists public.chat_link_tokens (
  user_id text primary key,
  -- The first half of the token names it, the second proves it.
  selector text not null unique,
  proof bytea not null,
  expires_at timestamptz not null,
  -- The chat that it has linked: asked again, because the answer was lost, it links that one.
  chat_id text
);
alter table public.chat_link_tokens enable row level security;
revoke all on public.chat_link_tokens from anon, authenticated;
grant select, insert, update, delete on public.chat_link_tokens to service_role;

-- A new token for this owner, in the place of the one before: {token, expires_at}. Of letters and digits, as t.me/BOT?start=TOKEN
-- takes them. For the service; owners ask new_chat_link.
create or replace function public.new_chat_link_of(owner text) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  selector constant text := substr(replace(gen_random_uuid()::text, '-', ''), 1, 12);
  proof constant text := replace(gen_random_uuid()::text, '-', '');
  ends constant timestamptz := now() + interval '15 minutes';
begin
  if owner is null then
    return;
  end if;
  insert into chat_link_tokens as t (user_id, selector, proof, expires_at)
  values (owner, selector, sha256(convert_to(proof, 'UTF8')), ends)
  on conflict (user_id) do update set selector = excluded.selector, proof = excluded.proof, expires_at = excluded.expires_at,
    chat_id = null;
  return next jsonb_build_object('token', selector || proof, 'expires_at', ends);
end $$;

-- A new token for the owner whose request this is.
create or replace function public.new_chat_link() returns jsonb
language plpgsql security definer set search_path = public as $$
declare
  who constant text := requesting_owner();
begin
  if who is null then
    raise insufficient_privilege using message = 'a chat is linked to whoever signs in';
  end if;
  perform count_owner_changes(1);
  return (select link from new_chat_link_of(who) link);
end $$;

-- Links a chat to the owner of this token: {owner}, or nothing where the token is none, has linked another chat or has expired. Proofs are
-- compared by hashes that nobody can foresee, so that the time it takes tells nothing of them. A token that an older program
-- has written into user_telegram is as good.
create or replace function public.use_chat_link(token text, chat text) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  salt constant bytea := convert_to(gen_random_uuid()::text, 'UTF8');
  who text;
begin
  if length(chat) > 64 then
    return;
  end if;
  select t.user_id into who from chat_link_tokens t
  where t.selector = left(token, 12) and t.expires_at > now() and (t.chat_id is null or t.chat_id = chat)
    and sha256(salt || t.proof) = sha256(salt || sha256(convert_to(substr(token, 13), 'UTF8')))
  for update;
  if who is not null then
    update chat_link_tokens t set chat_id = chat where t.user_id = who;
  elsif (select count(*) from pg_attribute a where a.attrelid = 'public.user_telegram'::regclass and not a.attisdropped
      and a.attname in ('link_token', 'link_token_expires_at')) = 2 then
    execute 'update user_telegram u set link_token = null, link_token_expires_at = null
      where u.link_token is not null and u.link_token_expires_at > now()
        and sha256($1 || convert_to(u.link_token::text, ''UTF8'')) = sha256($1 || convert_to($2, ''UTF8''))
      returning u.user_id::text' into who using salt, token;
  end if;
  if who is null then
    return;
  end if;
  update user_telegram u set chat_id = given.chat_id
  from jsonb_populate_record(null::user_telegram, jsonb_build_object('chat_id', chat)) given where u.user_id::text = who;
  if not found then
    insert into user_telegram (user_id, chat_id)
    select given.user_id, given.chat_id
    from jsonb_populate_record(null::user_telegram, jsonb_build_object('user_id', who, 'chat_id', chat)) given;
  end if;
  return next jsonb_build_object('owner', who);
end $$;

-- A chat takes no alerts any more, for this reason, until it is linked again: {owner} for each of those that it was linked to.
create or replace function public.mute_chat(chat text, reason text) returns setof jsonb
language sql set search_path = public as $$
  update chat_links l set muted_at = now(), muted_reason = reason
  where l.chat_id = chat and l.muted_at is null
  returning jsonb_build_object('owner', l.user_id)
$$;

-- As in 20261126000005_outcomes.sql, with no chat but one that is linked and takes alerts, and with no more of a name than
-- is shown. Each column keeps the type that it has.
do $$
begin
  execute format('create or replace view public.trigger_alerts with (security_invoker = true) as
    select t.id, t.strategy_id, left(coalesce(s.name, d.name)::text, 500)::%s as strategy_name,
      coalesce(s.user_id, d.user_id) as owner,
      coalesce(t.snapshot, (select x.snapshot from public.trigger_snapshots x where x.id = t.snapshot_id)) as snapshot,
      public.json_of(to_jsonb(t.evidence_json)) as evidence, t.triggered_at::timestamptz as triggered_at, t.alert_state,
      (select l.chat_id from public.user_telegram u
        join public.chat_links l on l.user_id = u.user_id::text and l.chat_id = u.chat_id::text and l.muted_at is null
        where u.user_id::text = coalesce(s.user_id, d.user_id)::text limit 1) as owner_chat
    from public.triggers t
    left join public.strategies s on s.id = t.strategy_id
    left join public.strategy_tombstones d on d.id = t.strategy_id and s.id is null
    where s.id is not null or d.id is not null', (
      select format_type(atttypid, atttypmod) from pg_attribute
      where attrelid = 'public.strategies'::regclass and attname = 'name'));
end $$;

-- Whether the alert is gathered into a digest: waiting, told or failed. Older versions read it as one that was sent, or failed.
alter table public.triggers add column if not exists alert_digest text;
-- Empty at first; building it reads the table once.
create index if not exists triggers_waiting_digests on public.triggers (alerted_at) where alert_digest = 'waiting';

-- An alert whose receipt says that it is gathered waits for its digest.
create or replace function public.gather_alert() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.alert_digest := 'waiting';
  return new;
end $$;
do $$
begin
  if not exists (select from pg_trigger where tgrelid = 'public.triggers'::regclass and tgname = 'touchline_gather') then
    create trigger touchline_gather before update of alert_state on public.triggers for each row
      when (new.alert_state = 'sent' and old.alert_state <> 'sent' and new.alert_receipt ->> 'digest' = 'waiting')
      execute function public.gather_alert();
  end if;
end $$;

-- Digests that are due: the chats for which alerts were gathered so many seconds ago, at most max_chats of them, the longest
-- waiting first: {chat, ids, alerts}, where alerts tells of the first forty. They are claimed for so many seconds: nobody
-- else gets them meanwhile.
create or replace function public.due_digests(after double precision, max_chats integer, claim double precision) returns setof jsonb
language sql set search_path = public as $$
  with due as materialized (
    select t.alert_receipt ->> 'chatId' as chat from triggers t
    where t.alert_digest = 'waiting' and (t.alert_sending_until is null or t.alert_sending_until < now())
    group by 1 having min(t.alerted_at) <= now() - make_interval(secs => after) order by min(t.alerted_at) limit max_chats
  ), claimed as (
    update triggers t set alert_sending_until = now() + make_interval(secs => claim) from due
    where t.alert_digest = 'waiting' and t.alert_receipt ->> 'chatId' = due.chat
      and (t.alert_sending_until is null or t.alert_sending_until < now())
    returning due.chat, t.id, t.triggered_at::timestamptz as triggered_at
  ), numbered as (
    select c.*, row_number() over (partition by c.chat order by c.triggered_at, c.id) as place from claimed c
  )
  select jsonb_build_object('chat', n.chat, 'ids', jsonb_agg(n.id::text order by n.place),
    'alerts', (select jsonb_agg(jsonb_build_object('strategy_name', a.strategy_name, 'snapshot', a.snapshot) order by f.place)
      from numbered f join trigger_alerts a on a.id = f.id where f.chat = n.chat and f.place <= 40))
  from numbered n group by n.chat
$$;

-- What became of a digest of these alerts: the message that told them or, without one, why it cannot be sent. Answers {id}.
create or replace function public.record_digest(ids jsonb, message text, reason text) returns setof jsonb
language sql set search_path = public as $$
  update triggers t set alert_digest = case when message is null then 'failed' else 'told' end,
    alert_state = case when message is null then 'failed' else t.alert_state end,
    alert_error = case when message is null then reason else t.alert_error end,
    alert_receipt = t.alert_receipt || jsonb_build_object('digest', coalesce(message, 'failed')), alert_sending_until = null
  where t.id::text in (select jsonb_array_elements_text(ids)) and t.alert_digest = 'waiting'
  returning jsonb_build_object('id', t.id)
$$;

-- What is done by one process at a time, and by whom: a claim that ends by itself where its holder does not renew it.
create table if not exists public.leases (name text primary key, holder text not null, until timestamptz not null);
alter table public.leases enable row level security;
revoke all on public.leases from anon, authenticated;
grant select, insert, update, delete on public.leases to service_role;

-- Takes a lease for so many seconds, or keeps it: {name} where it is the holder's now, nothing where it is another's.
create or replace function public.hold_lease(lease text, by text, seconds double precision) returns setof jsonb
language sql set search_path = public as $$
  insert into leases as l (name, holder, until) values (lease, by, now() + make_interval(secs => seconds))
  on conflict (name) do update set holder = excluded.holder, until = excluded.until
    where l.holder = excluded.holder or l.until < now()
  returning jsonb_build_object('name', name)
$$;

do $$
declare
  signature text;
begin
  execute 'revoke truncate on public.chat_links, public.chat_link_tokens, public.leases from public, anon, authenticated, service_role';
  foreach signature in array array['link_written_chat()', 'new_chat_link_of(text)', 'new_chat_link()',
    'use_chat_link(text, text)', 'mute_chat(text, text)', 'gather_alert()',
    'due_digests(double precision, integer, double precision)', 'record_digest(jsonb, text, text)',
    'hold_lease(text, text, double precision)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;
grant execute on function public.new_chat_link() to authenticated;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
