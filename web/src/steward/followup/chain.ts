/** The rounds of an order: what was ordered, and what did it again because the elder was not satisfied. */
import type { Schemas } from '@/api/types'

type Order = Schemas['CaseloadOrder']

/** Every round that the phone holds, the first one first. */
export const roundsOf = (orders: readonly Order[], order: Pick<Order, 'original_id'>): Order[] =>
  orders.filter((one) => one.original_id === order.original_id).sort((a, b) => a.round - b.round)
