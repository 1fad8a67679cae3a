/** The worklist: one line a dwelling, with everything that is owed there. */
import type { Household, Schemas } from '@/api/types'

type Line = Schemas['WorklistLine']

export interface Stop {
  household: Household
  /** What is owed, the most urgent first. */
  owed: Line[]
  overdue: boolean
  risk: number
  due_at: string
}

export type Order = 'building' | 'urgency'

/** What is owed within 24 hours comes before what is overdue, that before what is only due. */
const rank = (line: Line): number => (line.kind === 'event' ? 0 : line.overdue ? 1 : line.kind === 'campaign' ? 2 : 3)
const byUrgency = (a: Line, b: Line): number => rank(a) - rank(b) || b.risk - a.risk || Date.parse(a.due_at) - Date.parse(b.due_at)

const natural = new Intl.Collator('zh-CN', { numeric: true })

export function stops(households: Household[], order: Order): Stop[] {
  const all = households
    .filter((household) => household.obligations.length > 0)
    .map((household) => {
      const owed = [...household.obligations].sort(byUrgency)
      return {
        household,
        owed,
        overdue: owed.some((line) => line.overdue),
        risk: Math.max(...owed.map((line) => line.risk)),
        due_at: owed.map((line) => line.due_at).sort()[0] ?? '',
      }
    })
  if (order === 'urgency') return all.sort((a, b) => byUrgency(a.owed[0]!, b.owed[0]!))
  return all.sort((a, b) => {
    const [x, y] = [a.household.household, b.household.household]
    return (
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
    const text = [household.community_name, household.building, household.unit, household.room, ...elders.map((elder) => elder.name)].join(' ').toLowerCase()
    return parts.every((part) => text.includes(part))
  })
}
