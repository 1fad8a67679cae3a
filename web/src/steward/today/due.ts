/** By when a visit is owed, in words. */
import { useI18n } from 'vue-i18n'
import type { Schemas } from '@/api/types'
import { useDates } from '@/ui/dates'

const DAY = 86_400_000
/** The day in Xining, counted. */
const dayNumber = (at: number): number => Math.floor((at + DAY / 3) / DAY)

/** Days from today to the last one on which it may be done; `due_at` is the end of the period, which is no longer part of it. */
export const daysLeft = (due_at: string, at: number): number => dayNumber(Date.parse(due_at) - 1) - dayNumber(at)

/** Formatter in the language that is shown; call it in `setup`. What is owed within 24 hours has its hour, a period its last day. */
export function useDue() {
  const { t } = useI18n()
  const { dayTime, ago } = useDates()
  return ({ kind, due_at }: Pick<Schemas['WorklistLine'], 'kind' | 'due_at'>, at = Date.now()): string => {
    if (kind === 'event') return t('today.due', { at: `${dayTime(due_at)} (${ago(due_at, at)})` })
    const days = daysLeft(due_at, at)
    if (days < 0) return t('today.due_over', { days: -days })
    if (days === 0) return t('today.due_today')
    return days === 1 ? t('today.due_tomorrow') : t('today.due_in', { days })
  }
}
