/** What has changed about an elder from one visit to the next. */
import type { Schemas } from '@/api/types'

type Visit = Schemas['CaseloadVisit']
type Seen = Schemas['CaseloadSeen']

/** From well to ill. */
const SCALES = {
  condition: ['good', 'fair', 'poor', 'acute'],
  diet: ['regular', 'irregular', 'insufficient'],
  mood: ['cheerful', 'calm', 'low', 'distressed'],
} as const
export type Scale = keyof typeof SCALES

export interface Change {
  scale: Scale
  before: string
  now: string
  worse: boolean
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
    const at = (value: string): number => (SCALES[scale] as readonly string[]).indexOf(value)
    return now === then ? [] : [{ scale, before: then, now, worse: at(now) > at(then) }]
  })
}

/** The moods of the last visits, the oldest first; none where there is only one to tell of. */
export function moods(visits: Visit[], elder: string, most = 5): Schemas['Mood'][] {
  const all = sightings(visits, elder).slice(0, most).map((one) => one.seen.mood)
  return all.length > 1 ? all.reverse() : []
}
