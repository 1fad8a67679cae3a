/** A steward's phone: headless Chromium of a phone's size, with its own storage, at the community. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { inject } from 'vitest'

export const PIN = '246810'

export interface Phone {
  page: Page
  context: BrowserContext
  /** What the page said went wrong. */
  errors: string[]
  /** Kills the app as the system does, and opens it anew on the same storage. */
  restart(): Promise<void>
  close(): Promise<void>
}

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export async function aPhone(options: { locale?: 'zh-CN' | 'en'; dark?: boolean } = {}): Promise<Phone> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-phone-'))
  const errors: string[] = []
  const open = async (): Promise<BrowserContext> => {
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      args: ARGS,
      baseURL: inject('origin'),
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      locale: 'zh-CN',
      timezoneId: 'Asia/Shanghai',
      colorScheme: options.dark ? 'dark' : 'light',
      geolocation: { latitude: 36.62, longitude: 101.77, accuracy: 20 },
      permissions: ['geolocation'],
    })
    context.setDefaultTimeout(15_000)
    return context
  }
  const phone = {} as Phone
  const show = async (): Promise<void> => {
    phone.context = await open()
    phone.page = phone.context.pages()[0] ?? (await phone.context.newPage())
    phone.page.on('pageerror', (error) => errors.push(error.message))
    phone.page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text())) errors.push(message.text())
    })
  }
  phone.errors = errors
  phone.restart = async () => {
    await phone.context.close()
    await show()
  }
  phone.close = async () => {
    await phone.context.close()
    rmSync(folder, { recursive: true, force: true })
  }
  await show()
  return phone
}

/** Logs in for the first time on this phone and waits for the caseload. */
export async function enter({ page }: Phone, username: string): Promise<void> {
  await page.goto('/')
  await page.getByLabel('用户名').fill(username)
  await page.getByLabel('密码', { exact: true }).fill(inject('password'))
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByLabel('6 位数字密码').fill(PIN)
  await page.getByLabel('再输一次').fill(PIN)
  await page.getByRole('button', { name: '继续' }).click()
  await page.getByRole('heading', { name: /还要去 \d+ 户/ }).waitFor()
  // Installed: from here on it works without signal.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
}

/** Opens a locked phone. */
export async function unlock({ page }: Phone): Promise<void> {
  await page.getByLabel('6 位数字密码').fill(PIN)
}

/** The service's own word, by an account of the demo city; with a body it is told something. */
export async function callAs<T>(username: string, path: string, body?: object): Promise<T> {
  const api = `${inject('origin')}/api/v1`
  const json = { 'content-type': 'application/json' }
  const login = await fetch(`${api}/auth/login`, { method: 'POST', headers: json, body: JSON.stringify({ username, password: inject('password') }) })
  const { access_token } = (await login.json()) as { access_token: string }
  const headers = { ...json, authorization: `Bearer ${access_token}` }
  const answer = await fetch(`${api}${path}`, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}
