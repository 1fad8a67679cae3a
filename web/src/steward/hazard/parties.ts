/** Who may be told of a hazard, or have to mend it: the contract's own list. */
import type { Schemas } from '@/api/types'

export const PARTIES: readonly Schemas['HazardParty'][] = ['household', 'family', 'property', 'landlord', 'gas_firm', 'power_firm', 'water_firm', 'fire_service', 'community']
