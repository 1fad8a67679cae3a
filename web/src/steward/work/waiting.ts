/** What of the caseload waits for the steward besides visits, the most pressing first. */
import type { Household, Schemas } from '@/api/types'
import { noticeDue, recheckDue, reportDue } from '@/steward/hazard/rules'

export interface Waiting<T> {
  household: Household
  record: T
}

const RUNNING: Schemas['OrderStatus'][] = ['requested', 'offered', 'referred', 'accepted', 'scheduled', 'in_service', 'reworking', 'unmet']
const INSPECTED: Schemas['CareBedStatus'][] = ['installed', 'accepted', 'in_service', 'suspended']

function all<T>(households: readonly Household[], of: (household: Household) => T[], before: (a: T, b: T) => number): Waiting<T>[] {
  return households
    .flatMap((household) => of(household).map((record) => ({ household, record })))
    .sort((a, b) => before(a.record, b.record))
}

const truths = (a: boolean, b: boolean): number => Number(b) - Number(a)
const instant = (at?: string | null): number => (at ? Date.parse(at) : Infinity)
/** The earlier first, what has no time last. */
const earlier = (a?: string | null, b?: string | null): number => (instant(a) === instant(b) ? 0 : instant(a) - instant(b))

/** At `now`: a follow-up that is to be tried again later waits until then. */
export function waitingWork(households: readonly Household[], now: number) {
  return {
    emergencies: all(households, (h) => h.emergencies.filter((e) => e.status !== 'closed'), (a, b) => earlier(a.raised_at, b.raised_at)),
    shutDoors: all(households, (h) => (h.no_answer_case?.status === 'open' ? [h.no_answer_case] : []), (a, b) => earlier(a.due_at, b.due_at)),
    followups: all(
      households,
      (h) => h.follow_ups_due.filter((f) => Date.parse(f.not_before) <= now),
      (a, b) => truths(a.late, b.late) || earlier(a.due_at, b.due_at),
    ),
    hazards: all(
      households,
      (h) => h.hazards.filter((z) => z.status === 'open'),
      (a, b) => truths(reportDue(a), reportDue(b)) || truths(a.overdue, b.overdue) || truths(a.severity === 'major', b.severity === 'major') || earlier(a.due_at, b.due_at),
    ),
    beds: all(
      households,
      (h) => h.care_beds.filter((bed) => INSPECTED.includes(bed.status)),
      (a, b) => truths(a.open_findings > 0, b.open_findings > 0) || earlier(a.applied_at, b.applied_at),
    ),
    orders: all(
      households,
      (h) => h.orders.filter((order) => RUNNING.includes(order.status)),
      (a, b) => truths(a.late, b.late) || earlier(a.requested_at, b.requested_at),
    ),
  }
}

/** What is next to be done about a hazard, under the codes of the messages. */
export function nextOf({ household, record }: Waiting<Schemas['Hazard']>): ('report_now' | 'notice_due' | 'recheck_due')[] {
  return [
    ...(reportDue(record) ? (['report_now'] as const) : []),
    ...(noticeDue(record) ? (['notice_due'] as const) : []),
    ...(recheckDue(record, household.orders) ? (['recheck_due'] as const) : []),
  ]
}
