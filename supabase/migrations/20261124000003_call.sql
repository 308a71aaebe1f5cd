-- One call for all functions, through PostgREST, which cuts an answer of many rows at the project's max-rows (1000 unless
-- it is set otherwise) without saying so. One value it leaves whole: here all rows come as one JSON array.
create or replace function public.touchline_call(operation text, args jsonb) returns jsonb
language plpgsql set search_path = public as $$
declare
  columns text;
  passed text;
  answer jsonb;
begin
  -- Named arguments, each of the type that the function declares. One that it does not know makes the call fail below.
  select concat_ws(', ', '_ jsonb', string_agg(format('%I %s', key, coalesce(declared.type, 'text')), ', ')),
    string_agg(format('%I => given.%I', key, key), ', ')
  into columns, passed
  from jsonb_object_keys(args) key
  left join (
    select argument.name, format_type(argument.type, null) as type
    from pg_proc p, unnest(p.proargnames, p.proargtypes) as argument (name, type)
    where p.pronamespace = 'public'::regnamespace and p.proname = operation and p.proretset
      and p.prorettype = 'jsonb'::regtype
  ) declared on declared.name = key;

  execute format('select coalesce(jsonb_agg(answered.line order by answered.number), ''[]'')
    from jsonb_to_record($1) as given (%s), public.%I(%s) with ordinality as answered (line, number)',
    columns, operation, passed) using args into answer;
  return answer;
end $$;

revoke all on function public.touchline_call(text, jsonb) from public, anon, authenticated;
grant execute on function public.touchline_call(text, jsonb) to service_role;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
