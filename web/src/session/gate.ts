/** Which page is shown: the log-in on a new phone, the PIN on a locked one, else what was asked for. */
import type { RouteLocationNormalized } from 'vue-router'
import { isUnlocked, keyRing } from '@/offline/seal'

export async function gate(to: RouteLocationNormalized) {
  if (to.meta.open || isUnlocked()) return true
  const query = to.fullPath === '/' ? {} : { to: to.fullPath }
  return (await keyRing()) ? { name: 'unlock', query } : { name: 'login', query }
}

/** Where to go after the gate: only ever a page of the app itself. */
export const wanted = (to: unknown): string => (typeof to === 'string' && /^\/(?!\/)/.test(to) ? to : '/')
