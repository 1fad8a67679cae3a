/** How a policy is called: by the elder's own list, or by those in force. */
import type { Elder, Reference } from '@/api/types'

export function policyTitle(id: string, elder: Pick<Elder, 'policies'>, reference: Reference | null | undefined, locale: string): string {
  const content = reference?.policies.find((policy) => policy.id === id)?.content
  if (content) return locale === 'en' ? content.title_en : content.title_zh
  return elder.policies.find((policy) => policy.policy_id === id)?.title_zh ?? ''
}
