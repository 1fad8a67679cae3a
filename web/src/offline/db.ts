/**
 * What the phone keeps. Plain records with a version of their own: whatever code is loaded, it can read what an older one wrote.
 * Everything personal is sealed; what lies open are ids, times and states.
 */
import Dexie, { type Table } from 'dexie'
import type { Problem } from '@/api/types'
import type { Sealed } from './seal'

/** A dwelling of the caseload; `sealed` is its `HouseholdEntry`. */
export interface HouseholdRow {
  id: string
  sealed: Sealed
}

/** A form that is being filled in. */
export interface DraftRow {
  key: string
  household_id?: string
  updated_at: string
  sealed: Sealed
}

/** Something that was done and is not yet known to be received. `sealed` is an `OutboxContent`. */
export interface OutboxRow {
  /** The order of recording on this phone. */
  order?: number
  id: string
  /** Items recorded together, from one form. */
  group: string
  /** Version of the content's shape. */
  schema: 1
  operation: string
  recorded_at: string
  state: 'on_phone' | 'needs_you'
  after: string[]
  photos: string[]
  household_id?: string
  tries: number
  /** Epoch milliseconds before which it is not sent again. */
  next_at: number
  sealed: Sealed
  problem?: Problem
}

/** A photo: `kept` while only a form names it, `waiting` once an item does, `sent` when the service has it. */
export interface PhotoRow {
  id: string
  state: 'kept' | 'waiting' | 'sent'
  kept_at: string
  sealed: Sealed
}

/** That an item was received, by the service's day: what the day's count is made of. */
export interface ReceiptRow {
  id: string
  operation: string
  day: string
}

class StewardDatabase extends Dexie {
  meta!: Table<{ key: string; value: unknown }, string>
  households!: Table<HouseholdRow, string>
  drafts!: Table<DraftRow, string>
  outbox!: Table<OutboxRow, number>
  photos!: Table<PhotoRow, string>
  receipts!: Table<ReceiptRow, string>

  constructor() {
    super('steward')
    this.version(1).stores({
      meta: 'key',
      households: 'id',
      drafts: 'key, household_id',
      outbox: '++order, &id, group, household_id',
      photos: 'id, state',
      receipts: 'id, day',
    })
  }
}

export const db = new StewardDatabase()

/** One of the small values. */
export async function meta<T>(key: string): Promise<T | undefined> {
  return (await db.meta.get(key))?.value as T | undefined
}

/** Sets one of the small values. */
export async function setMeta(key: string, value: unknown): Promise<void> {
  await db.meta.put({ key, value })
}
