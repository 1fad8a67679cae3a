/** Names for the types of the contract that many pages use. The types themselves come from the generated schema alone. */
import type { components, operations } from './schema'

export type Schemas = components['schemas']
/** All of one dwelling that the phone may hold. */
export type Household = Schemas['HouseholdEntry']
export type Elder = Schemas['CaseloadElder']
export type Reference = Schemas['CaseloadReference']
export type WeekGoal = Schemas['WeekGoal']
export type Problem = Pick<Schemas['ProblemBody'], 'code' | 'title' | 'detail' | 'fields'>

/** The JSON body of an operation. */
export type BodyOf<K extends keyof operations> = operations[K] extends {
  requestBody?: { content: { 'application/json': infer B } }
}
  ? B
  : never
