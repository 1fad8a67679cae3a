import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { aPhone, callAs, enter, type Phone, PIN, unlock } from './phone'

let phone: Phone
beforeEach(async () => {
  phone = await aPhone()
})
afterEach(async () => {
  expect(phone.errors).toEqual([])
  await phone.close()
})

/** Fills in a normal visit, and says how many taps it took. */
async function fillIn(): Promise<number> {
  const { page } = phone
  await page.getByRole('button', { name: '四项全部安全' }).waitFor()
  let taps = 0
  const tap = async (target: ReturnType<typeof page.getByRole>): Promise<void> => {
    await target.click()
    taps += 1
  }
  for (const label of ['良好', '正常', '平静']) {
    for (const radio of await page.getByRole('radio', { name: label, exact: true }).all()) await tap(radio)
  }
  await tap(page.getByRole('button', { name: '四项全部安全' }))
  return taps
}

const owed = async (): Promise<number> =>
  Number(/\d+/.exec((await phone.page.getByRole('heading', { name: /还要去 \d+ 户/ }).textContent()) ?? '')?.[0])

/** Waits until nothing is unsent. */
async function allReceived(): Promise<void> {
  await phone.page.getByRole('link', { name: /还在手机里|在手机里/ }).waitFor({ state: 'hidden' })
}

interface Visits {
  items: { id: string; household_id: string; note?: string }[]
}
/** The dwelling whose visit form is open. */
const household = (): string => /visits\/new\/([0-9a-f-]+)/.exec(phone.page.url())?.[1] ?? ''
const visitsTo = async (id: string): Promise<number> => (await callAs<Visits>('officer', `/visits?household=${id}`)).items.length

test('a normal visit takes few taps, is received once and counts in the week', async () => {
  const { page } = phone
  await enter(phone, 'steward09')
  const before = await owed()
  const started = Date.now()
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await page.getByRole('button', { name: '四项全部安全' }).waitFor()
  const home = household()
  const known = await visitsTo(home)
  const taps = 1 + (await fillIn()) + 1
  await page.getByRole('button', { name: '完成探访' }).click()
  await page.getByRole('heading', { name: `还要去 ${before - 1} 户` }).waitFor()
  console.log(`a normal visit: ${taps} taps, ${((Date.now() - started) / 1000).toFixed(1)} s of the machine's time`)
  // One elder: start, three choices, all safe, finish. A couple takes three more.
  expect(taps).toBeLessThanOrEqual(9)
  expect(await visitsTo(home)).toBe(known + 1)
})

test('what is missing is said and nothing is sent', async () => {
  const { page } = phone
  await enter(phone, 'steward02')
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await page.getByRole('button', { name: '完成探访' }).click()
  await page.getByRole('alert').getByText('燃气还没检查').waitFor()
  await page.getByRole('button', { name: '四项全部安全' }).click()
  await page.getByRole('alert').getByText('每位老人的身体、饮食、情绪都要选').waitFor()
  expect(page.url()).toContain('/visits/new/')
})

test('without signal a visit is kept, a killed app resumes its form, and it is received once the signal is back', async () => {
  const { page, context } = phone
  await enter(phone, 'steward03')
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await page.getByRole('button', { name: '四项全部安全' }).waitFor()
  const home = household()
  const known = await visitsTo(home)
  await context.setOffline(true)
  await page.getByLabel('备注（可不填）').fill('楼道没有信号')
  await fillIn()
  await phone.restart()
  // The app itself comes from the phone: it was installed with the first visit.
  await phone.context.setOffline(true)
  await phone.page.goto(`/visits/new/${home}`)
  await unlock(phone)
  await phone.page.getByText('接着上次填').waitFor()
  expect(await phone.page.getByLabel('备注（可不填）').inputValue()).toBe('楼道没有信号')
  await phone.page.getByRole('button', { name: '完成探访' }).click()
  await phone.page.getByRole('link', { name: /没有信号，1 条在手机里/ }).waitFor()
  expect(await visitsTo(home)).toBe(known)
  await phone.context.setOffline(false)
  await allReceived()
  expect(await visitsTo(home)).toBe(known + 1)
})

