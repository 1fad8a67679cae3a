/**
 * The seal over what lies on the phone: AES-256-GCM under a key of this phone, which lies there only wrapped, once by the PIN and once
 * by the log-in password (PBKDF2-SHA-256). In memory it cannot be taken out of the browser's own store.
 *
 * Six digits withstand somebody who has the phone in hand and five tries, not somebody who copies its storage and tries a million
 * times; the phone's own encryption and the office's power to lock the account stand before that.
 */
import { meta, setMeta } from './db'

export interface Sealed {
  iv: Uint8Array<ArrayBuffer>
  data: ArrayBuffer
}

interface Wrapped extends Sealed {
  salt: Uint8Array<ArrayBuffer>
  rounds: number
}

/** What is kept of the key. */
export interface KeyRing {
  username: string
  pin: Wrapped
  password: Wrapped
  /** Wrong PINs in a row; at five only the password opens. */
  failures: number
}

export const PIN_TRIES = 5
const ROUNDS = 600_000
const RING = 'keys'

let key: CryptoKey | null = null

/** The phone's storage is locked: the PIN is asked. */
export class LockedError extends Error {
  constructor() {
    super('locked')
  }
}

export const isUnlocked = (): boolean => key !== null
export const keyRing = (): Promise<KeyRing | undefined> => meta<KeyRing>(RING)

/** Forgets the key until it is unlocked again. */
export function forgetKey(): void {
  key = null
}

const random = (bytes: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(bytes))
const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value)

/** A key from a secret that a person knows. */
export async function keyFrom(secret: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', text(secret), 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }, base, { name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
}

async function wrap(raw: Uint8Array<ArrayBuffer>, secret: string): Promise<Wrapped> {
  const salt = random(16)
  const iv = random(12)
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await keyFrom(secret, salt, ROUNDS), raw)
  return { salt, iv, data, rounds: ROUNDS }
}

/** The raw key, or nothing where the secret is another. */
async function unwrap(wrapped: Wrapped, secret: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const by = await keyFrom(secret, wrapped.salt, wrapped.rounds)
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: wrapped.iv }, by, wrapped.data))
  } catch {
    return null
  }
}

async function take(raw: Uint8Array<ArrayBuffer>): Promise<void> {
  key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  raw.fill(0)
}

/** Makes this phone's key, wrapped by both secrets, and holds it. */
export async function makeKeys(username: string, password: string, pin: string): Promise<void> {
  const raw = random(32)
  const ring: KeyRing = { username, pin: await wrap(raw, pin), password: await wrap(raw, password), failures: 0 }
  await setMeta(RING, ring)
  await take(raw)
}

/** Opens by the PIN. Says how many tries are left where it was wrong; at none the password is asked. */
export async function openByPin(pin: string): Promise<{ open: boolean; left: number }> {
  const ring = await keyRing()
  if (!ring || ring.failures >= PIN_TRIES) return { open: false, left: 0 }
  // Counted before it is tried: a tab that is killed meanwhile has still used its try.
  await setMeta(RING, { ...ring, failures: ring.failures + 1 })
  const raw = await unwrap(ring.pin, pin)
  if (!raw) return { open: false, left: PIN_TRIES - ring.failures - 1 }
  await setMeta(RING, { ...ring, failures: 0 })
  await take(raw)
  return { open: true, left: PIN_TRIES }
}

/** Opens by the password that it was last wrapped with. */
export async function openByPassword(password: string): Promise<boolean> {
  const ring = await keyRing()
  const raw = ring && (await unwrap(ring.password, password))
  if (!ring || !raw) return false
  await setMeta(RING, { ...ring, failures: 0 })
  await take(raw)
  return true
}

/** Wraps the key anew: `by` opens it, `pin` or `password` takes the place of the old one. Says whether `by` was right. */
export async function rewrap(by: { pin?: string; password?: string }, anew: { pin?: string; password?: string }): Promise<boolean> {
  const ring = await keyRing()
  if (!ring) return false
  const raw = by.pin !== undefined ? await unwrap(ring.pin, by.pin) : await unwrap(ring.password, by.password ?? '')
  if (!raw) return false
  await setMeta(RING, {
    ...ring,
    failures: 0,
    pin: anew.pin === undefined ? ring.pin : await wrap(raw, anew.pin),
    password: anew.password === undefined ? ring.password : await wrap(raw, anew.password),
  })
  await take(raw)
  return true
}

/** Seals a value, as JSON or as the bytes that it is. */
export async function seal(value: unknown): Promise<Sealed> {
  if (!key) throw new LockedError()
  const iv = random(12)
  const plain = value instanceof ArrayBuffer ? value : text(JSON.stringify(value))
  return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain) }
}

/** The bytes that were sealed. */
export async function openBytes(sealed: Sealed): Promise<ArrayBuffer> {
  if (!key) throw new LockedError()
  return crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.iv }, key, sealed.data)
}

/** The value that was sealed. */
export async function open<T>(sealed: Sealed): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await openBytes(sealed))) as T
}
