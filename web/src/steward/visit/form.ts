/** The visit as it is filled in, and what of it must be there before it can be recorded. */
import type { Household, Reference, Schemas } from '@/api/types'
import type { NewEntry, OutboxBody } from '@/offline'

export const CHECKS = ['gas', 'electric', 'fire', 'water'] as const
export type CheckName = (typeof CHECKS)[number]

export interface FoundHazard {
  id: string
  kind: Schemas['HazardKind']
  severity: Schemas['HazardSeverity']
  check_point: string
  description: string
  measure: string
  photos: string[]
}

export interface ElderForm {
  met: boolean
  condition: Schemas['PhysicalCondition'] | null
  diet: Schemas['Diet'] | null
  mood: Schemas['Mood'] | null
  note: string
}

export interface NeedForm {
  id: string
  elder_id: string
  item_id: string
  description: string
  /** `ordered`: an order stands on it already, so that a correction leaves it as it is. */
  way: 'order' | 'solved' | 'later' | 'ordered'
  solved: string
}

export interface VisitForm {
  id: string
  started_at: string
  position: Schemas['VisitPosition'] | null
  latitude: number | null
  longitude: number | null
  accuracy_m: number | null
  outcome: Schemas['VisitOutcome']
  safety: boolean
  checks: Record<CheckName, { result: Schemas['CheckResult'] | null; reason: string }>
  hazards: FoundHazard[]
  rechecks: Record<string, 'cleared' | 'still' | null>
  elders: Record<string, ElderForm>
  needs: NeedForm[]
  /** `elder:policy` that was explained. */
  policies: string[]
  photos: string[]
  /** Photos that the visit has already, where it is said anew. */
  kept: Schemas['LinkedPhoto'][]
  note: string
  /** When they left, where it is not the moment in which the form is finished. */
  left_at: string | null
  /** How far down the form was, to go on at the same place. */
  scroll: number
  /** Why it is said anew, in a correction. */
  reason: string
}

/** Who is not at home is met only where the steward says so. */
const AWAY: readonly string[] = ['in_hospital', 'away', 'in_institution']

export const blankElder = (status?: Schemas['ElderStatus']): ElderForm => ({
  met: !status || !AWAY.includes(status),
  condition: null,
  diet: null,
  mood: null,
  note: '',
})

export function blankVisit(id: string, started_at: string, household: Household): VisitForm {
  const check = () => ({ result: null, reason: '' })
  return {
    id,
    started_at,
    position: null,
    latitude: null,
    longitude: null,
    accuracy_m: null,
    outcome: 'met',
    safety: true,
    checks: { gas: check(), electric: check(), fire: check(), water: check() },
    hazards: [],
    rechecks: {},
    elders: Object.fromEntries(household.elders.map((elder) => [elder.id, blankElder(elder.status)])),
    needs: [],
    policies: [],
    photos: [],
    kept: [],
    note: '',
    left_at: null,
    scroll: 0,
    reason: '',
  }
}

/** Metres between two places of a city. */
export function metres(a: { latitude: number; longitude: number }, b: { latitude: number; longitude: number }): number {
  const degree = 111_320
  const x = (b.longitude - a.longitude) * degree * Math.cos((a.latitude * Math.PI) / 180)
  const y = (b.latitude - a.latitude) * degree
  return Math.hypot(x, y)
}

const NEAR = 100

/** Whether a position is at the door: within a hundred metres, as far as it is known. */
export function atDoor(at: { latitude: number; longitude: number; accuracy: number }, home: Household['household']): Schemas['VisitPosition'] {
  if (home.latitude == null || home.longitude == null) return 'elsewhere'
  return metres(at, { latitude: home.latitude, longitude: home.longitude }) <= NEAR + at.accuracy ? 'at_door' : 'elsewhere'
}

/**
 * What was found unsafe, as it is sent. What was written under a check stays in the form when a thumb slips to another answer, but is not
 * said unless the check says so.
 */
export const found = (form: VisitForm): FoundHazard[] =>
  form.hazards.filter(({ kind }) => kind === 'dwelling' || !form.safety || form.checks[kind].result === 'hazard')

const DAY = 86_400_000
/** Clocks and minutes are not finer than this. */
const MINUTE = 60_000

/** Whether a visit may have ended then: after it began, within a day, and not in the future. */
function endsWell(form: VisitForm, at: number): boolean {
  const [began, left] = [Date.parse(form.started_at), form.left_at === null ? at : Date.parse(form.left_at)]
  return left >= began && left <= began + DAY && left <= at + MINUTE
}

/** A form that lies as long as this was not filled in at the door to its end. */
const LEFT_LYING = DAY / 8

/** When they left, if the form is finished long after it was begun: when it was last touched, as far as is known. */
export function leftAt(form: VisitForm, touched: string | undefined, at: number): string | null {
  if (form.left_at !== null || at - Date.parse(form.started_at) < LEFT_LYING) return form.left_at
  return touched && touched > form.started_at ? touched : form.started_at
}

const MOST = 20

