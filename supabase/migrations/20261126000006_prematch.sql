-- What feeds keep for each other: figures from before kick-off, which are asked for once a day and not once an instance, and
-- when a provider may be asked again. Applied twice it changes nothing; the version before this one knows nothing of it.
create table if not exists public.feed_notes (
  feed text not null,
  note text not null,
  value jsonb not null,
  -- By the clock of the database.
  expires_at timestamptz not null,
  primary key (feed, note)
);
create index if not exists feed_notes_expires_at on public.feed_notes (expires_at);
alter table public.feed_notes enable row level security;
revoke all on public.feed_notes from anon, authenticated;
grant select, insert, update, delete on public.feed_notes to service_role;

-- The notes of a feed by these names (a JSON array), those that have not expired: {note, value} each.
create or replace function public.feed_notes_of(of_feed text, names jsonb) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('note', n.note, 'value', n.value)
  from jsonb_array_elements_text(names) name
  join feed_notes n on n.feed = of_feed and n.note = name and n.expires_at > now()
$$;

-- Keeps notes ({note, value} each, no name twice) for this many seconds, in the place of those of the same name. What has
-- expired goes, a little at a time.
create or replace function public.keep_feed_notes(of_feed text, notes jsonb, seconds integer) returns setof jsonb
language plpgsql set search_path = public as $$
begin
  insert into feed_notes (feed, note, value, expires_at)
  select of_feed, n ->> 'note', n -> 'value', now() + make_interval(secs => seconds)
  from jsonb_array_elements(notes) n order by n ->> 'note'
  on conflict (feed, note) do update set value = excluded.value, expires_at = excluded.expires_at;
  delete from feed_notes f using (
    select x.feed, x.note from feed_notes x where x.expires_at < now() limit 100 for update skip locked
  ) gone where f.feed = gone.feed and f.note = gone.note;
end $$;

revoke all on function public.feed_notes_of(text, jsonb), public.keep_feed_notes(text, jsonb, integer)
  from public, anon, authenticated;
grant execute on function public.feed_notes_of(text, jsonb), public.keep_feed_notes(text, jsonb, integer) to service_role;

notify pgrst, 'reload schema';
