/** The caseload: what a steward may hold, brought up to date by what differs. */
import type { Household, Schemas } from '@/api/types'
import { api } from '@/api/client'
import { readCaseload } from './cache'
import { now } from './clock'
import { db, meta, setMeta } from './db'
import { seal } from './seal'

/** Takes in an answer, all of it or none; the cursor goes with it. */
export async function takeIn(caseload: Schemas['Caseload']): Promise<void> {
  const rows = await Promise.all(
    caseload.households.map(async (entry: Household) => ({ id: entry.household.id, sealed: await seal(entry) })),
  )
  const reference = caseload.reference ? await seal(caseload.reference) : undefined
  const mine = new Set(caseload.household_ids)
  await db.transaction('rw', db.households, db.outbox, db.drafts, db.meta, async () => {
    await db.households.bulkPut(rows)
    // A dwelling that was handed over stays while something unsent or unfinished hangs on it.
    const hanging = new Set<string | undefined>([
      ...(await db.outbox.toArray()).map((row) => row.household_id),
      ...(await db.drafts.toArray()).map((row) => row.household_id),
    ])
    const gone = (await db.households.toCollection().primaryKeys()).filter((id) => !mine.has(id) && !hanging.has(id))
    await db.households.bulkDelete(gone)
    if (reference) await setMeta('reference', reference)
    await setMeta('progress', { week: caseload.week, goal: caseload.progress })
    await setMeta('cursor', caseload.cursor)
    await setMeta('last_pull', now())
  })
  await readCaseload()
}

/** Asks what has changed. Says the status of the answer; rejects where there is no signal. */
export async function pull(): Promise<number> {
  const cursor = await meta<string>('cursor')
  const { data, response } = await api.GET('/api/v1/sync/caseload', { params: { query: { cursor } } })
  if (data) await takeIn(data)
  return response.status
}
