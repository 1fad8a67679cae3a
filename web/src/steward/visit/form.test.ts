import { expect, test } from 'vitest'
import type { Household } from '@/api/types'
import { atDoor, blankVisit, entriesOf, missing, visitOf } from './form'

const household = { household: { id: 'h', latitude: 36.62, longitude: 101.77 }, elders: [{ id: 'e' }, { id: 'f' }], hazards: [] } as unknown as Household
let n = 0
const newId = (): string => `id${++n}`
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
  expect(missing(complete(), false)).toEqual([])
  const lacks = (change: (form: ReturnType<typeof complete>) => void, correcting = false): string[] => {
    const form = complete()
    change(form)
    return missing(form, correcting).map((one) => one.key.replace('visit.missing.', ''))
  }
  expect(lacks((form) => (form.position = null))).toEqual(['position'])
  expect(lacks((form) => (form.checks.gas.result = null))).toEqual(['check'])
  expect(lacks((form) => (form.checks.gas.result = 'not_checked'))).toEqual(['check_reason'])
  expect(lacks((form) => (form.checks.gas.result = 'hazard'))).toEqual(['hazard'])
  expect(lacks((form) => (form.elders.e!.mood = null))).toEqual(['elder'])
  expect(lacks((form) => (form.elders.e!.met = false))).toEqual(['nobody'])
  expect(lacks((form) => form.hazards.push({ id: 'z', kind: 'gas', severity: 'major', check_point: 'hose', description: '', measure: '', photos: [] }))).toEqual(['measure'])
  expect(lacks(() => undefined, true)).toEqual(['reason'])
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
