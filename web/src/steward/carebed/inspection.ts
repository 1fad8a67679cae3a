/** The inspection of a care bed as it is filled in. */
import type { Schemas } from '@/api/types'
import type { OutboxBody } from '@/offline'
import { dayOf } from '@/offline/clock'

type Point = Schemas['InspectionPoint']
const POINTS: readonly Point[] = ['devices_present', 'devices_online', 'devices_used', 'adaptation_matches_plan', 'agreement_in_date', 'service_matches_plan', 'records_signed', 'worker_badge', 'call_button']

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

/** What each kind of inspection looks at: all of it, and nothing else (`src/care_beds/model/inspected.rs`). */
export const LOOKED_AT: Record<Schemas['InspectionKind'], readonly Point[]> = {
  building: ['devices_present', 'devices_online', 'adaptation_matches_plan', 'call_button'],
  service: ['devices_present', 'devices_online', 'devices_used', 'agreement_in_date', 'service_matches_plan', 'records_signed', 'worker_badge', 'call_button'],
}

/** Which inspections a bed in this state can have. */
export function kindsFor(status: Schemas['CareBedStatus']): Schemas['InspectionKind'][] {
  if (status === 'in_service' || status === 'suspended') return ['building', 'service']
  return status === 'installed' || status === 'accepted' ? ['building'] : []
}

/** Every point is answered, what is wrong or not there is described, and the elder has a word on the service. */
export function readyToSend(form: InspectionForm): boolean {
  const answered = LOOKED_AT[form.kind].every((point) => {
    const { answer, note, due_on } = form.points[point]
    if (answer === 'problem') return note.trim().length >= 2 && due_on !== ''
    return answer === 'ok' || (answer === 'not_applicable' && note.trim() !== '')
  })
  return answered && (form.kind === 'building' || form.evaluation !== null)
}

export function bodyOf(form: InspectionForm, newId: () => string, inspected_at: string): OutboxBody<'care_beds_inspect'> {
  const points = LOOKED_AT[form.kind]
  return {
    id: newId(),
    kind: form.kind,
    inspected_at,
    points: points.flatMap((point) => {
      const { answer, note } = form.points[point]
      return answer ? [{ point, answer, note: note.trim() }] : []
    }),
    findings: points.flatMap((point) => {
      const { answer, note, due_on } = form.points[point]
      return answer === 'problem' ? [{ id: newId(), point, description: note.trim(), due_on }] : []
    }),
    rechecked: Object.entries(form.rechecked).flatMap(([finding_id, said]) => (said ? [{ finding_id, cleared: said === 'cleared' }] : [])),
    ...(form.kind === 'service' && form.evaluation ? { evaluation: form.evaluation } : {}),
    words: form.words.trim(),
    photos: [...form.photos],
  }
}
