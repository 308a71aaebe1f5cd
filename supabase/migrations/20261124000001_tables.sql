-- The tables of Touchline. Applied to an empty database it makes them; applied to one that holds the tables of an older
-- deployment it adds what they lack and changes no row's meaning. Running it twice changes nothing.

create table if not exists public.strategies (
  id uuid primary key default gen_random_uuid(),
  user_id uuid,
  name text not null,
  description text,
  mode text,
  alert_type text,
  desired_outcome text,
  is_active boolean not null default true,
  league_ids text[],
  created_at timestamptz not null default now()
);
-- Tables of an older deployment may lack any column but their ids. What it did not say of a row stays open; what was not to
-- be switched off was on.
alter table public.strategies
  add column if not exists user_id uuid,
  add column if not exists name text,
  add column if not exists description text,
  add column if not exists mode text,
  add column if not exists alert_type text,
  add column if not exists desired_outcome text,
  add column if not exists is_active boolean not null default true,
  add column if not exists league_ids text[],
  -- The structured form of a strategy. Where it is null the strategy is made of its rows in rules.
  add column if not exists definition jsonb;

-- Tables that an older deployment does not have yet refer to its strategies, by ids of the type that it gave them.
do $$
declare
  id_type constant text := (select format_type(atttypid, null) from pg_attribute
    where attrelid = 'public.strategies'::regclass and attname = 'id');
  of_strategy constant text := 'strategy_id ' || id_type || ' %s references public.strategies (id) on delete cascade';
begin
  execute format('create table if not exists public.rules (id uuid primary key default gen_random_uuid(), %s)',
    format(of_strategy, 'not null'));
  execute format('create table if not exists public.triggers (id uuid primary key default gen_random_uuid(), %s,
    match_id text not null, triggered_at timestamptz not null default now(),
    result text check (result in (''HIT'', ''MISS'')))', format(of_strategy, 'not null'));
  execute format('create table if not exists public.performance (%s, total_triggers integer not null default 0,
    total_hits integer not null default 0, total_misses integer not null default 0)', format(of_strategy, 'primary key'));
end $$;

alter table public.rules
  add column if not exists value_type text not null default 'IN_PLAY',
  add column if not exists metric text,
  add column if not exists comparator text not null default 'GTE',
  add column if not exists value numeric,
  add column if not exists team_scope text,
  add column if not exists time_filter jsonb,
  add column if not exists lhs_json jsonb,
  add column if not exists rhs_json jsonb;

-- A trigger whose time an older table did not keep has none.
alter table public.triggers
  add column if not exists triggered_at timestamptz,
  add column if not exists result text,
  add column if not exists minute integer,
  add column if not exists home_team text,
  add column if not exists away_team text,
  add column if not exists score_home integer,
  add column if not exists score_away integer,
  add column if not exists league_id text,
  add column if not exists fixture_timestamp timestamptz,
  add column if not exists evidence_json jsonb,
  add column if not exists telegram_message_id text,
  add column if not exists telegram_chat_id text,
  add column if not exists telegram_message_text text;

-- The pair is triggered once, ever: this index is the authority that every instance meets.
create unique index if not exists triggers_strategy_id_match_id_key on public.triggers (strategy_id, match_id);

alter table public.triggers add column if not exists period text;
alter table public.triggers add column if not exists added integer;
-- The match as it stood when the strategy fired: what the alert says is drawn from here.
alter table public.triggers add column if not exists snapshot jsonb;
-- Triggers that an older deployment made, or still makes, are alerted by it: they are sent. Ours say that they are pending.
alter table public.triggers add column if not exists alert_state text not null default 'sent'
  check (alert_state in ('pending', 'sent', 'failed'));
alter table public.triggers add column if not exists alert_attempts integer not null default 0;
alter table public.triggers add column if not exists alert_error text;
alter table public.triggers add column if not exists alert_receipt jsonb;
alter table public.triggers add column if not exists alerted_at timestamptz;
-- Alerts are found by their id as text, whatever type an older table gave it.
create index if not exists triggers_id_text on public.triggers ((id::text));
create index if not exists triggers_pending_alerts on public.triggers (triggered_at) where alert_state = 'pending';

alter table public.performance
  add column if not exists total_triggers integer not null default 0,
  add column if not exists total_hits integer not null default 0,
  add column if not exists total_misses integer not null default 0,
  add column if not exists hit_rate numeric;
