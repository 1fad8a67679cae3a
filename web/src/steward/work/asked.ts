/** What the phone does not hold, asked of the service when a page wants it, and again once there is signal. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Problem } from '@/api/types'
import { useConnection } from '@/offline'
import { explain } from '@/ui/problem'

/** `key` says for what it is asked: it is asked anew when that changes, and not at all while it is null. */
export function useAsked<T>(key: () => string | null, ask: () => Promise<{ data?: T; error?: Problem }>) {
  const { online } = useConnection()
  const state = ref<'idle' | 'asking' | 'answered' | 'offline' | 'refused'>('idle')
  const answer = shallowRef<T>()
  const said = ref('')
  let latest = 0
  onScopeDispose(() => (latest = -1))

  async function again(): Promise<void> {
    if (key() === null) return
    const mine = ++latest
    state.value = 'asking'
    try {
      const { data, error } = await ask()
      if (mine !== latest) return
      if (data !== undefined) answer.value = data
      said.value = error ? explain(error) : ''
      state.value = error ? 'refused' : 'answered'
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      if (mine === latest) state.value = 'offline'
    }
  }

  watch(key, again, { immediate: true })
  watch(online, (now) => {
    if (now && state.value === 'offline') void again()
  })
  return { state, answer, said, again }
}
