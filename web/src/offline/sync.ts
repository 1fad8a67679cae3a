/**
 * Sending and fetching. One tab at a time; the words go first, then the photos one by one, then what named them. An item leaves the phone
 * only with its receipt; a lost answer is harmless, because the item's id says that it is the same. It is tried for ever, ever more rarely.
 */
import { ref, shallowRef } from 'vue'
import { api } from '@/api/client'
import type { Schemas } from '@/api/types'
import { sessionExpired } from '@/session/tokens'
import { sending, type OutboxContent } from './cache'
import { pull } from './caseload'
import { dayOf, newId, now } from './clock'
import { db, meta, type OutboxRow, setMeta } from './db'
import { sweepPhotos } from './photos'
import { isUnlocked, open, openBytes } from './seal'
import { lookAtStorage, storage } from './storage'

export const online = ref(true)
export const lastContact = shallowRef<string | null>(null)
export const syncing = ref(false)

const BATCH = 50
/** Below the service's 512 kB, its frame included. */
const BATCH_BYTES = 480_000
const LONGEST_WAIT = 600_000
const PULL_EVERY = 300_000

type Item = Schemas['OutboxItem']
type Receipt = Schemas['Receipt']

/** The service could not be reached, or will not now. */
class Later extends Error {}

/** When an item is sent again that has been tried so often: a second, doubling to ten minutes, scattered by a quarter. */
export function nextTry(tries: number, at: number, chance = Math.random()): number {
  return at + Math.min(1000 * 2 ** tries, LONGEST_WAIT) * (0.75 + chance / 2)
}

/** Which items may go now: none before its predecessor, none before its photos. */
export function ready(rows: OutboxRow[], unsentPhotos: ReadonlySet<string>, at: number): OutboxRow[] {
  const going = new Set<string>()
  const here = new Set(rows.map((row) => row.id))
  return rows.filter((row) => {
    const may =
      row.state === 'on_phone' &&
      row.next_at <= at &&
      row.after.every((id) => going.has(id) || !here.has(id)) &&
      !row.photos.some((id) => unsentPhotos.has(id))
    if (may) going.add(row.id)
    return may
  })
}

async function deviceId(): Promise<string> {
  const known = await meta<string>('device_id')
  if (known) return known
  const id = newId()
  await setMeta('device_id', id)
  return id
}

async function asItem(row: OutboxRow): Promise<Item> {
  const { path, body } = await open<OutboxContent>(row.sealed)
  return {
    id: row.id,
    operation: row.operation,
    // The contract leaves open what an operation's path and body hold.
    path: path as Item['path'],
    body: body as Item['body'],
    after: row.after,
    recorded_at: row.recorded_at,
    device_now: now(),
    schema: row.schema,
  }
}

/** What a receipt means for its item. All of a batch in one transaction. */
export async function takeReceipts(receipts: Receipt[], at = Date.now()): Promise<void> {
  await db.transaction('rw', db.outbox, db.photos, db.receipts, async () => {
    for (const receipt of receipts) {
      const row = await db.outbox.get({ id: receipt.id })
      if (!row?.order) continue
      if (receipt.status === 'received') {
        await db.receipts.put({ id: row.id, operation: row.operation, day: dayOf(receipt.server_time) })
        await db.outbox.delete(row.order)
        await db.photos.where('id').anyOf(row.photos).and((photo) => photo.state === 'sent').delete()
      } else if (receipt.status === 'refused') {
        const { code = 'invalid', title = '', detail, fields } = (receipt.problem ?? {}) as Partial<Schemas['ProblemBody']>
        await db.outbox.update(row.order, { state: 'needs_you', problem: { code, title, detail, fields } })
      } else {
        await db.outbox.update(row.order, { tries: row.tries + 1, next_at: nextTry(row.tries, at) })
      }
    }
  })
}

async function putOff(rows: OutboxRow[]): Promise<void> {
  const at = Date.now()
  await db.transaction('rw', db.outbox, async () => {
    for (const row of rows) {
      if (row.order) await db.outbox.update(row.order, { tries: row.tries + 1, next_at: nextTry(row.tries, at) })
    }
  })
}

const unsentPhotos = async (): Promise<Set<string>> =>
  new Set(await db.photos.where('state').notEqual('sent').primaryKeys())

/** Sends what may go; says whether anything did. */
async function sendWords(): Promise<boolean> {
  const rows = ready(await db.outbox.orderBy('order').toArray(), await unsentPhotos(), Date.now())
  const batch: { row: OutboxRow; item: Item }[] = []
  let bytes = 0
  for (const row of rows.slice(0, BATCH)) {
    const item = await asItem(row)
    bytes += new TextEncoder().encode(JSON.stringify(item)).length
    if (bytes > BATCH_BYTES && batch.length > 0) break
    batch.push({ row, item })
  }
  if (batch.length === 0) return false
  const sent = batch.map(({ row }) => row)
  sending.value = new Set(sent.map((row) => row.id))
  try {
    const { data, response } = await api.POST('/api/v1/sync/outbox', {
      body: { device_id: await deviceId(), items: batch.map(({ item }) => item) },
    })
    contact()
    if (!data) throw new Later(String(response.status))
    await takeReceipts(data.receipts)
  } catch (error) {
    await putOff(sent)
    throw error
  } finally {
    sending.value = new Set()
  }
  return true
}