/** What is missing: a message's key, and the part of the page where it is. */
export interface Missing {
  key: string
  part: string
}

/** The first things that are missing, in the page's order. The rules are the service's (`src/visits/model/sent.rs`). */
export function missing(form: VisitForm, correcting: boolean, at = Date.now()): Missing[] {
  const all: Missing[] = []
  if (!endsWell(form, at)) all.push({ key: 'visit.missing.left', part: 'left' })
  if (!form.position) all.push({ key: 'visit.missing.position', part: 'position' })
  if (correcting && form.reason.trim().length < 2) all.push({ key: 'visit.missing.reason', part: 'reason' })
  if (form.outcome !== 'met') return all
  const met = Object.values(form.elders).filter((elder) => elder.met)
  if (met.length === 0) all.push({ key: 'visit.missing.nobody', part: 'elders' })
  if (form.safety) {
    for (const name of CHECKS) {
      const { result, reason } = form.checks[name]
      if (!result) all.push({ key: 'visit.missing.check', part: name })
      if (result === 'not_checked' && !reason.trim()) all.push({ key: 'visit.missing.check_reason', part: name })
      if (result === 'hazard' && !form.hazards.some((hazard) => hazard.kind === name)) all.push({ key: 'visit.missing.hazard', part: name })
    }
  }
  for (const hazard of found(form)) {
    if (!hazard.check_point) all.push({ key: 'visit.missing.point', part: hazard.kind })
    if (hazard.severity === 'major' && !hazard.measure.trim()) all.push({ key: 'visit.missing.measure', part: hazard.kind })
  }
  if (met.some((elder) => !elder.condition || !elder.diet || !elder.mood)) all.push({ key: 'visit.missing.elder', part: 'elders' })
  for (const need of form.needs) {
    if (need.way === 'solved' && !need.solved.trim()) all.push({ key: 'visit.missing.solved', part: 'needs' })
  }
  if (found(form).length > MOST) all.push({ key: 'visit.missing.too_many', part: 'dwelling' })
  if (form.needs.length > MOST) all.push({ key: 'visit.missing.too_many', part: 'needs' })
  if (form.policies.length > MOST) all.push({ key: 'visit.missing.too_many', part: 'policies' })
  return all
}

type Visit = OutboxBody<'visits_log'>

/** The visit as it is sent; nothing is missing. */
export function visitOf(form: VisitForm, household: Household, reference: Reference | null, ended_at: string): Visit {
  const met = form.outcome === 'met'
  const hazards = met ? found(form) : []
  const elders = met ? Object.entries(form.elders).filter(([, elder]) => elder.met) : []
  const policies = met ? form.policies.map((pair) => pair.split(':') as [string, string]).filter(([elder]) => form.elders[elder]?.met) : []
  const rechecked = (said: 'cleared' | 'still') => (met ? Object.entries(form.rechecks).filter(([, state]) => state === said).map(([id]) => id) : [])
  const check = (name: CheckName): Schemas['Check'] => ({
    result: form.checks[name].result ?? 'not_checked',
    points: hazards.filter((hazard) => hazard.kind === name).map((hazard) => hazard.check_point),
    ...(form.checks[name].reason.trim() ? { reason: form.checks[name].reason.trim() } : {}),
  })
  const purposes: Visit['purposes'] = [
    ...(form.safety ? (['safety'] as const) : []),
    ...(met && form.needs.length > 0 ? (['needs'] as const) : []),
    ...(policies.length > 0 ? (['policy'] as const) : []),
  ]
  return {
    id: form.id,
    household_id: household.household.id,
    purposes: purposes.length > 0 ? purposes : ['needs'],
    outcome: form.outcome,
    started_at: form.started_at,
    ended_at: form.left_at ?? ended_at,
    check_in: {
      position: form.position ?? 'unknown',
      ...(form.latitude === null || form.longitude === null ? {} : { latitude: form.latitude, longitude: form.longitude, accuracy_m: form.accuracy_m }),
    },
    ...(met && form.safety ? { checks: { gas: check('gas'), electric: check('electric'), fire: check('fire'), water: check('water') } } : {}),
    elders: elders.map(([elder_id, elder]) => ({
      elder_id,
      condition: elder.condition!,
      diet: elder.diet!,
      mood: elder.mood!,
      ...(elder.note.trim() ? { note: elder.note.trim() } : {}),
    })),
    hazards: hazards.map(({ id, kind, severity, check_point, description, measure }) => ({ id, kind, severity, check_point, description: description.trim(), measure: measure.trim() })),
    cleared: rechecked('cleared'),
    still_unsafe: rechecked('still'),
    needs: met
      ? form.needs.map((need) => ({
          id: need.id,
          elder_id: need.elder_id,
          item_id: need.item_id,
          description: need.description.trim(),
          ...(need.way === 'solved' ? { solved: need.solved.trim() } : {}),
        }))
      : [],
    policies: policies.map(([elder_id, policy_id]) => ({ elder_id, policy_id })),
    ...(form.kept.length > 0 ? { photos: form.kept } : {}),
    ...(form.note.trim() ? { note: form.note.trim() } : {}),
    form_version: reference?.check_points?.form_version ?? 1,
  }
}

