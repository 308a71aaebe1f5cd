-- Alerts that are too late to be of use are closed. Older versions read such an alert as one that failed, which it did.

alter table public.triggers
  -- When the alert was closed because it was too late.
  add column if not exists alert_expired_at timestamptz,
  -- Until when a send may be under way that began when the alert was about to expire.
  add column if not exists alert_sending_until timestamptz,
  -- When the alert expires, where somebody asked for it again. Otherwise its match and its trigger say so.
  add column if not exists alert_expires_at timestamptz;

-- A time that an older table may keep in seconds since 1970. What is no time is none, and none is beyond the year 9999.
create or replace function public.time_of(value jsonb) returns timestamptz
language plpgsql stable set search_path = public as $$
begin
  return case jsonb_typeof(value)
    when 'number' then least(to_timestamp((value #>> '{}')::double precision), '9999-12-31')
    when 'string' then least((value #>> '{}')::timestamptz, '9999-12-31') end;
exception when others then
  return null;
end $$;

-- When an alert expires: so many seconds after its trigger or, without a number (null), three hours after kick-off or half
-- an hour after the trigger, whichever is later.
create or replace function public.alert_expiry(t public.triggers, seconds double precision) returns timestamptz
language sql stable set search_path = public as $$
  select coalesce(
    t.alert_expires_at,
    t.triggered_at::timestamptz + make_interval(secs => seconds),
    greatest(time_of(to_jsonb(t.fixture_timestamp)) + interval '3 hours', t.triggered_at::timestamptz + interval '30 minutes')
  )
$$;

-- Closes the pending alerts of these ids or, without ids (null), all that have expired by a time, and answers with those it
-- did: {id}. None of which a send is under way.
create or replace function public.expire_alerts(ids jsonb, seconds double precision, at timestamptz) returns setof jsonb
language sql set search_path = public as $$
  update triggers t set alert_state = 'failed', alert_expired_at = now(),
    alert_error = 'expired: it would have come too late to be of use'
  where t.alert_state = 'pending'
    and (jsonb_typeof(ids) is distinct from 'array' or t.id::text in (select jsonb_array_elements_text(ids)))
    and alert_expiry(t, seconds) <= at
    and (t.alert_sending_until is null or t.alert_sending_until < now())
  returning jsonb_build_object('id', t.id)
$$;

-- A send of this alert begins that takes no longer than so many seconds: until then it does not expire. Answers {id}, or
-- nothing where the alert has expired or was sent.
create or replace function public.begin_alert_send(trigger_id text, seconds double precision) returns setof jsonb
language sql set search_path = public as $$
  update triggers t set alert_sending_until = now() + make_interval(secs => seconds)
  where t.id::text = trigger_id and t.alert_state <> 'sent'
    and (t.alert_state = 'pending' or t.alert_expired_at is null)
  returning jsonb_build_object('id', t.id)
$$;

-- Where the alert of a trigger stands, and when it expires where somebody asked for it again. Whatever tells the service of
-- triggers tells this with them. It names nothing of a schema, and has no search_path of its own: so it costs next to nothing
-- where it is called.
create or replace function public.alert_standing(t public.triggers) returns jsonb
language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object('alert_state', case when t.alert_state = 'failed' and t.alert_expired_at is not null
    then 'expired' else t.alert_state end, 'expires_at', t.alert_expires_at))
$$;

-- The alerts that failed for good or expired, the latest first, at most max_rows of them: what they were about, and why.
create or replace function public.closed_alerts(max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select to_jsonb(a) || alert_standing(t) || jsonb_build_object('attempts', t.alert_attempts, 'reason', t.alert_error)
  from trigger_alerts a join triggers t on t.id = a.id
  where t.alert_state = 'failed' order by a.triggered_at desc, a.id limit max_rows
$$;

-- Makes alerts pending again, until a time: failed and expired ones of these ids or, without ids (null), all that failed and
-- did not expire. Answers with those it did.
create or replace function public.send_alerts_again(ids jsonb, until timestamptz) returns setof jsonb
language sql set search_path = public as $$
  update triggers set alert_state = 'pending', alert_attempts = 0, alert_error = null, alert_expired_at = null,
    alert_sending_until = null, alert_expires_at = until
  where alert_state = 'failed' and case when jsonb_typeof(ids) = 'array'
    then id::text in (select jsonb_array_elements_text(ids)) else alert_expired_at is null end
  returning jsonb_build_object('id', id)
$$;

-- The alerts still to be sent, oldest first, at most max_rows of them: what is after this one ({triggered_at, id}, null for the
-- beginning). Only what names them and the owner of the strategy, so that a long outbox is read in a moment.
create or replace function public.outbox_alerts(place jsonb, max_rows integer) returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('id', t.id, 'triggered_at', t.triggered_at,
    'owner', (select s.user_id::text from strategies s where s.id = t.strategy_id))
  from triggers t
  cross join jsonb_populate_record(null::triggers, case when jsonb_typeof(place) = 'object' then place end) after
  where t.alert_state = 'pending'
    and (after.id is null or (t.triggered_at, t.id) > (after.triggered_at, after.id))
  order by t.triggered_at, t.id limit max_rows
$$;

-- How many alerts stand where.
create or replace function public.count_alerts_by_standing() returns setof jsonb
language sql stable set search_path = public as $$
  select jsonb_build_object('state', state, 'count', count(*)) from (
    select case when alert_state = 'failed' and alert_expired_at is not null then 'expired' else alert_state end as state
    from triggers
  ) standing group by state
$$;

do $$
declare
  signature text;
begin
  foreach signature in array array['time_of(jsonb)', 'alert_expiry(triggers, double precision)',
    'expire_alerts(jsonb, double precision, timestamptz)', 'begin_alert_send(text, double precision)',
    'alert_standing(triggers)', 'closed_alerts(integer)', 'outbox_alerts(jsonb, integer)',
    'send_alerts_again(jsonb, timestamptz)', 'count_alerts_by_standing()'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', signature);
    execute format('grant execute on function public.%s to service_role', signature);
  end loop;
end $$;

notify pgrst, 'reload schema';
