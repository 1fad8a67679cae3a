/** What pages use of the phone's storage, its outbox and its caseload. */
import { sessionExpired } from '@/session/tokens'
import { storage, storageFull } from './storage'
import { lastContact, online, syncing } from './sync'

export { listDrafts, useElder, useHousehold, useHouseholds, useOutbox, useProgress, useReference, waitingFor } from './cache'
export type { DraftLine, OutboxEntry } from './cache'
export { newId, now } from './clock'
export { openDraft, type Draft } from './drafts'
export type { NewEntry, OperationName, OutboxBody } from './operations'
export { giveUp, mend, record, sendAgain } from './outbox'
export { dropPhoto, keepPhoto, photoUrl, revokePhotoUrl } from './photos'
export { syncNow } from './sync'

/** How phone and service stand to each other. */
export const useConnection = () => ({ online, lastContact, sessionExpired, syncing, storage, storageFull })
