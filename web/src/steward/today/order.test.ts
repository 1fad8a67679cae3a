import { expect, test } from 'vitest'
import type { Household } from '@/api/types'
import type { OutboxEntry } from '@/offline'
import { daysLeft } from './due'
import { search, sentBy, stops } from './order'

const line = (kind: string, overdue = false, risk = 0, due_at = '2024-01-21T16:00:00Z') => ({ id: `${kind}${risk}`, kind, overdue, risk, due_at })
const home = (id: string, building: string, floor: number, room: string, obligations: unknown[]) =>
  ({ household: { id, community_name: '南川', building, unit: '2', floor, room }, elders: [{ name: `老人${id}` }], obligations }) as unknown as Household

const homes = [
  home('a', '10', 1, '101', [line('weekly', false, 80)]),
  home('b', '3', 5, '501', [line('weekly', true)]),
  home('c', '3', 2, '202', [line('campaign', false, 10), line('event', false, 5, '2024-01-16T01:00:00Z')]),
  home('d', '1', 1, '101', []),
  home('e', '3', 2, '201', [line('weekly', false, 20)]),
]
const ids = (list: { household: Household }[]): string[] => list.map((stop) => stop.household.household.id)

test('by the stairs: buildings as numbers, then the floor, then the room; who is owed nothing is not on it', () => {
  expect(ids(stops(homes, 'building'))).toEqual(['e', 'c', 'b', 'a'])
})

test('by need: within a day, overdue, campaign, then risk', () => {
  expect(ids(stops(homes, 'urgency'))).toEqual(['c', 'b', 'a', 'e'])
})

test('one stop a dwelling, with what falls due first', () => {
  const [stop] = stops([homes[2]!], 'building')
  expect([stop!.owed.map((one) => one.kind), stop!.due.kind]).toEqual([['event', 'campaign'], 'event'])
})

test('who was visited on this phone comes last; a shut door and a refused visit are no visit', () => {
  const entry = (household_id: string, outcome: string, state = 'on_phone') => ({ operation: 'visits_log', household_id, body: { outcome }, state }) as unknown as OutboxEntry
  const sent = sentBy([entry('e', 'met'), entry('c', 'no_answer'), entry('b', 'met', 'needs_you')])
  expect([...sent]).toEqual([['e', 'met'], ['c', 'no_answer']])
  expect(ids(stops(homes, 'building', sent))).toEqual(['c', 'b', 'a', 'e'])
})

test('a search finds by name, building and room, in any order and as an address', () => {
  const found = (query: string) => search(homes, query).map((one) => one.household.id)
  expect([found('老人d'), found('501 3'), found('3-2-20'), found('  ')]).toEqual([['d'], ['b'], ['c', 'e'], []])
})

test('the last day of a week is its Sunday in Xining', () => {
  const at = (time: string) => daysLeft('2024-01-21T16:00:00Z', Date.parse(time))
  expect([at('2024-01-19T04:00:00Z'), at('2024-01-21T15:59:00Z'), at('2024-01-21T16:00:00Z')]).toEqual([2, 0, -1])
})
