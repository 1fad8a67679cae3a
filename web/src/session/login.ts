/** Logging in: the first time on this phone, again when the session is over, or with a new password. */
import { api } from '@/api/client'
import type { Problem, Schemas } from '@/api/types'
import { db } from '@/offline/db'
import { isUnlocked, keyRing, makeKeys, openByPassword, rewrap } from '@/offline/seal'
import { opened } from './lock'
import { takeTokens } from './tokens'

export type LoginOutcome =
  | { kind: 'in' }
  /** A phone without a key, or a password that the key was never wrapped with: a PIN is needed. */
  | { kind: 'pin'; tokens: Schemas['Tokens']; anew: boolean }
  | { kind: 'problem'; problem: Problem }
  | { kind: 'another'; username: string }
  | { kind: 'not_steward' }
  | { kind: 'change_password'; tokens: Schemas['Tokens'] }
  | { kind: 'offline' }

export interface Credentials {
  username: string
  password: string
  totp_code?: string
}

/** Asks the service. Never gives one person the storage of another. */
export async function logIn(credentials: Credentials): Promise<LoginOutcome> {
  const ring = await keyRing()
  if (ring && ring.username !== credentials.username) return { kind: 'another', username: ring.username }
  try {
    const { data, error } = await api.POST('/api/v1/auth/login', { body: credentials })
    if (!data) return { kind: 'problem', problem: error }
    if (data.role !== 'steward') return { kind: 'not_steward' }
    if (data.must_change_password) return { kind: 'change_password', tokens: data }
    return await enter(credentials, data)
  } catch (error) {
    if (error instanceof TypeError) return { kind: 'offline' }
    throw error
  }
}

async function enter(credentials: Credentials, tokens: Schemas['Tokens']): Promise<LoginOutcome> {
  const ring = await keyRing()
  if (!ring) return { kind: 'pin', tokens, anew: true }
  if (!(await openByPassword(credentials.password))) return { kind: 'pin', tokens, anew: false }
  await takeTokens(tokens)
  await opened()
  return { kind: 'in' }
}

/** Sets the PIN of a new phone; on a known one the old PIN shows that the new password's owner is the same. Says whether it did. */
export async function enterWithPin(credentials: Credentials, tokens: Schemas['Tokens'], pin: string, anew: boolean): Promise<boolean> {
  if (anew) await makeKeys(credentials.username, credentials.password, pin)
  else if (!(await rewrap({ pin }, { password: credentials.password }))) return false
  await takeTokens(tokens)
  await opened()
  return true
}

/** The password that the office gave is changed before anything else; then it is logged in with the new one. */
export async function changePassword(credentials: Credentials, tokens: Schemas['Tokens'], anew: string): Promise<LoginOutcome> {
  const response = await fetch('/api/v1/auth/password', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.access_token}` },
    body: JSON.stringify({ current: credentials.password, new: anew }),
  })
  if (!response.ok) return { kind: 'problem', problem: (await response.json()) as Problem }
  if (isUnlocked()) await rewrap({ password: credentials.password }, { password: anew })
  return logIn({ ...credentials, password: anew })
}

/** Whether something unsent would be lost with this phone's storage. */
export const hasUnsent = async (): Promise<boolean> => (await db.outbox.count()) > 0

/** Clears everything from the phone. */
export async function clearPhone(): Promise<void> {
  await db.delete()
  location.replace('/login')
}
