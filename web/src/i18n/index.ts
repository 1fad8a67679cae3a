/** The texts. Chinese is the first language and its shape is the contract: English has every key, or it does not compile. */
import { createI18n } from 'vue-i18n'
import zhCN from './zh-CN'

export type Messages = { readonly [K in keyof typeof zhCN]: Translated<(typeof zhCN)[K]> }
type Translated<T> = T extends string ? string : { readonly [K in keyof T]: Translated<T[K]> }
export type Locale = 'zh-CN' | 'en'

const STORED = 'steward.locale'

/** The language chosen on this phone, else Chinese. */
export function preferredLocale(): Locale {
  return localStorage.getItem(STORED) === 'en' ? 'en' : 'zh-CN'
}

const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zhCN as Messages, en: {} as Messages },
})

/** Shows the app in this language from now on; the English texts are fetched when first wanted. */
export async function setLocale(locale: Locale): Promise<void> {
  if (locale === 'en') i18n.global.setLocaleMessage('en', (await import('./en')).default)
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
  localStorage.setItem(STORED, locale)
}

export async function createI18nFor(locale: Locale) {
  await setLocale(locale)
  return i18n
}

/** For code outside of components. */
export const translate = (key: string, named: Record<string, unknown> = {}): string => i18n.global.t(key, named)
/** Whether there is a text for this key. */
export const hasText = (key: string): boolean => i18n.global.te(key, 'zh-CN')
