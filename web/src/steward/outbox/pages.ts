/** Which page fills in the form of a draft. */
export function pageOf(key: string): string | undefined {
  const [kind, id, household] = key.split(':')
  switch (kind) {
    case 'visit':
      return `/visits/new/${id}`
    case 'correct':
      return `/visits/${id}/correct/${household}`
    case 'followup':
      return `/follow-ups/${id}`
    case 'carebed':
      return `/care-beds/${id}`
    case 'publicity':
      return '/publicity'
    default:
      return undefined
  }
}