test('an answer that is lost makes no second visit', async () => {
  const { page } = phone
  await enter(phone, 'steward04')
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await page.getByRole('button', { name: '四项全部安全' }).waitFor()
  const home = household()
  const known = await visitsTo(home)
  let lost = 0
  await page.route('**/sync/outbox', async (route) => {
    if (lost > 0) return route.continue()
    lost += 1
    await route.fetch()
    await route.abort('connectionreset')
  })
  await fillIn()
  await page.getByRole('button', { name: '完成探访' }).click()
  await page.getByRole('link', { name: /没有信号，1 条在手机里/ }).waitFor()
  expect(await visitsTo(home)).toBe(known + 1)
  await page.getByRole('link', { name: /没有信号/ }).click()
  await page.getByRole('button', { name: '现在发送' }).click()
  await page.getByText('全部已接收').waitFor()
  expect(lost).toBe(1)
  expect(await visitsTo(home)).toBe(known + 1)
})

test('a refused item waits in the tray with its reason, blocks nothing, and can be mended', async () => {
  const { page } = phone
  await enter(phone, 'steward05')
  await page.route('**/sync/outbox', async (route) => {
    const sent = JSON.parse(route.request().postData() ?? '{}') as { items: { operation: string; body: { note?: string } }[] }
    for (const item of sent.items) if (item.body.note === '写错') item.operation = 'visits_logged'
    await route.continue({ postData: JSON.stringify(sent) })
  })
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await page.getByLabel('备注（可不填）').fill('写错')
  await fillIn()
  await page.getByRole('button', { name: '完成探访' }).click()
  await page.getByRole('link', { name: /1 条没有被接收/ }).waitFor()
  const before = await owed()
  await page.getByRole('link', { name: '开始探访' }).nth(1).click()
  await fillIn()
  await page.getByRole('button', { name: '完成探访' }).click()
  await page.getByRole('heading', { name: `还要去 ${before - 1} 户` }).waitFor()
  await page.getByRole('link', { name: /1 条没有被接收/ }).click()
  await page.getByText('系统不认识这种记录').waitFor()
  await page.getByRole('button', { name: '改一改再交' }).click()
  await page.getByLabel('备注（可不填）').fill('写对了')
  await page.getByRole('button', { name: '完成探访' }).click()
  await page.getByRole('heading', { name: `还要去 ${before - 2} 户` }).waitFor()
})

