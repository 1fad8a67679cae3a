import { expect, test } from 'vitest'
import type { Schemas } from '@/api/types'
import { roundsOf } from './chain'
import { answersOf, blankSurvey, DIMENSIONS, isRework, surveyOf } from './survey'

test('four answers or none, and one dissatisfied is enough to have it done again', () => {
  const draft = blankSurvey('call')
  expect([answersOf(draft), isRework(draft), draft.channel]).toEqual([null, false, 'call'])
  for (const dimension of DIMENSIONS) draft[dimension] = 'basically_satisfied'
  expect([answersOf(draft)?.content, isRework(draft)]).toEqual(['basically_satisfied', false])
  draft.efficiency = 'dissatisfied'
  expect(isRework(draft)).toBe(true)
  draft.attitude = null
  expect(answersOf(draft)).toBeNull()
})

test('who was not reached gave no answers and no words, whatever was tapped before', () => {
  const draft = blankSurvey('visit')
  expect(surveyOf(draft)).toBeNull()
  for (const dimension of DIMENSIONS) draft[dimension] = 'satisfied'
  draft.words = ' 很好 '
  expect(surveyOf(draft)).toMatchObject({ channel: 'visit', words: '很好', answers: { content: 'satisfied' } })
  draft.reached = 'no'
  expect(surveyOf(draft)).toEqual({ channel: 'visit', answers: null, words: '' })
})

test('the rounds of a chain stand in their sequence, without other orders', () => {
  const order = (id: string, original_id: string, round: number) => ({ id, original_id, round }) as Schemas['CaseloadOrder']
  expect(roundsOf([order('third', 'a', 3), order('other', 'b', 1), order('a', 'a', 1), order('second', 'a', 2)], { original_id: 'a' }).map((one) => one.id)).toEqual(['a', 'second', 'third'])
})
