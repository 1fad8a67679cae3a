/** Forms that survive a call, a killed tab and a locked phone: every change is sealed and stored at once. */
import { reactive, type Ref, ref, toRaw, watch } from 'vue'
import { now } from './clock'
import { db } from './db'
import { isUnlocked, open, seal } from './seal'
import { reportStorage } from './storage'

export interface Draft<T extends object> {
  /** What is filled in; change it freely. */
  form: T
  /** It was begun earlier and goes on. */
  resumed: boolean
  /** The last change is stored. */
  saved: Ref<boolean>
  /** Drops it for good. */
  discard(): Promise<void>
  /** Stops storing, when the page goes; waits for what is under way. */
  stop(): Promise<void>
}

/** The forms that pages hold open, by key: what was recorded must not be stored again by a late change. */
const held = new Map<string, () => void>()

/** The form was recorded: it stores nothing more. */
export function recorded(key: string): void {
  held.get(key)?.()
  held.delete(key)
}

/** The dwelling that a form is about, from its key: `visit:<household>`, `correct:<visit>:<household>`. */
const householdOf = (key: string): string | undefined => /^(?:visit|correct:[0-9a-f-]{36}):([0-9a-f-]{36})$/.exec(key)?.[1]

/** Opens a form under its key: as it was left, or new. */
export async function openDraft<T extends object>(key: string, initial: () => T): Promise<Draft<T>> {
  const row = await db.drafts.get(key)
  const form = reactive(row ? { ...initial(), ...(await open<T>(row.sealed)) } : initial()) as T
  const saved = ref(true)
  let last: Promise<void> = Promise.resolve()
  let stopped = false

  async function store(): Promise<void> {
    if (stopped || !isUnlocked()) return
    try {
      const sealed = await seal(JSON.parse(JSON.stringify(toRaw(form))))
      // While it was sealed the form may have been recorded or dropped.
      if (stopped) return
      await db.drafts.put({ key, household_id: householdOf(key), updated_at: now(), sealed })
      saved.value = true
      reportStorage(null)
    } catch (error) {
      reportStorage(error)
    }
  }

  const unwatch = watch(
    form,
    () => {
      saved.value = false
      last = last.then(store)
    },
    { deep: true, flush: 'sync' },
  )

  held.set(key, () => {
    stopped = true
    unwatch()
  })

  async function stop(): Promise<void> {
    unwatch()
    await last
    stopped = true
    held.delete(key)
  }

  return {
    form,
    resumed: !!row,
    saved,
    stop,
    async discard() {
      recorded(key)
      await last
      await db.drafts.delete(key)
    },
  }
}