/** Sends one photo that an item waits for; says whether there was one. */
async function sendPhoto(): Promise<boolean> {
  const at = Date.now()
  const rows = (await db.outbox.orderBy('order').toArray()).filter((row) => row.state === 'on_phone' && row.next_at <= at)
  const unsent = await unsentPhotos()
  for (const row of rows) {
    const id = row.photos.find((photo) => unsent.has(photo))
    const photo = id && (await db.photos.get(id))
    if (!photo) continue
    sending.value = new Set([row.id])
    const bytes = await openBytes(photo.sealed)
    try {
      const { response, error } = await api.POST('/api/v1/attachments', {
        params: { query: { id: photo.id } },
        // The contract says bytes; they go as they are, and not as JSON.
        body: [],
        bodySerializer: () => bytes,
        headers: { 'content-type': 'application/octet-stream' },
      })
      contact()
      if (response.ok) {
        await db.photos.update(photo.id, { state: 'sent' })
      } else if (response.status >= 500 || [401, 408, 425, 429].includes(response.status)) {
        throw new Later(String(response.status))
      } else if (row.order) {
        const { code, title, detail, fields } = error as Schemas['ProblemBody']
        await db.outbox.update(row.order, { state: 'needs_you', problem: { code, title, detail, fields } })
      }
    } catch (error) {
      await putOff([row])
      throw error
    } finally {
      sending.value = new Set()
    }
    return true
  }
  return false
}

/** Yesterday's receipts against the service's, once a day. */
async function count(): Promise<void> {
  const day = dayOf(Date.now() - 86_400_000)
  if ((await meta('counted_day')) === day) return
  const counts = new Map<string, number>()
  await db.receipts.where('day').equals(day).each((row) => void counts.set(row.operation, (counts.get(row.operation) ?? 0) + 1))
  const unsent = await db.outbox.orderBy('order').toArray()
  const { response } = await api.POST('/api/v1/sync/counts', {
    body: {
      app_version: __APP_VERSION__,
      counts: [...counts].map(([operation, received]) => ({ operation, received })),
      day,
      device_id: await deviceId(),
      device_now: now(),
      oldest_unsent_at: unsent[0]?.recorded_at,
      storage_persisted: storage.value?.persisted ?? false,
      unsent: unsent.length,
    },
  })
  if (!response.ok) return
  await setMeta('counted_day', day)
  await db.receipts.where('day').below(dayOf(Date.now() - 14 * 86_400_000)).delete()
}

function contact(): void {
  online.value = true
  lastContact.value = now()
  void setMeta('last_contact', lastContact.value)
}

async function round(fetchToo: boolean): Promise<void> {
  let sent = false
  while ((await sendWords()) || (await sendPhoto())) sent = true
  const last = await meta<string>('last_pull')
  if (fetchToo || sent || !last || Date.now() - Date.parse(last) > PULL_EVERY) {
    const status = await pull()
    contact()
    if (status !== 200) throw new Later(String(status))
    await count()
    await sweepPhotos()
    await lookAtStorage()
  }
}

async function sync(fetchToo: boolean): Promise<void> {
  if (!isUnlocked() || sessionExpired.value) return
  await navigator.locks.request('steward-sync', async () => {
    syncing.value = true
    try {
      await round(fetchToo)
    } catch (error) {
      // What fetch throws where there is no signal.
      if (error instanceof TypeError) online.value = false
      else if (!(error instanceof Later) && isUnlocked()) throw error
    } finally {
      syncing.value = false
    }
  })
}

let timer: ReturnType<typeof setTimeout> | undefined

/** Plans the next round for when something may go again. */
async function plan(): Promise<void> {
  clearTimeout(timer)
  const waiting = (await db.outbox.toArray()).filter((row) => row.state === 'on_phone').map((row) => row.next_at)
  const wait = waiting.length > 0 ? Math.max(1000, Math.min(...waiting) - Date.now()) : PULL_EVERY
  timer = setTimeout(() => void run(false), Math.min(wait, PULL_EVERY))
}

let under_way: Promise<void> | undefined

async function run(fetchToo: boolean): Promise<void> {
  under_way ??= sync(fetchToo).finally(() => {
    under_way = undefined
  })
  await under_way
  await plan()
}

/** Sends and fetches now, whatever was put off. */
export async function syncNow(): Promise<void> {
  await db.outbox.toCollection().modify({ next_at: 0 })
  await under_way
  await run(true)
}

/** Sends what was just recorded, after a round that is under way. */
export function syncSoon(): void {
  void (async () => {
    await under_way
    await run(false)
  })()
}

/** Begins to keep phone and service together, once the storage is open. */
export async function startSync(): Promise<void> {
  lastContact.value = (await meta<string>('last_contact')) ?? null
  online.value = navigator.onLine
  await run(true)
}

if (typeof window !== 'undefined') {
  window.addEventListener('online', () => void syncNow())
  window.addEventListener('offline', () => (online.value = false))
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') syncSoon()
  })
}
