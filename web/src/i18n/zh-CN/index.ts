import care from './care'
import common from './common'
import elder from './elder'
import errors from './errors'
import session from './session'
import today from './today'
import visit from './visit'
import words from './words'
import work from './work'

export default { common, words, errors, session, today, elder, visit, work, care } as const