-- One row a strategy. Where an older deployment kept several, each of them is counted up and none is lost.
do $$
begin
  if exists (select from public.performance group by strategy_id having count(*) > 1) then
    raise warning 'performance has several rows for a strategy: each of them will be counted up';
  else
    create unique index if not exists performance_strategy_id_key on public.performance (strategy_id);
  end if;
end $$;

create table if not exists public.user_telegram (
  user_id uuid primary key,
  chat_id text not null
);
alter table public.user_telegram
  add column if not exists user_id uuid,
  add column if not exists chat_id text;
-- Users are compared as text, whatever the type of their ids is here and in strategies.
create index if not exists user_telegram_user_id_text on public.user_telegram ((user_id::text));

-- What every match looked like at each scoreboard minute: the windows of strategies read it after a restart.
create table if not exists public.match_history (
  match_id text not null,
  period text not null,
  minute integer not null,
  added integer not null,
  figures jsonb not null,
  recorded_at timestamptz not null default now(),
  primary key (match_id, period, minute, added)
);
create index if not exists match_history_recorded_at on public.match_history (recorded_at);

-- An older table may insist on columns that Touchline does not fill. Ids get a default, and of the others none is insisted
-- on any more. user_id among them, whatever its default: a strategy without an owner belongs to the operator, who keeps
-- it in a file.
do $$
declare
  found record;
begin
  for found in
    select a.attrelid::regclass as place, a.attname as name, a.atttypid::regtype as type
    from pg_attribute a
    where a.attrelid in ('public.strategies'::regclass, 'public.triggers'::regclass, 'public.performance'::regclass)
      and a.attnum > 0 and not a.attisdropped and a.attnotnull and a.attidentity = '' and a.attgenerated = ''
      and (not a.atthasdef or a.attname = 'user_id')
      and a.attname not in ('name', 'is_active', 'strategy_id', 'match_id')
  loop
    if found.name <> 'id' then
      execute format('alter table %s alter column %I drop not null', found.place, found.name);
    elsif found.type in ('bigint'::regtype, 'integer'::regtype) then
      execute format('alter table %s alter column id add generated by default as identity', found.place);
      execute format('select setval(pg_get_serial_sequence(%L, %L), coalesce(max(id), 0) + 1, false) from %s',
        found.place, 'id', found.place);
    else
      execute format('alter table %s alter column id set default gen_random_uuid()', found.place);
    end if;
  end loop;
end $$;

-- Owners read what is theirs and write their strategies; triggers and performance are written by the service role alone,
-- which row level security does not hold back.
alter table public.strategies enable row level security;
alter table public.rules enable row level security;
alter table public.triggers enable row level security;
alter table public.performance enable row level security;
alter table public.user_telegram enable row level security;
alter table public.match_history enable row level security;

grant usage on schema public to anon, authenticated, service_role;
grant select, insert, update, delete on public.strategies, public.rules, public.user_telegram to authenticated;
grant select on public.triggers, public.performance to authenticated;
revoke insert, update, delete, truncate on public.triggers, public.performance from anon, authenticated;
revoke all on public.match_history from anon, authenticated;
grant all on public.strategies, public.rules, public.triggers, public.performance, public.user_telegram,
  public.match_history to service_role;
grant usage, select on all sequences in schema public to service_role;

drop policy if exists touchline_owner on public.strategies;
create policy touchline_owner on public.strategies to authenticated
  using (user_id::text = (select auth.uid())::text) with check (user_id::text = (select auth.uid())::text);

drop policy if exists touchline_owner on public.rules;
create policy touchline_owner on public.rules to authenticated
  using (exists (select from public.strategies s where s.id = strategy_id and s.user_id::text = (select auth.uid())::text))
  with check (exists (select from public.strategies s where s.id = strategy_id and s.user_id::text = (select auth.uid())::text));

drop policy if exists touchline_owner on public.triggers;
create policy touchline_owner on public.triggers for select to authenticated
  using (exists (select from public.strategies s where s.id = strategy_id and s.user_id::text = (select auth.uid())::text));

drop policy if exists touchline_owner on public.performance;
create policy touchline_owner on public.performance for select to authenticated
  using (exists (select from public.strategies s where s.id = strategy_id and s.user_id::text = (select auth.uid())::text));

drop policy if exists touchline_owner on public.user_telegram;
create policy touchline_owner on public.user_telegram to authenticated
  using (user_id::text = (select auth.uid())::text) with check (user_id::text = (select auth.uid())::text);
