/** The time, as often as a countdown in minutes needs it. */
import { onScopeDispose, ref, type Ref } from 'vue'

export function useMinute(): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), 20_000)
  onScopeDispose(() => clearInterval(timer))
  return now
}
