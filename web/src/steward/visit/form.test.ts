import { expect, test } from 'vitest'
import type { Household, Schemas } from '@/api/types'
import { aheadOf, atDoor, blankVisit, entriesOf, formOf, fromLocalTime, leftAt, localTime, missing, visitOf } from './form'

const household = { household: { id: 'h', latitude: 36.62, longitude: 101.77 }, elders: [{ id: 'e' }, { id: 'f' }], hazards: [] } as unknown as Household
let n = 0
const newId = (): string => `id${++n}`
/** When the form is finished. */
const at = Date.parse('2024-01-15T01:00:00Z')
const said = { ended_at: '2024-01-15T01:00:00Z', about: 'a', order: 'o', photos: 'p' }

function complete() {
  const form = blankVisit('v', '2024-01-15T00:30:00Z', household)
  form.position = 'unknown'
  for (const check of Object.values(form.checks)) check.result = 'safe'
  Object.assign(form.elders.e!, { condition: 'good', diet: 'regular', mood: 'calm' })
  form.elders.f!.met = false
  return form
}

test('a position is at the door within a hundred metres, as far as it is known', () => {
  const at = (latitude: number, accuracy: number) => atDoor({ latitude, longitude: 101.77, accuracy }, household.household)
  expect([at(36.6205, 10), at(36.63, 10), at(36.63, 1200)]).toEqual(['at_door', 'elsewhere', 'at_door'])
})

test('every rule of the service is asked for before it is sent', () => {
  expect(missing(complete(), false, at)).toEqual([])
  const lacks = (change: (form: ReturnType<typeof complete>) => void, correcting = false): string[] => {
    const form = complete()
    change(form)
    return missing(form, correcting, at).map((one) => one.key.replace('visit.missing.', ''))
  }
  expect(lacks((form) => (form.position = null))).toEqual(['position'])
  expect(lacks((form) => (form.checks.gas.result = null))).toEqual(['check'])
  expect(lacks((form) => (form.checks.gas.result = 'not_checked'))).toEqual(['check_reason'])
  expect(lacks((form) => (form.checks.gas.result = 'hazard'))).toEqual(['hazard'])
  expect(lacks((form) => (form.elders.e!.mood = null))).toEqual(['elder'])
  expect(lacks((form) => (form.elders.e!.met = false))).toEqual(['nobody'])
  expect(lacks((form) => form.hazards.push({ id: 'z', kind: 'dwelling', severity: 'major', check_point: 'hose', description: '', measure: '', photos: [] }))).toEqual(['measure'])
  expect(lacks(() => undefined, true)).toEqual(['reason'])
  expect(lacks((form) => (form.left_at = '2024-01-15T02:00:00Z'))).toEqual(['left'])
  expect(lacks((form) => (form.started_at = '2024-01-14T00:59:00Z'))).toEqual(['left'])
  expect(lacks((form) => (form.policies = Array.from({ length: 21 }, (_, n) => `e:${n}`)))).toEqual(['too_many'])
  expect(lacks((form) => Object.assign(form, { outcome: 'no_answer', elders: {} }))).toEqual([])
})

test('where nobody was met nothing else is said', () => {
  const form = complete()
  form.outcome = 'no_answer'
  form.needs.push({ id: 'n', elder_id: 'e', item_id: 'i', description: '', way: 'order', solved: '' })
  const visit = visitOf(form, household, null, said.ended_at)
  expect([visit.checks, visit.elders, visit.needs, visit.hazards]).toEqual([undefined, [], [], []])
  expect(entriesOf(form, household, null, said, newId).map((entry) => entry.operation)).toEqual(['visits_log'])
})

test('the words go first; orders and photos hang on them', () => {
  const form = complete()
  form.checks.gas.result = 'hazard'
  form.hazards.push({ id: 'z', kind: 'gas', severity: 'general', check_point: 'hose', description: '龟裂', measure: '', photos: ['p1'] })
  form.needs.push({ id: 'n', elder_id: 'e', item_id: 'i', description: '', way: 'order', solved: '' })
  form.photos.push('p2')
  const entries = entriesOf(form, household, null, said, newId)
  expect(entries.map((entry) => [entry.operation, entry.photos ?? []])).toEqual([
    ['visits_log', []],
    ['orders_request', []],
    ['visits_photograph', ['p2']],
    ['hazards_photograph', ['p1']],
  ])
  expect(entries.slice(1).map((entry) => entry.after)).toEqual(Array(3).fill([entries[0]!.id]))
  expect(visitOf(form, household, null, said.ended_at)).toMatchObject({ purposes: ['safety', 'needs'], checks: { gas: { result: 'hazard', points: ['hose'] } }, elders: [{ elder_id: 'e' }] })
})

