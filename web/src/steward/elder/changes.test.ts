import { expect, test } from 'vitest'
import type { Schemas } from '@/api/types'
import { changes, moods } from './changes'

const visit = (condition: string, diet: string, mood: string, elder_id = 'e') =>
  ({ started_at: '2024-01-15T01:00:00Z', elders: [{ elder_id, condition, diet, mood }] }) as unknown as Schemas['CaseloadVisit']
const shut = { started_at: '2024-01-14T01:00:00Z', elders: [] } as unknown as Schemas['CaseloadVisit']

test('what changed is told against the last visit that met them', () => {
  const visits = [visit('poor', 'regular', 'calm'), shut, visit('good', 'good', 'low', 'f'), visit('fair', 'regular', 'low'), visit('good', 'regular', 'cheerful')]
  expect(changes(visits, 'e')).toEqual([
    { scale: 'condition', before: 'fair', now: 'poor', step: 'worse' },
    { scale: 'mood', before: 'low', now: 'calm', step: 'better' },
  ])
  expect(moods(visits, 'e')).toEqual(['cheerful', 'low', 'calm'])
})

test('calm after cheerful is no decline', () => {
  expect(changes([visit('good', 'regular', 'calm'), visit('good', 'regular', 'cheerful')], 'e')).toMatchObject([{ scale: 'mood', step: null }])
})

test('one visit changes nothing', () => {
  expect(changes([visit('poor', 'regular', 'low')], 'e')).toEqual([])
  expect(moods([visit('poor', 'regular', 'low')], 'e')).toEqual([])
})
