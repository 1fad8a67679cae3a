import { expect, test } from 'vitest'
import type { Household } from '@/api/types'
import type { OutboxEntry } from '@/offline'
import { answeredOnPhone, doneOnPhone } from './unsent'
import { nextOf, waitingWork } from './waiting'

const NOW = Date.parse('2024-01-15T08:00:00Z')
const home = (of: object): Household =>
  ({ emergencies: [], follow_ups_due: [], hazards: [], care_beds: [], orders: [], ...of }) as unknown as Household
const ids = (list: { record: object }[]): unknown[] => list.map(({ record }) => ('id' in record ? record.id : (record as { order_id: string }).order_id))

test('a follow-up that is to be tried later waits until then, and the late ones are first', () => {
  const due = (order_id: string, not_before: string, late: boolean, due_at = '2024-01-16T00:00:00Z') => ({ order_id, not_before, late, due_at })
  const homes = [home({ follow_ups_due: [due('later', '2024-01-16T01:00:00Z', false), due('due', '2024-01-15T08:00:00Z', false)] }), home({ follow_ups_due: [due('late', '2024-01-14T01:00:00Z', true)] })]
  expect(ids(waitingWork(homes, NOW).followups)).toEqual(['late', 'due'])
  expect(ids(waitingWork(homes, NOW + 86_400_000).followups)).toContain('later')
})

test('of the hazards what must be reported within the hour is first, then what is overdue, then the graver, and advice last', () => {
  const hazard = (id: string, of: object) => ({ id, status: 'open', overdue: false, severity: 'general', due_at: null, report_due_at: null, reported_at: null, ...of })
  const homes = [
    home({
      hazards: [
        hazard('advice', { severity: 'advice' }),
        hazard('gone', { status: 'cleared' }),
        hazard('general', { due_at: '2024-02-01T00:00:00Z' }),
        hazard('overdue', { overdue: true, due_at: '2024-01-01T00:00:00Z' }),
        hazard('major', { severity: 'major', due_at: '2024-01-20T00:00:00Z', report_due_at: '2024-01-13T01:00:00Z', reported_at: '2024-01-13T00:30:00Z' }),
        hazard('unreported', { severity: 'major', due_at: '2024-01-22T00:00:00Z', report_due_at: '2024-01-15T09:00:00Z' }),
      ],
    }),
  ]
  const { hazards } = waitingWork(homes, NOW)
  expect(ids(hazards)).toEqual(['unreported', 'overdue', 'major', 'general', 'advice'])
  expect(nextOf(hazards[0]!)).toEqual(['report_now', 'notice_due'])
  expect(nextOf(hazards[4]!)).toEqual([])
})

test('orders that are done, beds that are not built and doors that opened do not wait', () => {
  const homes = [
    home({
      orders: [{ id: 'done', status: 'completed' }, { id: 'runs', status: 'accepted', late: false, requested_at: '2024-01-02T00:00:00Z' }, { id: 'late', status: 'scheduled', late: true, requested_at: '2024-01-03T00:00:00Z' }],
      care_beds: [{ id: 'planned', status: 'planned' }, { id: 'served', status: 'in_service', open_findings: 0, applied_at: '2024-01-01T00:00:00Z' }, { id: 'wrong', status: 'accepted', open_findings: 1, applied_at: '2024-01-02T00:00:00Z' }],
      emergencies: [{ id: 'over', status: 'closed' }],
      no_answer_case: { id: 'door', status: 'resolved' },
    }),
  ]
  const waiting = waitingWork(homes, NOW)
  expect([ids(waiting.orders), ids(waiting.beds), ids(waiting.emergencies), ids(waiting.shutDoors)]).toEqual([['late', 'runs'], ['wrong', 'served'], [], []])
})

test('what waits on the phone is done, unless it was refused or nobody was reached', () => {
  const entry = (id: string, answers: object | null, state = 'on_phone') => ({ operation: 'followups_survey', path: { id }, body: { answers }, state }) as unknown as OutboxEntry
  const entries = [entry('asked', {}), entry('refused', {}, 'needs_you'), entry('not reached', null)]
  expect([...answeredOnPhone(entries, 'followups_survey')]).toEqual(['asked'])
  expect([...doneOnPhone(entries, 'followups_survey')]).toEqual(['asked', 'not reached'])
  expect(doneOnPhone(entries, 'hazards_repair').size).toBe(0)
})
