import { expect, test } from 'vitest'
import type { Schemas } from '@/api/types'
import type { OutboxEntry } from '@/offline'
import { stampsOf, timeLeft } from './steps'

test('steps that are received and steps on the phone stand together, each once', () => {
  const received = (id: string, step: string, done_at: string) => ({ id, step, done_at, note: '' }) as Schemas['NoAnswerStepDone']
  const unsent = (id: string, step: string, done_at: string, caseId = 'door') =>
    ({ operation: 'no_answer_cases_take_step', path: { id: caseId }, body: { id, step, done_at, note: '没人接' } }) as unknown as OutboxEntry
  const stamps = stampsOf(
    [received('1', 'ring', '2024-01-15T08:00:00Z'), received('2', 'phone', '2024-01-15T08:20:00Z')],
    [unsent('2', 'phone', '2024-01-15T08:20:00Z'), unsent('3', 'phone', '2024-01-15T16:10:00+08:00'), unsent('4', 'ring', '2024-01-15T08:00:00Z', 'another')],
    'door',
  )
  expect(stamps.get('phone')?.map(({ id, on_phone }) => [id, on_phone])).toEqual([['3', true], ['2', false]])
  expect([stamps.get('ring')?.length, stamps.get('police')]).toEqual([1, []])
})

test('the time that is left is told in hours and minutes, until it is over', () => {
  const at = (now: string) => timeLeft('2024-01-15T10:00:00Z', Date.parse(now))
  expect([at('2024-01-15T08:30:00Z'), at('2024-01-15T09:59:30Z'), at('2024-01-15T10:00:00Z')]).toEqual([{ hours: 1, minutes: 30 }, { hours: 0, minutes: 1 }, null])
})
