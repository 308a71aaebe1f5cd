-- How large the database is, in bytes.

create or replace function public.database_size() returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(pg_database_size(current_database()))
$$;

revoke execute on function public.database_size() from public, anon, authenticated;
grant execute on function public.database_size() to service_role;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
