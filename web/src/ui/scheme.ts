/** Light, dark, or as the phone is set. */
export type Scheme = 'auto' | 'light' | 'dark'

const STORED = 'steward.scheme'

export function preferredScheme(): Scheme {
  const stored = localStorage.getItem(STORED)
  return stored === 'light' || stored === 'dark' ? stored : 'auto'
}

export function setScheme(scheme: Scheme): void {
  localStorage.setItem(STORED, scheme)
  if (scheme === 'auto') delete document.documentElement.dataset.scheme
  else document.documentElement.dataset.scheme = scheme
}
