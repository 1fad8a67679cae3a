/** What is unsent, as a file that only its passphrase opens: for a phone that breaks, or an account that ended. */
import { db } from './db'
import { keyFrom, open, openBytes } from './seal'
import type { OutboxContent } from './cache'
import { now } from './clock'

const ROUNDS = 600_000

export interface ExportFile {
  format: 'steward-unsent'
  version: 1
  rounds: number
  salt: string
  iv: string
  data: string
}

const base64 = (bytes: Uint8Array): string => {
  let text = ''
  for (let n = 0; n < bytes.length; n += 0x8000) text += String.fromCharCode(...bytes.subarray(n, n + 0x8000))
  return btoa(text)
}
const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))

/** Everything unsent, sealed by the passphrase. */
export async function exportUnsent(passphrase: string): Promise<ExportFile> {
  const rows = await db.outbox.orderBy('order').toArray()
  const items = await Promise.all(
    rows.map(async ({ id, operation, recorded_at, after, photos, schema, problem, sealed }) => {
      const { path, body, about } = await open<OutboxContent>(sealed)
      return { id, operation, recorded_at, after, photos, schema, problem, path, body, about }
    }),
  )
  const kept = await db.photos.where('id').anyOf(rows.flatMap((row) => row.photos)).toArray()
  const photos = await Promise.all(
    kept.map(async (photo) => ({ id: photo.id, jpeg: base64(new Uint8Array(await openBytes(photo.sealed))) })),
  )
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const plain = new TextEncoder().encode(JSON.stringify({ exported_at: now(), items, photos }))
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await keyFrom(passphrase, salt, ROUNDS), plain)
  return {
    format: 'steward-unsent',
    version: 1,
    rounds: ROUNDS,
    salt: base64(salt),
    iv: base64(iv),
    data: base64(new Uint8Array(data)),
  }
}

/** What an exported file holds; rejects a wrong passphrase. */
export async function openExport(file: ExportFile, passphrase: string): Promise<{ items: { id: string; operation: string }[]; photos: { id: string }[] }> {
  const key = await keyFrom(passphrase, bytes(file.salt), file.rounds)
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytes(file.iv) }, key, bytes(file.data))
  return JSON.parse(new TextDecoder().decode(plain))
}
