/** The session with the service. Its tokens lie sealed on the phone, so that every tab uses the same, and none renews a spent one. */
import { ref } from 'vue'
import type { Schemas } from '@/api/types'
import { db, meta, setMeta } from '@/offline/db'
import { isUnlocked, open, seal, type Sealed } from '@/offline/seal'

interface Session {
  access: string
  refresh: string
}

const KEY = 'session'
/** The service asks for the password before it takes more; capture goes on meanwhile. */
export const sessionExpired = ref(false)

async function session(): Promise<Session | null> {
  if (!isUnlocked()) return null
  const sealed = await meta<Sealed>(KEY)
  return sealed ? open<Session>(sealed) : null
}

/** Takes what a log-in gave. */
export async function takeTokens(tokens: Schemas['Tokens']): Promise<void> {
  await setMeta(KEY, await seal({ access: tokens.access_token, refresh: tokens.refresh_token }))
  sessionExpired.value = false
}

export async function dropTokens(): Promise<void> {
  await db.meta.delete(KEY)
}

export const accessToken = async (): Promise<string | null> => (await session())?.access ?? null

/**
 * A new access token in the place of the one that was refused; null where the session is over. One tab renews, the others take what it
 * got: a refresh token that is used twice ends the session.
 */
export async function renew(refused: string | null): Promise<string | null> {
  return await navigator.locks.request('steward-session', async () => {
    const mine = await session()
    if (!mine) {
      sessionExpired.value = isUnlocked()
      return null
    }
    if (refused !== `Bearer ${mine.access}`) return mine.access
    const response = await fetch('/api/v1/auth/refresh', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: mine.refresh }),
    })
    if (response.ok) {
      const tokens = (await response.json()) as Schemas['Tokens']
      await takeTokens(tokens)
      return tokens.access_token
    }
    // Busy is not over.
    if (response.status === 401 || response.status === 403) sessionExpired.value = true
    return null
  })
}
