-- What became of alerts, many at once.

-- Each result is {id, attempts} with the receipt of the channel that took the alert, or with the reason why it failed for
-- good. As with record_alert_sent and record_alert_failed the first receipt stays, a failure changes nothing of an alert
-- that was sent, and recording twice changes nothing. Where Telegram took it, the columns that older readers know say so
-- too (a @name does not go into a column of numbers).
-- One transaction: a result that cannot be stored refuses all. A row that another transaction holds is waited for by
-- nobody: it is left as it is and answered with, so that whoever brought it records it by itself.
create or replace function public.record_alerts(results jsonb) returns setof jsonb
language plpgsql set search_path = public as $$
declare
  ids text[] := array(select r ->> 'id' from jsonb_array_elements(results) r);
  free text[];
begin
  select coalesce(array_agg(locked.id), '{}') into free
  from (select t.id::text as id from triggers t where t.id::text = any (ids) for no key update skip locked) locked;

  update triggers t set alert_state = 'sent', alert_attempts = r.attempts, alert_error = null, alert_receipt = r.receipt,
    alerted_at = now(), telegram_message_id = coalesce(telegram.telegram_message_id, t.telegram_message_id),
    telegram_chat_id = coalesce(telegram.telegram_chat_id, t.telegram_chat_id),
    telegram_message_text = coalesce(telegram.telegram_message_text, t.telegram_message_text)
  from (
    select distinct on (r ->> 'id') r ->> 'id' as id, (r ->> 'attempts')::integer as attempts, r -> 'receipt' as receipt
    from jsonb_array_elements(results) with ordinality as given (r, number)
    where r ? 'receipt' order by r ->> 'id', number
  ) r
  cross join lateral jsonb_populate_record(null::triggers, case when r.receipt ->> 'channel' = 'telegram' then
    jsonb_build_object(
      'telegram_message_id', r.receipt ->> 'messageId',
      'telegram_chat_id', case when pg_typeof((null::triggers).telegram_chat_id) = 'text'::regtype
        or r.receipt ->> 'chatId' ~ '^-?\d+$' then r.receipt ->> 'chatId' end,
      'telegram_message_text', r.receipt ->> 'text') end) telegram
  where t.id::text = r.id and t.id::text = any (free) and t.alert_state <> 'sent';

  update triggers t set alert_state = 'failed', alert_attempts = r.attempts, alert_error = r.reason
  from (
    select distinct on (r ->> 'id') r ->> 'id' as id, (r ->> 'attempts')::integer as attempts, r ->> 'reason' as reason
    from jsonb_array_elements(results) with ordinality as given (r, number)
    where not r ? 'receipt' order by r ->> 'id', number
  ) r
  where t.id::text = r.id and t.id::text = any (free) and t.alert_state = 'pending';

  return query
  select jsonb_build_object('id', t.id) from triggers t where t.id::text = any (ids) and not t.id::text = any (free);
end $$;

revoke all on function public.record_alerts(jsonb) from public, anon, authenticated;
grant execute on function public.record_alerts(jsonb) to service_role;

notify pgrst, 'reload schema';
