/**
 * The alerts of this process that wait for a chat which takes no more for now: how many there are, so that what comes beyond is not
 * put in a line in which it would be told to go. What waits in other processes is not known here, nor is what they have sent
 * of those here: an alert that has not come back when it must have is forgotten.
 */
import type { TriggerId } from "../../domain/Trigger.ts"

/** Chats that are remembered before those are forgotten whose alerts are gone. */
const manyChats = 10_000

export const makeWaitingAlerts = () => {
  /** Until when each alert waits at most, by its chat; in milliseconds by a clock that nobody sets. */
  const chats = new Map<string, Map<TriggerId, number>>()

  const forget = (chat: string, now: number): void => {
    const alerts = chats.get(chat)
    for (const [id, until] of alerts ?? []) if (until < now) alerts?.delete(id)
    if (alerts?.size === 0) chats.delete(chat)
  }

  return {
    /** The alert waits for the chat, until then at most. */
    join: (chat: string, id: TriggerId, until: number, now: number): void => {
      if (chats.size >= manyChats) for (const each of [...chats.keys()]) forget(each, now)
      const alerts = chats.get(chat) ?? new Map<TriggerId, number>()
      chats.set(chat, alerts.set(id, until))
    },
    /** The alert has come back. */
    leave: (chat: string, id: TriggerId): void => void chats.get(chat)?.delete(id),
    /** How many wait for the chat. */
    count: (chat: string, now: number): number => {
      forget(chat, now)
      return chats.get(chat)?.size ?? 0
    }
  }
}
