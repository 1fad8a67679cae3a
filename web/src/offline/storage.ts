/** The health of the phone's storage: whether it may be cleared, how full it is, and what went wrong last. */
import { ref } from 'vue'

export interface StorageHealth {
  /** The browser promised not to clear it by itself. */
  persisted: boolean
  /** Bytes. */
  used: number
  quota: number
}

export const storage = ref<StorageHealth | null>(null)
/** Set while the phone has no room for what is written. */
export const storageFull = ref(false)

/** Asks that nothing be cleared, and looks how full it is. */
export async function lookAtStorage(): Promise<void> {
  // Only a secure page has it.
  if (!navigator.storage) return
  const persisted = (await navigator.storage.persisted()) || (await navigator.storage.persist())
  const { usage = 0, quota = 0 } = await navigator.storage.estimate()
  storage.value = { persisted, used: usage, quota }
}

const isFull = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'QuotaExceededError' || /quota/i.test(`${error.message} ${String(error.cause ?? '')}`))

/** Says that a write went well (null), or that it did not: a full phone is shown, anything else is a fault of ours. */
export function reportStorage(error: unknown): void {
  storageFull.value = error !== null && isFull(error)
  if (error !== null && !storageFull.value) throw error
}
