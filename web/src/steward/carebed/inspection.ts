/** The inspection of a care bed as it is filled in. */
import type { Schemas } from '@/api/types'
import type { OutboxBody } from '@/offline'
import { dayOf } from '@/offline/clock'

type Point = Schemas['InspectionPoint']
export const POINTS: readonly Point[] = ['devices_present', 'devices_online', 'devices_used', 'adaptation_matches_plan', 'agreement_in_date', 'service_matches_plan', 'records_signed', 'worker_badge', 'call_button']

export interface InspectionForm {
  kind: Schemas['InspectionKind']
  points: Record<Point, { answer: Schemas['PointAnswer'] | null; note: string; due_on: string }>
  rechecked: Record<string, 'cleared' | 'still' | null>
  evaluation: Schemas['Satisfaction'] | null
  words: string
  photos: string[]
}

/** A month to mend, unless told otherwise. */
const MEND_WITHIN = 30 * 86_400_000

export function blankInspection(kind: Schemas['InspectionKind']): InspectionForm {
  const due_on = dayOf(Date.now() + MEND_WITHIN)
  return {
    kind,
    points: Object.fromEntries(POINTS.map((point) => [point, { answer: null, note: '', due_on }])) as InspectionForm['points'],
    rechecked: {},
    evaluation: null,
    words: '',
    photos: [],
  }
}

/** One point is answered, and every problem is described with a day. */
export const readyToSend = (form: InspectionForm): boolean =>
  POINTS.some((point) => form.points[point].answer) &&
  POINTS.every((point) => form.points[point].answer !== 'problem' || (form.points[point].note.trim().length >= 2 && form.points[point].due_on !== ''))

export function bodyOf(form: InspectionForm, newId: () => string, inspected_at: string): OutboxBody<'care_beds_inspect'> {
  return {
    id: newId(),
    kind: form.kind,
    inspected_at,
    points: POINTS.flatMap((point) => {
      const { answer, note } = form.points[point]
      return answer ? [{ point, answer, note: note.trim() }] : []
    }),
    findings: POINTS.flatMap((point) => {
      const { answer, note, due_on } = form.points[point]
      return answer === 'problem' ? [{ id: newId(), point, description: note.trim(), due_on }] : []
    }),
    rechecked: Object.entries(form.rechecked).flatMap(([finding_id, said]) => (said ? [{ finding_id, cleared: said === 'cleared' }] : [])),
    ...(form.evaluation ? { evaluation: form.evaluation } : {}),
    words: form.words.trim(),
    photos: form.photos,
  }
}
