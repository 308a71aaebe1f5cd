-- A strategy of a file is renamed within its directory only: a file of another directory that says the same under another name
-- is a copy, and takes nothing over.

-- The directory that the strategy's file was last read from; null where a version before this one wrote the row.
alter table public.strategies add column if not exists strategy_directory text;

-- Which strategy each file of a directory holds ({file, id, definition}): {file, id, was}. The one that was kept in a file of
-- this name, whatever its directory; else one of this directory (or of none that is known) with the same content, whose
-- file is there no more (`names` are those that are): the file was renamed, and `was` is its former name. Else the row of
-- the file's own id, if version 0.1.0 wrote it. Without any of them, no id. A strategy that has an owner is never a file's.
create or replace function public.match_directory_files(files jsonb, names jsonb, directory text) returns setof jsonb
language sql stable set search_path = public as $$
  with f as (
    select given.number, given.f ->> 'file' as file, given.f ->> 'id' as id, given.f -> 'definition' as definition
    from jsonb_array_elements(files) with ordinality given (f, number)
  ), kept as (
    select distinct on (s.strategy_file) s.id, s.strategy_file as file, s.strategy_directory, s.definition
    from strategies s where s.strategy_file is not null and s.user_id is null order by s.strategy_file, s.id
  ), named as (
    select f.number, kept.id from f join kept on kept.file = f.file
  ), renamed as (
    select to_name.number, from_name.id, from_name.file as was from (
      select f.number, f.definition, row_number() over (partition by f.definition order by f.number) as place
      from f where f.number not in (select number from named)
    ) to_name join (
      select kept.*, row_number() over (partition by kept.definition order by kept.file) as place
      from kept where not names ? kept.file and coalesce(kept.strategy_directory, directory) = directory
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
-- to date, and answers as match_directory_files, with an id for each: its own (`id`) for a new one, unless that is taken.
-- They are marked, and not active for anyone who goes by is_active. A sample that is also kept here stays as it is.
create or replace function public.save_directory_files(files jsonb, names jsonb, directory text) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  matched jsonb;
  given jsonb;
begin
  -- One at a time, the version before this one included: two processes with the same new files would both add them.
  perform pg_advisory_xact_lock(hashtext('touchline strategy files'));
  for matched in select match_directory_files(files, names, directory) loop
    select f into given from jsonb_array_elements(files) f where f ->> 'file' = matched ->> 'file';
    if matched ->> 'id' is null then
      begin
        insert into strategies (id, name, description, is_active, definition, strategy_file, strategy_directory)
        select d.id, given ->> 'name', given ->> 'description', false, given -> 'definition', given ->> 'file', directory
        from jsonb_populate_record(null::strategies, jsonb_build_object('id', given -> 'id')) d
        returning jsonb_build_object('file', strategy_file, 'id', id) into matched;
      -- The id is another's, or ids are no text here: the table gives it one.
      exception when unique_violation or invalid_text_representation or generated_always then
        insert into strategies (name, description, is_active, definition, strategy_file, strategy_directory)
        values (given ->> 'name', given ->> 'description', false, given -> 'definition', given ->> 'file', directory)
        returning jsonb_build_object('file', strategy_file, 'id', id) into matched;
      end;
    else
      update strategies s set name = given ->> 'name', description = given ->> 'description', is_active = false,
        definition = given -> 'definition', strategy_file = given ->> 'file', strategy_directory = directory
      where s.id::text = matched ->> 'id'
        and (s.strategy_file is not null or not coalesce((given ->> 'is_sample')::boolean, false))
        and (s.name, s.description, s.is_active, s.definition, s.strategy_file, s.strategy_directory) is distinct from
          (given ->> 'name', given ->> 'description', false, given -> 'definition', given ->> 'file', directory);
    end if;
    return next matched;
  end loop;
end $$;

do $$
declare
  signature text;
begin
  foreach signature in array array[
    'match_directory_files(jsonb, jsonb, text)', 'save_directory_files(jsonb, jsonb, text)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

-- PostgREST looks again at what there is.
notify pgrst, 'reload schema';
