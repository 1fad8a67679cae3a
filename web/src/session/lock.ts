/** The lock over the phone's storage: it shuts after five idle minutes, and opens to the place where it shut. */
import { ref } from 'vue'
import { closeCache, openCache } from '@/offline/cache'
import { forgetKey } from '@/offline/seal'
import { lookAtStorage } from '@/offline/storage'
import { startSync } from '@/offline/sync'

const IDLE = 300_000

export const locked = ref(true)
let last = Date.now()
let onLock: () => void = () => undefined

/** Shuts it now. What is being written is in its draft already. */
export function lock(): void {
  if (locked.value) return
  locked.value = true
  forgetKey()
  closeCache()
  onLock()
}

/** The key is there: opens the storage to the pages and begins to send. Pages need not wait for the service. */
export async function opened(): Promise<void> {
  locked.value = false
  last = Date.now()
  await openCache()
  void lookAtStorage()
  void startSync()
}

/** Watches for idleness; `then` shows the PIN. */
export function watchIdle(then: () => void): void {
  onLock = then
  const touched = () => {
    // A timer may have slept with the phone: what counts is how long nobody touched it.
    if (Date.now() - last > IDLE) lock()
    else last = Date.now()
  }
  for (const event of ['pointerdown', 'keydown', 'scroll']) addEventListener(event, touched, { passive: true, capture: true })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && Date.now() - last > IDLE) lock()
  })
  setInterval(() => {
    if (Date.now() - last > IDLE) lock()
  }, 15_000)
}
