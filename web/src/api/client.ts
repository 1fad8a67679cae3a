/** The service, as its contract says: typed calls with the access token, which is renewed once when it has run out. */
import createClient from 'openapi-fetch'
import { accessToken, renew } from '@/session/tokens'
import type { paths } from './schema'

const OPEN = /\/auth\/(login|refresh)$/

async function authorised(request: Request): Promise<Response> {
  if (OPEN.test(request.url)) return fetch(request)
  const token = await accessToken()
  if (token) request.headers.set('authorization', `Bearer ${token}`)
  const again = request.clone()
  const response = await fetch(request)
  if (response.status !== 401) return response
  const fresh = await renew(request.headers.get('authorization'))
  if (!fresh) return response
  again.headers.set('authorization', `Bearer ${fresh}`)
  return fetch(again)
}

/** Calls reject with a `TypeError` where the service cannot be reached, and never for an answer of it. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: authorised })
