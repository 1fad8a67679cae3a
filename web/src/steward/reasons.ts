/** Why somebody is on the list, in words: the service's codes, and a category that the office added under its own name. */
import { hasText, translate } from '@/i18n'
import type { Reference } from '@/api/types'

export function reasonText(code: string, reference: Reference | null | undefined, locale: string): string {
  const key = `words.reason.${code}`
  if (hasText(key)) return translate(key)
  const category = reference?.categories.find((one) => one.code === code)
  return category ? (locale === 'en' ? category.name_en : category.name_zh) : code
}
