/** The worklist: one line a dwelling, with everything that is owed there. */
import type { Household, Schemas } from '@/api/types'
import type { OutboxEntry } from '@/offline'
import { addressOf } from '@/steward/place'

type Line = Schemas['WorklistLine']

export interface Stop {
  household: Household
  /** What is owed, the most urgent first. */
  owed: Line[]
  overdue: boolean
  /** What falls due first. */
  due: Line
  /** How a visit went that is on this phone and not yet received. */
  unsent?: string
}

export type Order = 'building' | 'urgency'

/** What is owed within 24 hours comes before what is overdue, that before what is only due. */
const rank = (line: Line): number => (line.kind === 'event' ? 0 : line.overdue ? 1 : line.kind === 'campaign' ? 2 : 3)
const byUrgency = (a: Line, b: Line): number => rank(a) - rank(b) || b.risk - a.risk || Date.parse(a.due_at) - Date.parse(b.due_at)

const natural = new Intl.Collator('zh-CN', { numeric: true })

/** How the visits went that this phone has not sent yet, by dwelling. One that was refused has to be mended: it is none. */
export function sentBy(entries: OutboxEntry[]): Map<string, string> {
  const said = new Map<string, string>()
  for (const { operation, household_id, state, body } of entries) {
    if (operation !== 'visits_log' || state === 'needs_you' || !household_id) continue
    // Who was met after a shut door was met.
    if (said.get(household_id) !== 'met') said.set(household_id, String(body.outcome))
  }
  return said
}

/** The dwellings that are owed something; who was visited, as far as this phone knows, comes last. */
export function stops(households: Household[], order: Order, unsent: ReadonlyMap<string, string> = new Map()): Stop[] {
  const last = (stop: Stop): number => Number(stop.unsent === 'met')
  const all = households
    .filter((household) => household.obligations.length > 0)
    .map((household) => {
      const owed = [...household.obligations].sort(byUrgency)
      return {
        household,
        owed,
        overdue: owed.some((line) => line.overdue),
        due: owed.reduce((first, line) => (Date.parse(line.due_at) < Date.parse(first.due_at) ? line : first)),
        unsent: unsent.get(household.household.id),
      }
    })
  if (order === 'urgency') return all.sort((a, b) => last(a) - last(b) || byUrgency(a.owed[0]!, b.owed[0]!))
  return all.sort((a, b) => {
    const [x, y] = [a.household.household, b.household.household]
    return (
      last(a) - last(b) ||
      natural.compare(x.community_name, y.community_name) ||
      natural.compare(x.building, y.building) ||
      natural.compare(x.unit, y.unit) ||
      (x.floor ?? 0) - (y.floor ?? 0) ||
      natural.compare(x.room, y.room)
    )
  })
}

/** Dwellings that a search finds: by name, building, room, in any part. */
export function search(households: Household[], query: string): Household[] {
  const parts = query.trim().toLowerCase().split(/\s+/).filter(Boolean)
  if (parts.length === 0) return []
  return households.filter(({ household, elders }) => {
    const text = [household.community_name, household.building, household.unit, household.room, addressOf(household), ...elders.map((elder) => elder.name)].join(' ').toLowerCase()
    return parts.every((part) => text.includes(part))
  })
}