test('capture goes on when the session is over, and log-in is asked at sending', async () => {
  const { page } = phone
  await enter(phone, 'steward06')
  const before = await owed()
  let over = true
  await page.route(/\/(sync\/|auth\/refresh)/, (route) => (over ? route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"code":"unauthenticated","title":"","status":401,"type":""}' }) : route.continue()))
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await fillIn()
  await page.getByRole('button', { name: '完成探访' }).click()
  await page.getByRole('link', { name: /登录已过期/ }).click()
  over = false
  await page.getByLabel('密码', { exact: true }).fill(inject('password'))
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByRole('heading', { name: `还要去 ${before - 1} 户` }).waitFor()
})

test('five wrong PINs shut the phone until the password is given', async () => {
  const { page } = phone
  await enter(phone, 'steward07')
  await page.getByRole('link', { name: '我的' }).click()
  await page.getByRole('button', { name: '现在锁定' }).click()
  for (let left = 4; left > 0; left--) {
    await page.getByLabel('6 位数字密码').fill('000000')
    await page.getByText(`还可以试 ${left} 次`).waitFor()
  }
  await page.getByLabel('6 位数字密码').fill('000000')
  await page.getByText('输错太多次，请用登录密码打开').waitFor()
  await page.getByRole('link', { name: '用登录密码打开' }).click()
  await page.getByLabel('密码', { exact: true }).fill(inject('password'))
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByRole('button', { name: '现在锁定' }).waitFor()
  await page.getByRole('button', { name: '现在锁定' }).click()
  await page.getByLabel('6 位数字密码').fill(PIN)
  await page.getByRole('button', { name: '现在锁定' }).waitFor()
})

test('an emergency is raised by one long press, and without signal it says that nobody was told', async () => {
  const { page, context } = phone
  await enter(phone, 'steward08')
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await page.getByRole('button', { name: '四项全部安全' }).waitFor()
  await context.setOffline(true)
  await page.getByRole('button', { name: /长按 1 秒/ }).click({ delay: 1300 })
  await page.getByRole('button', { name: '发出紧急求助', exact: true }).click()
  await page.getByRole('heading', { name: '还没有人收到' }).waitFor()
  await context.setOffline(false)
  await page.getByRole('heading', { name: '进行中' }).waitFor()
  await page.getByRole('heading', { name: '还没有人收到' }).waitFor({ state: 'hidden' })
})

test('a clock two days ahead records the visit at its true hour', async () => {
  const { page } = phone
  await page.clock.setSystemTime(Date.now() + 2 * 86_400_000)
  await enter(phone, 'steward13')
  const before = await owed()
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await fillIn()
  const home = household()
  await page.getByRole('button', { name: '完成探访' }).click()
  await page.getByRole('heading', { name: `还要去 ${before - 1} 户` }).waitFor()
  const [latest] = (await callAs<{ items: { started_at: string }[] }>('officer', `/visits?household=${home}`)).items
  expect(Math.abs(Date.parse(latest!.started_at) - Date.now())).toBeLessThan(120_000)
})

test('a full phone says so, keeps the form, and records it once there is room', async () => {
  const { page } = phone
  await enter(phone, 'steward14')
  const before = await owed()
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await fillIn()
  // The browser counts its quota lazily: what it throws when there is none is thrown in its place.
  await page.evaluate(() => {
    const { put } = IDBObjectStore.prototype
    addEventListener('room', () => (IDBObjectStore.prototype.put = put))
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('no room', 'QuotaExceededError')
    }
  })
  await page.getByLabel('备注（可不填）').fill('手机满了')
  await page.getByRole('link', { name: /手机存储已满/ }).waitFor()
  await page.evaluate(() => dispatchEvent(new Event('room')))
  await page.getByLabel('备注（可不填）').fill('手机又有地方了')
  await page.getByRole('link', { name: /手机存储已满/ }).waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: '完成探访' }).click()
  await page.getByRole('heading', { name: `还要去 ${before - 1} 户` }).waitFor()
})

test('a correction by a phone whose clock went wrong meanwhile keeps the hour of the visit; left half-way, it is found again', async () => {
  const { page } = phone
  await enter(phone, 'steward12')
  await page.getByRole('link', { name: '开始探访' }).first().click()
  await fillIn()
  const home = household()
  interface Version {
    id: string
    started_at: string
    revision: number
  }
  const newest = async (): Promise<Version> => (await callAs<{ items: Version[] }>('officer', `/visits?household=${home}`)).items[0]!
  const before = await newest()
  await page.getByRole('button', { name: '完成探访' }).click()
  await expect.poll(async () => (await newest()).id, { timeout: 15_000 }).not.toBe(before?.id)
  const first = await newest()
  await page.clock.setSystemTime(Date.now() + 3 * 86_400_000)
  await page.goto(`/visits/${first.id}/correct/${home}`)
  await unlock(phone)
  await page.getByLabel('为什么更正').fill('误选了身体情况')
  await page.goto('/')
  await unlock(phone)
  await page.locator('section', { hasText: '没写完的' }).getByRole('link').first().click()
  expect(await page.getByLabel('为什么更正').inputValue()).toBe('误选了身体情况')
  await page.getByRole('radio', { name: '一般', exact: true }).first().click()
  await page.getByRole('button', { name: '完成探访' }).click()
  await expect.poll(async () => (await newest()).revision, { timeout: 15_000 }).toBe(first.revision + 1)
  expect(Math.abs(Date.parse((await newest()).started_at) - Date.parse(first.started_at))).toBeLessThan(60_000)
})
