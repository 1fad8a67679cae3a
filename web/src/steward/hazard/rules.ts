/** What the service's rules allow about a hazard (`src/hazards/model`, `src/hazards/queries/follow.rs`), said before it is sent. */
import type { Schemas } from '@/api/types'

type Hazard = Schemas['Hazard']
type Order = Pick<Schemas['CaseloadOrder'], 'id' | 'status' | 'completed_at'>

const DAY = 86_400_000

/** A major one that nobody has reported. */
export const reportDue = (hazard: Hazard): boolean => hazard.status === 'open' && !!hazard.report_due_at && !hazard.reported_at

/** One with a deadline of which nobody has been given notice. */
export const noticeDue = (hazard: Hazard): boolean => hazard.status === 'open' && !!hazard.due_at && !hazard.noticed_at

/** The order for its repair, as far as the phone holds it. */
const repairOf = (hazard: Hazard, orders: readonly Order[]): Order | undefined => orders.find((order) => order.id === hazard.repair_order_id)

/** A repair that is neither closed nor cancelled: another is not ordered beside it. What the phone holds no longer is over. */
export function inRepair(hazard: Hazard, orders: readonly Order[]): boolean {
  const repair = repairOf(hazard, orders)
  return !!repair && repair.status !== 'closed' && repair.status !== 'cancelled'
}

/** It is repaired, and no visit has looked at it since. */
export function recheckDue(hazard: Hazard, orders: readonly Order[]): boolean {
  const done = repairOf(hazard, orders)?.completed_at
  return hazard.status === 'open' && !!done && (!hazard.rechecked_at || Date.parse(hazard.rechecked_at) < Date.parse(done))
}

/** By how many days the deadline can move at most: as many as it had; 0 where it cannot move. */
export function longestExtension(hazard: Hazard): number {
  if (hazard.status !== 'open' || !hazard.due_at || hazard.extended_at) return 0
  return Math.min(365, Math.round((Date.parse(hazard.due_at) - Date.parse(hazard.found_at)) / DAY))
}

export interface ExtensionForm {
  days: string
  reason: string
}

/** What is wrong with an extension, by field, under the codes of the messages. */
export function extensionFaults(hazard: Hazard, form: ExtensionForm, now: number): { days?: 'days_range' | 'days_too_few'; reason?: 'too_short' } {
  const days = /^\d{1,3}$/.test(form.days.trim()) ? Number(form.days) : 0
  const faults: ReturnType<typeof extensionFaults> = {}
  if (days < 1 || days > longestExtension(hazard)) faults.days = 'days_range'
  else if (Date.parse(hazard.due_at ?? '') + days * DAY <= now) faults.days = 'days_too_few'
  if (form.reason.trim().length < 2) faults.reason = 'too_short'
  return faults
}

export interface NoticeForm {
  to: Schemas['HazardParty']
  recipient: string
  text: string
  signed: 'yes' | 'no'
  refused: string
  photos: string[]
}

/** What is missing of a notice, by field: it is signed, with a photo of it, or refused with the reason. */
export function noticeFaults(form: NoticeForm): { recipient?: 'needed'; text?: 'too_short'; photos?: 'signature_needed'; refused?: 'too_short' } {
  const faults: ReturnType<typeof noticeFaults> = {}
  if (form.recipient.trim() === '') faults.recipient = 'needed'
  if (form.text.trim().length < 2) faults.text = 'too_short'
  if (form.signed === 'yes' && form.photos.length !== 1) faults.photos = 'signature_needed'
  if (form.signed === 'no' && form.refused.trim().length < 2) faults.refused = 'too_short'
  return faults
}
