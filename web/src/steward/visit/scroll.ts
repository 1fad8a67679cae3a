/** How far down a form was, kept with it: whoever comes back goes on at the same place. */
import { nextTick, onBeforeUnmount, onMounted, type Ref, watch } from 'vue'
import type { Draft } from '@/offline'

const SETTLED = 400

export function useKeptScroll(draft: Ref<Draft<{ scroll: number }> | undefined>): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const settled = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (draft.value) draft.value.form.scroll = Math.round(scrollY)
    }, SETTLED)
  }
  onMounted(() => addEventListener('scroll', settled, { passive: true }))
  onBeforeUnmount(() => {
    clearTimeout(timer)
    removeEventListener('scroll', settled)
  })
  watch(draft, async (opened) => {
    if (!opened?.resumed || opened.form.scroll === 0) return
    await nextTick()
    scrollTo(0, opened.form.scroll)
  })
}
