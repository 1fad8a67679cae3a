import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Schemas } from '@/api/types'
import { takeIn } from './caseload'
import { newId } from './clock'
import { db, type OutboxRow } from './db'
import { openDraft } from './drafts'
import { exportUnsent, openExport } from './export'
import { giveUp, mend, record } from './outbox'
import { makeKeys, seal } from './seal'
import { nextTry, ready, takeReceipts } from './sync'

// Nothing is sent here: what the service says is given by hand.
vi.mock('./sync', async (real) => ({ ...(await real<typeof import('./sync')>()), syncSoon: () => undefined }))

const HOME = newId()

beforeAll(() => makeKeys('steward01', 'a-long-password', '246810'))
beforeEach(async () => {
  await Promise.all([db.outbox, db.drafts, db.photos, db.receipts, db.households].map((table) => table.clear()))
})

async function twoItems(): Promise<[string, string]> {
  const [first, second] = [newId(), newId()]
  await record([
    { id: first, operation: 'needs_solve', path: { id: HOME }, body: { resolution: '已陪同' }, household_id: HOME, about: '一' },
    { id: second, operation: 'needs_withdraw', path: { id: HOME }, body: { resolution: '不要了' }, after: [first], household_id: HOME, about: '二' },
  ])
  return [first, second]
}

const receipt = (id: string, status: Schemas['ReceiptStatus'], more: Partial<Schemas['Receipt']> = {}): Schemas['Receipt'] =>
  ({ id, status, server_time: '2024-01-15T17:00:00Z', waiting_for: [], ...more }) as Schemas['Receipt']

test('recording ends the draft in the same breath, and a refused item is taken back into it', async () => {
  const draft = await openDraft(`visit:${HOME}`, () => ({ note: '' }))
  draft.form.note = '软管龟裂'
  await vi.waitFor(() => expect(draft.saved.value).toBe(true))
  await record([{ operation: 'needs_solve', path: { id: HOME }, body: { resolution: '已陪同' }, household_id: HOME, about: '一' }], { draft: `visit:${HOME}` })
  expect(await db.drafts.count()).toBe(0)
  draft.form.note = 'a late change'
  const [row] = await db.outbox.toArray()
  await takeReceipts([receipt(row!.id, 'refused', { problem: { code: 'need_not_open', title: 'x' } as never })])
  expect((await db.outbox.toArray())[0]).toMatchObject({ state: 'needs_you', problem: { code: 'need_not_open' } })
  expect(await mend(row!.id)).toBe(`visit:${HOME}`)
  expect(await db.outbox.count()).toBe(0)
  const again = await openDraft(`visit:${HOME}`, () => ({ note: '' }))
  expect([again.resumed, again.form.note]).toEqual([true, '软管龟裂'])
})

test('a receipt deletes its item and is counted on the day of the service in Xining', async () => {
  const [first, second] = await twoItems()
  await takeReceipts([receipt(first, 'received'), receipt(second, 'held'), receipt(newId(), 'received')])
  expect((await db.outbox.toArray()).map((row) => row.id)).toEqual([second])
  expect(await db.receipts.toArray()).toEqual([{ id: first, operation: 'needs_solve', day: '2024-01-16' }])
})

test('what is not taken now is tried later and more rarely, for ever', async () => {
  const [first] = await twoItems()
  const at = 1_000_000
  await takeReceipts([receipt(first, 'later')], at)
  const row = (await db.outbox.get({ id: first }))!
  expect(row.tries).toBe(1)
  expect(row.next_at).toBeGreaterThan(at)
  expect(ready([row], new Set(), at)).toEqual([])
  expect(ready([row], new Set(), row.next_at)).toEqual([row])
  expect([0, 3, 40].map((tries) => nextTry(tries, 0, 0.5))).toEqual([1_000, 8_000, 600_000])
})

test('nothing goes before its predecessor or its photos, and a refused one holds up only what hangs on it', async () => {
  const [first, second] = await twoItems()
  const photo = newId()
  await db.photos.add({ id: photo, state: 'kept', kept_at: '', sealed: await seal(new ArrayBuffer(8)) })
  await record([{ operation: 'hazards_photograph', path: { id: HOME }, body: { id: newId(), note: '', photos: [{ attachment_id: photo, role: 'before' }] }, photos: [photo], about: '三' }])
  expect((await db.photos.get(photo))?.state).toBe('waiting')
  const rows = await db.outbox.orderBy('order').toArray()
  const ids = (list: OutboxRow[]) => list.map((row) => row.id)
  expect(ids(ready(rows, new Set([photo]), 0))).toEqual([first, second])
  expect(ids(ready(rows, new Set(), 0))).toEqual([first, second, rows[2]!.id])
  rows[0]!.state = 'needs_you'
  expect(ids(ready(rows, new Set(), 0))).toEqual([rows[2]!.id])
})

test('giving an item up takes what hangs on it, and nothing else', async () => {
  const [first] = await twoItems()
  const [other] = await twoItems()
  await giveUp(first)
  expect((await db.outbox.orderBy('order').toArray()).map((row) => row.id)).toContain(other)
  expect(await db.outbox.count()).toBe(2)
})

test('a dwelling that was handed over stays while something unsent hangs on it', async () => {
  const other = newId()
  const entry = (id: string) => ({ household: { id }, elders: [], obligations: [] }) as unknown as Schemas['HouseholdEntry']
  const caseload = { cursor: 'a', full: true, household_ids: [HOME, other], households: [entry(HOME), entry(other)], progress: {}, week: '2024-W03', truncated: false, server_time: '' }
  await takeIn(caseload as unknown as Schemas['Caseload'])
  const [first, second] = await twoItems()
  const gone = { ...caseload, cursor: 'b', household_ids: [], households: [] } as unknown as Schemas['Caseload']
  await takeIn(gone)
  expect(await db.households.toCollection().primaryKeys()).toEqual([HOME])
  await takeReceipts([receipt(first, 'received'), receipt(second, 'received')])
  await takeIn(gone)
  expect(await db.households.count()).toBe(0)
})

test('the exported file opens with its passphrase alone and holds every unsent item', async () => {
  const ids = await twoItems()
  const file = await exportUnsent('a passphrase')
  expect(JSON.stringify(file)).not.toContain('已陪同')
  await expect(openExport(file, 'another one')).rejects.toThrow()
  expect((await openExport(file, 'a passphrase')).items.map((item) => item.id)).toEqual(ids)
})
