/** Recording: what was done goes from the form into the outbox, in one transaction with the end of its draft. */
import { now, newId } from './clock'
import { db, type OutboxRow } from './db'
import { recorded } from './drafts'
import type { NewEntry } from './operations'
import { open, seal } from './seal'
import type { OutboxContent } from './cache'
import { reportStorage } from './storage'
import { syncSoon } from './sync'

/**
 * Records what was done, all of it or none. With `draft` the form under that key ends with it, and is kept beside the items so that a
 * refused one can be mended.
 *
 * Rejects where the phone has no room: the form stays as it is.
 */
export async function record(entries: NewEntry[], options: { draft?: string } = {}): Promise<void> {
  const group = newId()
  const draft = options.draft === undefined ? undefined : await db.drafts.get(options.draft)
  const form = draft && { key: draft.key, form: await open<object>(draft.sealed) }
  const rows: OutboxRow[] = await Promise.all(
    entries.map(async (entry, n) => ({
      id: entry.id ?? newId(),
      group,
      schema: 1 as const,
      operation: entry.operation,
      recorded_at: now(),
      state: 'on_phone' as const,
      after: entry.after ?? [],
      photos: entry.photos ?? [],
      household_id: entry.household_id,
      tries: 0,
      next_at: 0,
      sealed: await seal({
        path: entry.path ?? {},
        body: entry.body,
        about: entry.about,
        // Vue's own marks on a form are not part of what was said.
        draft: n === 0 ? form : undefined,
      }),
    })),
  )
  const photos = rows.flatMap((row) => row.photos)
  try {
    await db.transaction('rw', db.outbox, db.drafts, db.photos, async () => {
      await db.outbox.bulkAdd(rows)
      await db.photos.where('id').anyOf(photos).and((photo) => photo.state === 'kept').modify({ state: 'waiting' })
      if (options.draft !== undefined) await db.drafts.delete(options.draft)
    })
  } catch (error) {
    reportStorage(error)
    throw error
  }
  reportStorage(null)
  if (options.draft !== undefined) recorded(options.draft)
  syncSoon()
}

/** Sends a refused item again as it is. */
export async function sendAgain(id: string): Promise<void> {
  await db.outbox.where('id').equals(id).modify((row) => {
    row.state = 'on_phone'
    row.next_at = 0
    delete row.problem
  })
  syncSoon()
}

/** Takes what was recorded together back into its form; says under which key it lies there, or null where it came from none. */
export async function mend(id: string): Promise<string | null> {
  const row = await db.outbox.get({ id })
  if (!row) return null
  const group = await db.outbox.where('group').equals(row.group).sortBy('order')
  const first = group[0] && (await open<OutboxContent>(group[0].sealed))
  // Where a part of it has been received, the form would record that part twice.
  if (!first?.draft) return null
  const { key, form } = first.draft
  const sealed = await seal(form)
  await db.transaction('rw', db.outbox, db.drafts, db.photos, async () => {
    await db.outbox.where('group').equals(row.group).delete()
    await db.photos.where('id').anyOf(group.flatMap((item) => item.photos)).and((photo) => photo.state === 'waiting').modify({ state: 'kept' })
    await db.drafts.put({ key, household_id: row.household_id, updated_at: now(), sealed })
  })
  return key
}

/** Gives an item up for good, with what hangs on it. */
export async function giveUp(id: string): Promise<void> {
  await db.transaction('rw', db.outbox, db.photos, async () => {
    const gone = new Set([id])
    for (const row of await db.outbox.orderBy('order').toArray()) {
      if (row.after.some((before) => gone.has(before))) gone.add(row.id)
    }
    const rows = await db.outbox.where('id').anyOf([...gone]).toArray()
    await db.outbox.where('id').anyOf([...gone]).delete()
    const named = new Set((await db.outbox.toArray()).flatMap((row) => row.photos))
    await db.photos.bulkDelete(rows.flatMap((row) => row.photos).filter((photo) => !named.has(photo)))
  })
}
