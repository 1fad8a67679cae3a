import axe from 'axe-core'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { newId } from '../src/offline/clock'
import { aPhone, callAs, enter } from './phone'

/** Screenshots to be looked at. */
const SHOTS = process.env.STEWARD_SHOTS ?? join(import.meta.dirname, '../../.local/web/screenshots')
mkdirSync(SHOTS, { recursive: true })

/** What axe has against a page. */
async function faults(page: Page): Promise<string[]> {
  // At its full height: what scrolls under the bars is not covered by them.
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width: 390, height: Math.max(844, height + 200) })
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))
  })
  await page.setViewportSize({ width: 390, height: 844 })
  return found.map((fault) => `${new URL(page.url()).pathname} ${fault}`)
}

interface Home {
  household: { id: string }
  elders: { id: string }[]
  hazards: { id: string; status: string }[]
  follow_ups_due: { order_id: string }[]
  care_beds: { id: string; status: string }[]
  emergencies: { id: string; status: string }[]
  no_answer_case?: { id: string; status: string }
}

/** The steward (no other test counts their day) in whose care there is a bed, and to whom an emergency and a shut door happen now: every page has something to show. */
async function aBusySteward(): Promise<string> {
  const beds = await callAs<{ items: { community_id: string }[] }>('officer', '/care-beds?limit=200')
  const places = new Set(beds.items.map((bed) => bed.community_id))
  const stewards = await callAs<{ items: { username: string; communities: { community_id: string }[] }[] }>('officer', '/stewards?limit=200')
  const steward = stewards.items.find((one) => one.communities.some((served) => places.has(served.community_id)))
  if (!steward) throw new Error('the demo city has no bed')
  const owed = await callAs<{ items: { household_id: string }[] }>(steward.username, '/obligations?limit=50')
  const [first, second] = [...new Set(owed.items.map((line) => line.household_id))]
  const at = new Date().toISOString()
  await callAs(steward.username, '/emergencies', { id: newId(), household_id: first })
  await callAs(steward.username, '/visits', {
    id: newId(), household_id: second, purposes: ['safety'], outcome: 'no_answer', started_at: at, ended_at: at, device_now: at, check_in: { position: 'unknown' }, form_version: 1,
  })
  return steward.username
}
let busy: Promise<string> | undefined

