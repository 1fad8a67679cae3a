/** An edit of an elder's file: what the phone showed, and what it should be. */
import type { Elder, Schemas } from '@/api/types'

export type Fields = Record<Exclude<Schemas['ProfileField'], 'sex'>, string>

export const fieldsOf = ({ name, birth_date, phone, health_note, remarks }: Elder): Fields => ({ name, birth_date, phone: phone ?? '', health_note: health_note ?? '', remarks })

/** Those that the service takes empty; the others cannot be emptied from a phone. */
const MAY_BE_EMPTY: readonly string[] = ['health_note', 'remarks']

/** What was changed against what was shown. */
export function changesOf(shown: Fields, now: Fields): Schemas['ProfileChange'][] {
  return (Object.keys(shown) as (keyof Fields)[]).flatMap((field) => {
    const value = now[field].trim()
    if (value === shown[field].trim() || (value === '' && !MAY_BE_EMPTY.includes(field))) return []
    return [{ field, base: shown[field] || null, value }]
  })
}