test('a slip of the thumb loses no hazard and says none', () => {
  const form = complete()
  form.hazards.push({ id: 'z', kind: 'gas', severity: 'general', check_point: 'hose', description: '龟裂', measure: '', photos: ['p1'] })
  expect(visitOf(form, household, null, said.ended_at).hazards).toEqual([])
  expect(entriesOf(form, household, null, said, newId)).toHaveLength(1)
  form.checks.gas.result = 'hazard'
  expect(visitOf(form, household, null, said.ended_at).hazards).toMatchObject([{ id: 'z', check_point: 'hose' }])
})

test('who is in hospital is not met unless the steward says so', () => {
  const home = { ...household, elders: [{ id: 'e', status: 'in_hospital' }, { id: 'f', status: 'active' }] } as unknown as Household
  expect(Object.values(blankVisit('v', said.ended_at, home).elders).map((elder) => elder.met)).toEqual([false, true])
})

test('a form that lay for hours ends when it was last touched', () => {
  const form = complete()
  expect(leftAt(form, '2024-01-15T00:50:00.000Z', at)).toBeNull()
  expect(leftAt(form, '2024-01-15T00:50:00.000Z', at + 86_400_000)).toBe('2024-01-15T00:50:00.000Z')
  form.left_at = '2024-01-15T00:50:00.000Z'
  expect(visitOf(form, household, null, '2024-01-16T01:00:00Z').ended_at).toBe('2024-01-15T00:50:00.000Z')
})

test('the field for a time has the hour of Xining and does not end a visit before it began', () => {
  expect(localTime('2024-01-15T00:50:30Z')).toBe('2024-01-15T08:50')
  expect(fromLocalTime('2024-01-15T08:50', '2024-01-15T00:30:00Z')).toBe('2024-01-15T00:50:00.000Z')
  expect(fromLocalTime('2024-01-15T08:30', '2024-01-15T00:30:20Z')).toBe('2024-01-15T00:30:20Z')
  expect(fromLocalTime('', '2024-01-15T00:30:20Z')).toBeNull()
})

const detail = {
  id: 'v', household_id: 'h', purposes: ['safety', 'needs'], outcome: 'met', started_at: '2024-01-13T00:30:00.123456Z', ended_at: '2024-01-13T00:50:00Z',
  position: 'at_door', latitude: 36.62, longitude: 101.77, accuracy_m: 20, photos: [{ attachment_id: 'p0', role: 'photo' }],
  checks: { gas: { result: 'safe', points: [] }, electric: { result: 'safe', points: [] }, fire: { result: 'safe', points: [] }, water: { result: 'not_checked', points: [], reason: '停水' } },
  elders: [{ elder_id: 'e', condition: 'good', diet: 'regular', mood: 'calm' }],
  hazards_found: [
    { id: 'z', kind: 'gas', severity: 'general', check_point: 'hose', description: '', measure: '', status: 'open' },
    { id: 'y', kind: 'fire', severity: 'advice', check_point: 'corridor', description: '', measure: '', status: 'withdrawn' },
  ],
  needs_collected: [
    { id: 'n', elder_id: 'e', item_id: 'i', description: '', status: 'ordered' },
    { id: 'm', elder_id: 'e', item_id: 'i', description: '', status: 'withdrawn' },
  ],
  cleared: ['x'], still_unsafe: [], policies_explained: [],
} as unknown as Schemas['VisitDetail']

test('a correction keeps the times, the photos, and what was ordered; what was withdrawn stays so', () => {
  const form = formOf(detail, 'w', household, 0)
  form.reason = '误选'
  expect(missing(form, true, at)).toEqual([])
  const entries = entriesOf(form, household, null, said, newId, 'v')
  expect(entries.map((entry) => entry.operation)).toEqual(['visits_correct'])
  expect(entries[0]!.body).toMatchObject({
    visit: {
      id: 'w', started_at: '2024-01-13T00:30:00.123Z', ended_at: '2024-01-13T00:50:00.000Z', photos: [{ attachment_id: 'p0' }], needs: [{ id: 'n' }], cleared: ['x'],
      checks: { gas: { result: 'hazard', points: ['hose'] }, fire: { result: 'safe' }, water: { reason: '停水' } },
    },
  })
})

test('what the clock of the phone is ahead by is not taken from a correction twice', () => {
  expect(formOf(detail, 'w', household, 3_600_000).started_at).toBe('2024-01-13T01:30:00.123Z')
  expect(aheadOf('Mon, 15 Jan 2024 01:00:00 GMT', at + 900)).toBe(0)
  expect(aheadOf('Mon, 15 Jan 2024 01:00:00 GMT', at + 172_800_000)).toBe(172_800_000)
  expect(aheadOf(null, at)).toBe(0)
})