/** Everything that a visit is recorded as: its words first, then its orders, then its photos. */
export function entriesOf(
  form: VisitForm,
  household: Household,
  reference: Reference | null,
  said: { ended_at: string; about: string; order: string; photos: string },
  newId: () => string,
  corrects?: string,
): NewEntry[] {
  const household_id = household.household.id
  const visit = visitOf(form, household, reference, said.ended_at)
  const id = newId()
  const after = [id]
  const entries: NewEntry[] = [
    corrects
      ? { id, operation: 'visits_correct', path: { id: corrects }, body: { reason: form.reason.trim(), visit }, household_id, about: said.about }
      : { id, operation: 'visits_log', body: visit, household_id, about: said.about },
  ]
  const met = form.outcome === 'met'
  for (const need of met ? form.needs : []) {
    if (need.way === 'order') entries.push({ operation: 'orders_request', body: { id: newId(), need_id: need.id }, after, household_id, about: said.order })
  }
  if (form.photos.length > 0) {
    entries.push({
      operation: 'visits_photograph',
      path: { id: form.id },
      body: { photos: form.photos.map((attachment_id) => ({ attachment_id, role: 'photo' as const })) },
      after,
      photos: form.photos,
      household_id,
      about: said.photos,
    })
  }
  for (const hazard of met ? found(form) : []) {
    if (hazard.photos.length === 0) continue
    entries.push({
      operation: 'hazards_photograph',
      path: { id: hazard.id },
      body: { id: newId(), photos: hazard.photos.map((attachment_id) => ({ attachment_id, role: 'before' as const })), note: '' },
      after,
      photos: hazard.photos,
      household_id,
      about: said.photos,
    })
  }
  return entries
}

/**
 * The form of a visit that was received, to be said anew. Its times are the service's; the phone's clock, ahead of it by `ahead`
 * milliseconds, is taken from what the phone sends.
 */
export function formOf(detail: Schemas['VisitDetail'], id: string, household: Household, ahead: number): VisitForm {
  const byPhone = (time: string): string => new Date(Date.parse(time) + ahead).toISOString()
  const form = blankVisit(id, byPhone(detail.started_at), household)
  form.left_at = byPhone(detail.ended_at)
  form.position = detail.position
  form.latitude = detail.latitude ?? null
  form.longitude = detail.longitude ?? null
  form.accuracy_m = detail.accuracy_m ?? null
  form.outcome = detail.outcome
  form.safety = detail.purposes.includes('safety')
  for (const name of CHECKS) {
    const check = detail.checks?.[name]
    if (check) form.checks[name] = { result: check.result, reason: check.reason ?? '' }
  }
  for (const elder of Object.values(form.elders)) elder.met = false
  for (const { elder_id, condition, diet, mood, note } of detail.elders) form.elders[elder_id] = { met: true, condition, diet, mood, note: note ?? '' }
  form.note = detail.note ?? ''
  form.kept = detail.photos
  for (const hazard of detail.hazards_found) {
    if (hazard.status === 'withdrawn') continue
    form.hazards.push({ id: hazard.id, kind: hazard.kind, severity: hazard.severity, check_point: hazard.check_point, description: hazard.description, measure: hazard.measure, photos: [] })
    // What was found under a check is said by it.
    if (hazard.kind !== 'dwelling') form.checks[hazard.kind].result = 'hazard'
  }
  for (const cleared of detail.cleared) form.rechecks[cleared] = 'cleared'
  for (const still of detail.still_unsafe) form.rechecks[still] = 'still'
  const ways = { solved: 'solved', ordered: 'ordered', open: 'later' } as const
  for (const need of detail.needs_collected) {
    if (need.status === 'withdrawn') continue
    form.needs.push({ id: need.id, elder_id: need.elder_id, item_id: need.item_id, description: need.description, way: ways[need.status], solved: need.status === 'solved' ? (need.resolution ?? '') : '' })
  }
  form.policies = detail.policies_explained.map((told) => `${told.elder_id}:${told.policy_id}`)
  return form
}

/** What the phone's clock is ahead of the service's by, from an answer's `Date`; small differences are the way, not the clock. */
export function aheadOf(date: string | null, at: number): number {
  const ahead = date ? at - Date.parse(date) : 0
  return Math.abs(ahead) < MINUTE ? 0 : ahead
}

/** `2024-01-15T09:30` in Xining, as a field of the browser has it, and back. */
export const localTime = (at: string): string =>
  new Date(Date.parse(at) + 8 * 3_600_000).toISOString().slice(0, 16)
export function fromLocalTime(local: string, began: string): string | null {
  const at = Date.parse(`${local}:00+08:00`)
  if (Number.isNaN(at)) return null
  // The field has no seconds: the minute of the beginning is the beginning.
  return at < Date.parse(began) && at + MINUTE > Date.parse(began) ? began : new Date(at).toISOString()
}
