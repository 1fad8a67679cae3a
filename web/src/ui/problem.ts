/** What a refusal means, in plain words with what to do; the service's own sentence where there are none. */
import type { Problem } from '@/api/types'
import { hasText, translate } from '@/i18n'

export function explain(problem: Problem): string {
  const key = `errors.${problem.code}`
  const said = hasText(key) ? translate(key) : (problem.detail ?? problem.title)
  const fields = (problem.fields ?? []).map((field) => `${field.field}: ${field.message}`)
  return fields.length > 0 ? `${said} (${fields.join('; ')})` : said
}