for (const scene of [
  { name: 'light', locale: 'zh-CN', dark: false },
  { name: 'dark', locale: 'en', dark: true },
] as const) {
  test(`every page is legible to everybody: ${scene.locale}, ${scene.name}`, { timeout: 180_000 }, async () => {
    const phone = await aPhone({ dark: scene.dark })
    const { page } = phone
    const caseloads: Home[] = []
    page.on('response', async (response) => {
      if (response.ok() && response.url().includes('/sync/caseload')) caseloads.push(...((await response.json()) as { households: Home[] }).households)
    })
    const all: string[] = []
    let shots = 0
    const look = async (name: string): Promise<void> => {
      await page.getByRole('status').filter({ hasText: /正在读取|Reading/ }).waitFor({ state: 'hidden' })
      shots += 1
      await page.screenshot({ path: join(SHOTS, `${scene.locale}-${scene.name}-${String(shots).padStart(2, '0')}-${name}.png`), fullPage: true })
      all.push(...(await faults(page)))
    }
    await page.goto('/login')
    await look('login')
    await enter(phone, await (busy ??= aBusySteward()))
    if (scene.locale === 'en') {
      await page.evaluate(() => localStorage.setItem('steward.locale', 'en'))
      await page.goto('/')
      await page.getByLabel('6-digit PIN').fill('246810')
      await page.getByRole('heading', { name: /homes to visit/ }).waitFor()
    }
    await look('today')
    const home = caseloads[0]
    const first = <T>(of: (home: Home) => T[]): T | undefined => caseloads.flatMap(of)[0]
    const paths: [string, string | undefined][] = [
      ['elder', home && `/elders/${home.elders[0]?.id}`],
      ['visit', home && `/visits/new/${home.household.id}`],
      ['work', '/work'],
      ['follow-up', first((h) => h.follow_ups_due)?.order_id],
      ['hazard', first((h) => h.hazards.filter((z) => z.status === 'open'))?.id],
      ['care-bed', (first((h) => h.care_beds.filter((bed) => ['installed', 'accepted', 'in_service'].includes(bed.status))) ?? first((h) => h.care_beds))?.id],
      ['publicity', '/publicity'],
      ['emergencies', '/emergencies'],
      ['emergency', first((h) => h.emergencies.filter((one) => one.status !== 'closed'))?.id],
      ['no-answer', first((h) => (h.no_answer_case ? [h.no_answer_case] : []))?.id],
      ['outbox', '/outbox'],
      ['me', '/me'],
      ['unlock', '/unlock'],
    ]
    const prefix: Record<string, string> = { 'follow-up': '/follow-ups/', hazard: '/hazards/', 'care-bed': '/care-beds/', emergency: '/emergencies/', 'no-answer': '/no-answer/' }
    const seen: string[] = []
    for (const [name, path] of paths) {
      if (!path) continue
      await page.evaluate((to) => {
        document.querySelector('main')?.setAttribute('data-left', '')
        history.pushState({}, '', to)
        dispatchEvent(new PopStateEvent('popstate', { state: {} }))
      }, `${prefix[name] ?? ''}${path}`)
      await page.locator('main:not([data-left])').waitFor()
      await look(name)
      seen.push(name)
    }
    expect(seen).toEqual(expect.arrayContaining(['elder', 'visit', 'work', 'hazard', 'care-bed', 'emergency', 'no-answer', 'unlock']))
    expect(all).toEqual([])
    expect(phone.errors).toEqual([])
    await phone.close()
  })
}

test('the first load and the first caseload keep to their budgets', async () => {
  const phone = await aPhone()
  const scripts = new Set<string>()
  let caseload = 0
  phone.page.on('response', async (response) => {
    const path = new URL(response.url()).pathname
    // What the worker fetches for later is no part of the first load.
    if (path.startsWith('/assets/') && path.endsWith('.js') && !response.request().serviceWorker()) scripts.add(path)
    if (path.endsWith('/sync/caseload') && response.ok()) caseload = Math.max(caseload, (await response.body()).length)
  })
  await enter(phone, 'steward10')
  let script = 0
  for (const path of scripts) script += gzipSync(Buffer.from(await (await fetch(`${inject('origin')}${path}`)).arrayBuffer())).length
  console.log(`script until the worklist stands: ${Math.round(script / 1000)} kB gzipped; first caseload: ${Math.round(caseload / 1000)} kB`)
  expect(script).toBeGreaterThan(0)
  expect(script).toBeLessThanOrEqual(200_000)
  expect(caseload).toBeGreaterThan(0)
  expect(caseload).toBeLessThanOrEqual(1_500_000)
  await phone.close()
})

test('the service guards what it serves, and shows the app at its own pages alone', async () => {
  const get = (path: string) => fetch(`${inject('origin')}${path}`)
  const page = await get('/elders/018d0000-0000-7000-8000-000000000001')
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('unsafe')
  const asset = /assets\/index-[\w-]+\.js/.exec(await page.text())?.[0]
  const script = await get(`/${asset}`)
  expect(script.headers.get('cache-control')).toContain('immutable')
  expect(script.headers.get('x-content-type-options')).toBe('nosniff')
  for (const [path, type] of [['/assets/gone.js', 'application/problem+json'], ['/api/v1/nowhere', 'application/problem+json'], ['/api/nowhere', 'application/problem+json']] as const) {
    const missing = await get(path)
    expect([path, missing.status, missing.headers.get('content-type')]).toEqual([path, 404, type])
  }
  expect((await get('/manifest.webmanifest')).headers.get('content-type')).toBe('application/manifest+json')
})

