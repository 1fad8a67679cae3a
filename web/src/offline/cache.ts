/** What of the phone's storage is open in memory while it is unlocked, kept live. */
import { liveQuery, type Subscription } from 'dexie'
import { computed, type MaybeRefOrGetter, type Ref, shallowRef, toValue } from 'vue'
import type { Elder, Household, Problem, Reference, WeekGoal } from '@/api/types'
import { db, meta } from './db'
import { LockedError, open, type Sealed } from './seal'

/** What lies sealed in an item. */
export interface OutboxContent {
  path: Record<string, string>
  body: Record<string, unknown>
  about: string
  /** The form that it came from, so that a refused item can be mended. */
  draft?: { key: string; form: object }
}

/** An item as pages show it. */
export interface OutboxEntry {
  id: string
  group: string
  operation: string
  about: string
  household_id?: string
  recorded_at: string
  state: 'on_phone' | 'sending' | 'needs_you'
  waiting_photos: number
  tries: number
  problem?: Problem
  path: Record<string, string>
  body: Record<string, unknown>
  draft?: { key: string; form: object }
}

export interface DraftLine {
  key: string
  household_id?: string
  updated_at: string
}

interface Caseload {
  households: Map<string, Household>
  reference: Reference | null
  progress: { week: string; goal: WeekGoal } | null
}

const caseload = shallowRef<Caseload>()
const outbox = shallowRef<OutboxEntry[]>()
const drafts = shallowRef<DraftLine[]>()
/** Items that are on their way at this moment. */
export const sending = shallowRef<ReadonlySet<string>>(new Set())

let watching: Subscription[] = []

/** Reads the caseload anew, after a pull or an unlock. */
export async function readCaseload(): Promise<void> {
  const [rows, reference, progress] = await Promise.all([
    db.households.toArray(),
    meta<Sealed>('reference'),
    meta<Caseload['progress']>('progress'),
  ])
  const households = await Promise.all(rows.map((row) => open<Household>(row.sealed)))
  caseload.value = {
    households: new Map(households.map((entry) => [entry.household.id, entry])),
    reference: reference ? await open<Reference>(reference) : null,
    progress: progress ?? null,
  }
}

async function readOutbox(): Promise<OutboxEntry[]> {
  const rows = await db.outbox.orderBy('order').toArray()
  const unsent = new Set(await db.photos.where('state').notEqual('sent').primaryKeys())
  return Promise.all(
    rows.map(async (row) => ({
      ...(await open<OutboxContent>(row.sealed)),
      id: row.id,
      group: row.group,
      operation: row.operation,
      household_id: row.household_id,
      recorded_at: row.recorded_at,
      state: row.state,
      waiting_photos: row.photos.filter((id) => unsent.has(id)).length,
      tries: row.tries,
      problem: row.problem,
    })),
  )
}

/** Opens the storage to the pages; the key is there. */
export async function openCache(): Promise<void> {
  closeCache()
  const ignoreLock = (error: unknown) => {
    if (!(error instanceof LockedError)) throw error
  }
  watching = [
    liveQuery(async () => Promise.all([db.outbox.toArray(), db.photos.where('state').notEqual('sent').primaryKeys()])).subscribe(
      () => void readOutbox().then((entries) => (outbox.value = entries), ignoreLock),
    ),
    liveQuery(() => db.drafts.toArray()).subscribe((rows) => {
      drafts.value = rows.map(({ key, household_id, updated_at }) => ({ key, household_id, updated_at }))
    }),
  ]
  await readCaseload()
}

/** Nothing stays in memory when it locks. */
export function closeCache(): void {
  for (const subscription of watching) subscription.unsubscribe()
  watching = []
  caseload.value = undefined
  outbox.value = undefined
  drafts.value = undefined
}

/** Every dwelling of the caseload; undefined while it is read. */
export const useHouseholds = (): Ref<Household[] | undefined> =>
  computed(() => caseload.value && [...caseload.value.households.values()])

/** A dwelling; null where it is not on this phone. */
export const useHousehold = (id: MaybeRefOrGetter<string>): Ref<Household | null | undefined> =>
  computed(() => caseload.value && (caseload.value.households.get(toValue(id)) ?? null))

/** An elder with their dwelling; null where they are not on this phone. */
export const useElder = (id: MaybeRefOrGetter<string>): Ref<{ household: Household; elder: Elder } | null | undefined> =>
  computed(() => {
    if (!caseload.value) return undefined
    for (const household of caseload.value.households.values()) {
      const elder = household.elders.find((e) => e.id === toValue(id))
      if (elder) return { household, elder }
    }
    return null
  })

/** The menu, the check points, the policies, the categories, and who this is. */
export const useReference = (): Ref<Reference | null | undefined> => computed(() => caseload.value?.reference)

/** The week's goal and how far it is reached, as the office sees it. */
export const useProgress = (): Ref<{ week: string; goal: WeekGoal } | null | undefined> =>
  computed(() => caseload.value?.progress)

/** Everything that is not yet received, in the order in which it was recorded. */
export const useOutbox = (): Ref<OutboxEntry[] | undefined> =>
  computed(() =>
    outbox.value?.map((entry) => (sending.value.has(entry.id) ? { ...entry, state: 'sending' as const } : entry)),
  )

/** What of this dwelling is not yet received. */
export function waitingFor(household: MaybeRefOrGetter<string>): Ref<OutboxEntry[]> {
  const all = useOutbox()
  return computed(() => all.value?.filter((entry) => entry.household_id === toValue(household)) ?? [])
}

/** Forms that were begun. */
export const listDrafts = (): Ref<DraftLine[] | undefined> => drafts
