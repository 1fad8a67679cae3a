/** The steps at a shut door: those that the service has, and those that are still on the phone. */
import type { Schemas } from '@/api/types'
import type { OutboxEntry } from '@/offline'

export const STEPS: readonly Schemas['NoAnswerStep'][] = ['ring', 'phone', 'neighbour', 'contact', 'community', 'police']

export interface Stamp {
  id: string
  done_at: string
  note: string
  on_phone: boolean
}

/** The stamps of each step, the earliest first; what is both here and there is received. */
export function stampsOf(received: readonly Schemas['NoAnswerStepDone'][], unsent: readonly OutboxEntry[], caseId: string): Map<Schemas['NoAnswerStep'], Stamp[]> {
  const known = new Set(received.map((step) => step.id))
  const waiting = unsent
    .filter((entry) => entry.operation === 'no_answer_cases_take_step' && entry.path.id === caseId && !known.has(String(entry.body.id)))
    .map(({ body }) => ({ step: body.step, id: String(body.id), done_at: String(body.done_at), note: String(body.note ?? ''), on_phone: true }))
  const all = [...received.map(({ step, id, done_at, note }) => ({ step, id, done_at, note, on_phone: false })), ...waiting]
  all.sort((a, b) => Date.parse(a.done_at) - Date.parse(b.done_at))
  return new Map(STEPS.map((step) => [step, all.filter((one) => one.step === step).map(({ step: _, ...stamp }) => stamp)]))
}

/** Hours and minutes until the deadline; null once it is over. */
export function timeLeft(due_at: string, now: number): { hours: number; minutes: number } | null {
  const minutes = Math.ceil((Date.parse(due_at) - now) / 60_000)
  return minutes > 0 ? { hours: Math.floor(minutes / 60), minutes: minutes % 60 } : null
}
