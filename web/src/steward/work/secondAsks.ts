/** Surveys that somebody else asked and that are asked again: known to the service alone, and never to who asked first. */
import { computed } from 'vue'
import { api } from '@/api/client'
import type { Elder, Household, Problem, Schemas } from '@/api/types'
import { useHouseholds, useOutbox } from '@/offline'
import { useAsked } from './asked'
import { answeredOnPhone } from './unsent'

type Order = Schemas['Order']

export interface SecondAskLine {
  ask: Schemas['SecondAsk']
  order?: Order
  elder?: Elder
  household?: Household
  /** It is answered, and the answer waits on the phone. */
  onPhone: boolean
}

/** The asks with their orders; those that the phone holds no longer, because they were done long ago, come from the service. */
async function load(held: (id: string) => Order | undefined): Promise<{ data?: [Schemas['SecondAsk'], Order | undefined][]; error?: Problem }> {
  const { data, error } = await api.GET('/api/v1/second-asks', { params: { query: { limit: 50 } } })
  if (!data) return { error }
  const order = async (id: string) => held(id) ?? (await api.GET('/api/v1/orders/{id}', { params: { path: { id } } })).data
  return { data: await Promise.all(data.items.map(async (ask): Promise<[Schemas['SecondAsk'], Order | undefined]> => [ask, await order(ask.order_id)])) }
}

export function useSecondAsks() {
  const households = useHouseholds()
  const outbox = useOutbox()
  const unsent = computed(() => answeredOnPhone(outbox.value ?? [], 'second_asks_answer'))
  const held = (id: string) => households.value?.flatMap((home) => home.orders).find((order) => order.id === id)
  // Asked anew when an answer has been received.
  const asked = useAsked(() => (households.value && outbox.value ? [...unsent.value].join() : null), () => load(held))
  const asks = computed(() =>
    (asked.answer.value ?? []).map(([ask, order]): SecondAskLine => {
      const household = households.value?.find((home) => home.elders.some((elder) => elder.id === order?.elder_id))
      return { ask, order, household, elder: household?.elders.find((elder) => elder.id === order?.elder_id), onPhone: unsent.value.has(ask.followup_id) }
    }),
  )
  return { ...asked, asks }
}
