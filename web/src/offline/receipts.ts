/** What the service has confirmed. */
import { dayOf } from './clock'
import { db } from './db'

/** Items that it received today. */
export const receivedToday = (): Promise<number> => db.receipts.where('day').equals(dayOf(Date.now())).count()
