/** How a dwelling and those who live there are named on a line. */
import type { Household } from '@/api/types'

/** `3 号楼 2 单元 501` as far as it is known. */
export const addressOf = ({ building, unit, room }: Household['household']): string => [building, unit, room].filter(Boolean).join('-')

export const namesOf = (household: Household): string => household.elders.map((elder) => elder.name).join('、')

/** Names and address together. */
export const placeOf = (household: Household): string => `${namesOf(household)} ${addressOf(household.household)}`
