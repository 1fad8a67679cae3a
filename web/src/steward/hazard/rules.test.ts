import { expect, test } from 'vitest'
import type { Schemas } from '@/api/types'
import { extensionFaults, inRepair, longestExtension, noticeFaults, recheckDue, type NoticeForm } from './rules'

const hazard = (of: Partial<Schemas['Hazard']> = {}): Schemas['Hazard'] =>
  ({ status: 'open', found_at: '2024-01-01T00:00:00Z', due_at: '2024-01-31T00:00:00Z', repair_order_id: 'repair', ...of }) as Schemas['Hazard']
const repair = (status: Schemas['OrderStatus'], completed_at: string | null = null) => [{ id: 'repair', status, completed_at }]

test('a deadline moves once, by no more than it had, and beyond today', () => {
  expect(longestExtension(hazard())).toBe(30)
  expect([longestExtension(hazard({ due_at: null })), longestExtension(hazard({ extended_at: '2024-01-20T00:00:00Z' })), longestExtension(hazard({ status: 'cleared' }))]).toEqual([0, 0, 0])
  const faults = (days: string, now: string, reason = '配件需订货') => extensionFaults(hazard(), { days, reason }, Date.parse(now))
  expect(faults('30', '2024-01-30T00:00:00Z')).toEqual({})
  expect([faults('31', '2024-01-30T00:00:00Z').days, faults('0', '2024-01-30T00:00:00Z').days, faults('七', '2024-01-30T00:00:00Z').days]).toEqual(['days_range', 'days_range', 'days_range'])
  expect(faults('7', '2024-02-07T00:00:00Z')).toEqual({ days: 'days_too_few' })
  expect(faults('7', '2024-01-30T00:00:00Z', ' 缺')).toEqual({ reason: 'too_short' })
})

test('no second repair beside one that runs; once repaired a visit has to look', () => {
  expect(['requested', 'unmet', 'completed'].map((status) => inRepair(hazard(), repair(status as Schemas['OrderStatus'])))).toEqual([true, true, true])
  expect([inRepair(hazard(), repair('closed')), inRepair(hazard(), repair('cancelled')), inRepair(hazard(), [])]).toEqual([false, false, false])
  const done = repair('completed', '2024-01-10T00:00:00Z')
  expect([recheckDue(hazard(), done), recheckDue(hazard({ rechecked_at: '2024-01-09T00:00:00Z' }), done)]).toEqual([true, true])
  expect([recheckDue(hazard({ rechecked_at: '2024-01-11T00:00:00Z' }), done), recheckDue(hazard(), repair('accepted')), recheckDue(hazard({ status: 'cleared' }), done)]).toEqual([false, false, false])
})

test('a notice is signed, with its photo, or refused with the reason', () => {
  const form: NoticeForm = { to: 'household', recipient: '本人', text: '请更换软管', signed: 'yes', refused: '', photos: ['p'] }
  expect(noticeFaults(form)).toEqual({})
  expect(noticeFaults({ ...form, photos: [] })).toEqual({ photos: 'signature_needed' })
  expect(noticeFaults({ ...form, photos: [], signed: 'no' })).toEqual({ refused: 'too_short' })
  expect(noticeFaults({ ...form, photos: [], signed: 'no', refused: '不同意', recipient: ' ', text: '改' })).toEqual({ recipient: 'needed', text: 'too_short' })
})
