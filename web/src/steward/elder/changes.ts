/** What has changed about an elder from one visit to the next. */
import type { Schemas } from '@/api/types'

type Visit = Schemas['CaseloadVisit']
type Seen = Schemas['CaseloadSeen']

/** From well to ill; calm is as well as cheerful. */
const SCALES: Record<'condition' | 'diet' | 'mood', Record<string, number>> = {
  condition: { good: 0, fair: 1, poor: 2, acute: 3 },
  diet: { regular: 0, irregular: 1, insufficient: 2 },
  mood: { cheerful: 0, calm: 0, low: 1, distressed: 2 },
}
export type Scale = keyof typeof SCALES

export interface Change {
  scale: Scale
  before: string
  now: string
  step: 'worse' | 'better' | null
}

/** How they were on each visit that met them, the latest first. */
export function sightings(visits: Visit[], elder: string): { at: string; seen: Seen }[] {
  return visits.flatMap((visit) => {
    const seen = visit.elders.find((one) => one.elder_id === elder)
    return seen ? [{ at: visit.started_at, seen }] : []
  })
}

/** What the latest visit found otherwise than the one before it. */
export function changes(visits: Visit[], elder: string): Change[] {
  const [latest, before] = sightings(visits, elder)
  if (!latest || !before) return []
  return (Object.keys(SCALES) as Scale[]).flatMap((scale) => {
    const [now, then] = [latest.seen[scale], before.seen[scale]]
    const down = (SCALES[scale][now] ?? 0) - (SCALES[scale][then] ?? 0)
    return now === then ? [] : [{ scale, before: then, now, step: down > 0 ? 'worse' : down < 0 ? 'better' : null }]
  })
}

/** The moods of the last visits, the oldest first; none where there is only one to tell of. */
export function moods(visits: Visit[], elder: string, most = 5): Schemas['Mood'][] {
  const all = sightings(visits, elder).slice(0, most).map((one) => one.seen.mood)
  return all.length > 1 ? all.reverse() : []
}
