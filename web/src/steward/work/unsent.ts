/** What is done already and only waits on the phone, so that nobody does it twice. */
import type { OutboxEntry, OperationName } from '@/offline'

/** The records that an operation in the tray is about; what was refused is not done. */
export const doneOnPhone = (entries: readonly OutboxEntry[], operation: OperationName): Set<string> =>
  new Set(entries.filter((entry) => entry.operation === operation && entry.state !== 'needs_you').map((entry) => entry.path.id ?? ''))

/** The orders or second asks that were answered; who was not reached is asked again. */
export const answeredOnPhone = (entries: readonly OutboxEntry[], operation: 'followups_survey' | 'second_asks_answer'): Set<string> =>
  doneOnPhone(entries.filter((entry) => entry.body.answers), operation)
