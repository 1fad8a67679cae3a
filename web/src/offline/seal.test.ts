import { beforeEach, expect, test } from 'vitest'
import { db } from './db'
import { forgetKey, isUnlocked, keyRing, LockedError, makeKeys, open, openByPassword, openByPin, PIN_TRIES, rewrap, seal } from './seal'

beforeEach(async () => {
  await db.meta.clear()
  forgetKey()
  await makeKeys('steward01', 'a-long-password', '246810')
})

test('what is sealed is opened by the PIN or the password, and by nothing while it is locked', async () => {
  const sealed = await seal({ name: '王玉兰' })
  expect(new TextDecoder().decode(sealed.data)).not.toContain('王玉兰')
  forgetKey()
  await expect(open(sealed)).rejects.toBeInstanceOf(LockedError)
  expect((await openByPin('000000')).open).toBe(false)
  expect(isUnlocked()).toBe(false)
  expect((await openByPin('246810')).open).toBe(true)
  expect(await open(sealed)).toEqual({ name: '王玉兰' })
  forgetKey()
  expect(await openByPassword('another')).toBe(false)
  expect(await openByPassword('a-long-password')).toBe(true)
  expect(await open(sealed)).toEqual({ name: '王玉兰' })
})

test('after five wrong PINs the right one opens nothing, until the password has', async () => {
  forgetKey()
  for (let n = 1; n <= PIN_TRIES; n++) expect(await openByPin('111111')).toEqual({ open: false, left: PIN_TRIES - n })
  expect(await openByPin('246810')).toEqual({ open: false, left: 0 })
  expect(await openByPassword('a-long-password')).toBe(true)
  expect((await openByPin('246810')).open).toBe(true)
})

test('a new PIN and a new password wrap the same key', async () => {
  const sealed = await seal('kept')
  expect(await rewrap({ pin: '000000' }, { pin: '135790' })).toBe(false)
  expect(await rewrap({ pin: '246810' }, { pin: '135790', password: 'a-new-password' })).toBe(true)
  forgetKey()
  expect((await openByPin('246810')).open).toBe(false)
  expect((await openByPin('135790')).open).toBe(true)
  expect(await open(sealed)).toBe('kept')
  forgetKey()
  expect(await openByPassword('a-new-password')).toBe(true)
  expect((await keyRing())?.username).toBe('steward01')
})
