/** Records what was done about a hazard, and says so. */
import { translate } from '@/i18n'
import { record, type NewEntry } from '@/offline'
import { say } from '@/ui/say'

export async function keep(entry: NewEntry, options: { draft?: string } = {}): Promise<void> {
  await record([entry], options)
  say(translate('work.recorded'))
}
