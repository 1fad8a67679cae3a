/** Dates and times as they are written in China, or in English; always Xining's, whatever the phone is set to. */
import { useI18n } from 'vue-i18n'

const ZONE = 'Asia/Shanghai'

const format = (locale: string, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : 'zh-CN', { timeZone: ZONE, ...options })

/** A date alone has no zone: it is taken at noon. */
const instant = (at: string): Date => new Date(at.length === 10 ? `${at}T12:00:00+08:00` : at)

/** Formatters in the language that is shown; call it in `setup`. */
export function useDates() {
  const { locale, t } = useI18n()

  /** `2026年11月27日`, `27 November 2026`. */
  const day = (at: string): string =>
    format(locale.value, { year: 'numeric', month: 'long', day: 'numeric' }).format(instant(at))

  /** `11月27日周五 14:05`, `Fri 27 Nov, 14:05`. */
  const dayTime = (at: string): string =>
    format(locale.value, { month: locale.value === 'en' ? 'short' : 'long', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
      instant(at),
    )

  /** `14:05`. */
  const time = (at: string): string => format(locale.value, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(instant(at))

  /** How long ago, or in how long: `3 小时前`, `in 2 days`. */
  const ago = (at: string, from = Date.now()): string => {
    const seconds = Math.round((instant(at).getTime() - from) / 1000)
    const relative = new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' })
    const steps: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3_600], ['minute', 60]]
    for (const [unit, size] of steps) {
      if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit)
    }
    return t('session.just_now')
  }

  return { day, dayTime, time, ago }
}
