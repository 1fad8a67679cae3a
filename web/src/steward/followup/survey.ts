/** The survey as it is filled in. */
import type { Schemas } from '@/api/types'

export const DIMENSIONS = ['content', 'attitude', 'quality', 'efficiency'] as const
type Satisfaction = Schemas['Satisfaction']

export type SurveyDraft = Record<(typeof DIMENSIONS)[number], Satisfaction | null> & {
  reached: 'yes' | 'no'
  channel: Schemas['FollowupChannel']
  words: string
}

export const blankSurvey = (channel: Schemas['FollowupChannel']): SurveyDraft => ({
  content: null,
  attitude: null,
  quality: null,
  efficiency: null,
  reached: 'yes',
  channel,
  words: '',
})

/** The four answers; null while one is missing. */
export function answersOf(draft: SurveyDraft): Schemas['SurveyAnswers'] | null {
  const { content, attitude, quality, efficiency } = draft
  return content && attitude && quality && efficiency ? { content, attitude, quality, efficiency } : null
}

/** One dissatisfied dimension has it done again. */
export const isRework = (draft: SurveyDraft): boolean => DIMENSIONS.some((dimension) => draft[dimension] === 'dissatisfied')

/** What goes with a survey: who was not reached gave no answers. Null while an answer is missing. */
export function surveyOf(draft: SurveyDraft): { channel: Schemas['FollowupChannel']; answers: Schemas['SurveyAnswers'] | null; words: string } | null {
  const answers = draft.reached === 'yes' ? answersOf(draft) : null
  if (draft.reached === 'yes' && !answers) return null
  return { channel: draft.channel, answers, words: draft.reached === 'yes' ? draft.words.trim() : '' }
}
