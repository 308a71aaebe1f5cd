-- A chat that was stopped, or has blocked the bot, gets no digest of what was gathered before: that counts as failed, with the reason.
-- Applied twice it changes nothing; the version before this one asks the same function.

-- As in 20261126000008_linking.sql, without what is gathered for a chat that takes nothing any more from that owner.
create or replace function public.due_digests(after double precision, max_chats integer, claim double precision) returns setof jsonb
language sql set search_path = public as $$
  update triggers t set alert_digest = 'failed', alert_state = 'failed',
    alert_error = 'its chat takes no alerts any more: ' || coalesce(l.muted_reason, 'it was muted'),
    alert_receipt = t.alert_receipt || '{"digest": "failed"}', alert_sending_until = null
  from chat_links l
  where t.alert_digest = 'waiting' and (t.alert_sending_until is null or t.alert_sending_until < now())
    and l.chat_id = t.alert_receipt ->> 'chatId' and l.muted_at is not null
    and l.user_id in (
      select s.user_id::text from strategies s where s.id = t.strategy_id
      union all
      select d.user_id::text from strategy_tombstones d
      where d.id = t.strategy_id and not exists (select from strategies s where s.id = t.strategy_id)
    );
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
revoke all on function public.due_digests(double precision, integer, double precision) from public, anon, authenticated;
grant execute on function public.due_digests(double precision, integer, double precision) to service_role;
