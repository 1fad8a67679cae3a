/** What may go into the outbox, and what its body looks like. The list is the service's own (`src/sync/operations.rs`). */
import type { BodyOf } from '@/api/types'
import type { operations } from '@/api/schema'

export type OperationName =
  | 'visits_log'
  | 'visits_correct'
  | 'visits_photograph'
  | 'needs_collect'
  | 'needs_solve'
  | 'needs_withdraw'
  | 'orders_request'
  | 'followups_survey'
  | 'second_asks_answer'
  | 'hazards_notify'
  | 'hazards_report'
  | 'hazards_make_responsible'
  | 'hazards_photograph'
  | 'hazards_extend'
  | 'hazards_repair'
  | 'no_answer_cases_take_step'
  | 'no_answer_cases_resolve'
  | 'emergencies_raise'
  | 'emergencies_acknowledge'
  | 'emergencies_take_step'
  | 'emergencies_order_service'
  | 'emergencies_close'
  | 'elder_events_record'
  | 'elders_add_contact'
  | 'elders_add_consent'
  | 'elders_set_status'
  | 'elders_override_tier'
  | 'care_beds_inspect'
  | 'publicity_events_record'
  | 'publicity_events_correct'
  | 'publicity_events_withdraw'
  | 'policy_applications_apply'
  | 'policies_snooze'
  | 'alerts_seen'
  | 'sync_profile_edit'

/** The service sets the device's time from the item, where a body would say it. */
type WithoutClock<B> = B extends { device_now: string }
  ? Omit<B, 'device_now'>
  : B extends { visit: infer V }
    ? Omit<B, 'visit'> & { visit: WithoutClock<V> }
    : B extends { event: infer V }
      ? Omit<B, 'event'> & { event: WithoutClock<V> }
      : B extends { happened?: infer V }
        ? Omit<B, 'happened'> & { happened?: WithoutClock<V> }
        : B

export type OutboxBody<K extends OperationName> = WithoutClock<BodyOf<K & keyof operations>>

/** Something that was done. */
export type NewEntry = {
  [K in OperationName]: {
    /** The item's own id, where another names it in `after`. */
    id?: string
    operation: K
    path?: Record<string, string>
    body: OutboxBody<K>
    /** Items that must be received before. */
    after?: string[]
    /** Kept photos that must be on the service before this item is sent. */
    photos?: string[]
    household_id?: string
    /** What it is, in the words of the person's language: what the tray shows. */
    about: string
  }
}[OperationName]
