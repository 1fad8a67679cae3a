import { expect, test } from 'vitest'
import { blankInspection, bodyOf, kindsFor, LOOKED_AT, readyToSend } from './inspection'

test('an inspection answers every point of its kind and no other, and each problem is a finding', () => {
  const form = blankInspection('service')
  expect(readyToSend(form)).toBe(false)
  for (const point of LOOKED_AT.service) form.points[point].answer = 'ok'
  expect(readyToSend(form), 'the elder has a word on the service').toBe(false)
  form.evaluation = 'satisfied'
  expect(readyToSend(form)).toBe(true)
  form.points.call_button.answer = 'not_applicable'
  expect(readyToSend(form), 'why there is nothing to see').toBe(false)
  Object.assign(form.points.call_button, { answer: 'problem', note: '按钮不响' })
  expect(readyToSend(form)).toBe(true)
  let n = 0
  const body = bodyOf(form, () => `id${++n}`, '2024-01-15T01:00:00Z')
  expect(body.points.map((seen) => seen.point)).toEqual(LOOKED_AT.service)
  expect(body.findings).toMatchObject([{ point: 'call_button', description: '按钮不响' }])
  form.kind = 'building'
  form.points.adaptation_matches_plan.answer = 'ok'
  expect(bodyOf(form, () => 'x', '').points.map((seen) => seen.point)).toEqual(LOOKED_AT.building)
  expect(bodyOf(form, () => 'x', '').evaluation).toBeUndefined()
})

test('a bed that is not installed has nothing to look at', () => {
  expect([kindsFor('applied'), kindsFor('installed'), kindsFor('in_service')]).toEqual([[], ['building'], ['building', 'service']])
})
