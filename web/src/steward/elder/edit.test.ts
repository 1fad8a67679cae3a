import { expect, test } from 'vitest'
import { changesOf } from './edit'

const shown = { name: '王福山', birth_date: '1944-03-01', phone: '', health_note: '高血压', remarks: '' }

test('an edit names what the phone showed, field by field', () => {
  expect(changesOf(shown, shown)).toEqual([])
  expect(changesOf(shown, { ...shown, phone: ' 19900001234 ', remarks: '耳背' })).toEqual([
    { field: 'phone', base: null, value: '19900001234' },
    { field: 'remarks', base: null, value: '耳背' },
  ])
})

test('a note may be emptied, a name may not', () => {
  expect(changesOf(shown, { ...shown, name: ' ', health_note: '' })).toEqual([{ field: 'health_note', base: '高血压', value: '' }])
})
