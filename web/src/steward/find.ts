/** Finding a record of the caseload by its id, with the dwelling that it belongs to. */
import { computed, type MaybeRefOrGetter, type Ref, toValue } from 'vue'
import type { Household } from '@/api/types'
import { useHouseholds } from '@/offline'

/** The record and its dwelling; null where the phone does not hold it, undefined while it is read. */
export function useFound<T>(of: (household: Household) => T[], id: (record: T) => string, wanted: MaybeRefOrGetter<string>): Ref<{ household: Household; record: T } | null | undefined> {
  const households = useHouseholds()
  return computed(() => {
    if (!households.value) return undefined
    for (const household of households.value) {
      const record = of(household).find((one) => id(one) === toValue(wanted))
      if (record) return { household, record }
    }
    return null
  })
}
