/** Photos: made small on the phone, sealed, and kept until the service has them. */
import { now, newId } from './clock'
import { db } from './db'
import { openBytes, seal } from './seal'
import { reportStorage } from './storage'

const LONGEST_SIDE = 1600
const QUALITY = 0.7

/** The picture as a JPEG of at most 1,600 pixels a side; drawing it anew also leaves behind where it was taken. */
async function small(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the picture cannot be drawn'))), 'image/jpeg', QUALITY)
  })
}

/** Keeps a picture; its id is the attachment's id. Rejects what is no picture, and where there is no room. */
export async function keepPhoto(file: Blob): Promise<string> {
  const bytes = await (await small(file)).arrayBuffer()
  const id = newId()
  const sealed = await seal(bytes)
  try {
    await db.photos.add({ id, state: 'kept', kept_at: now(), sealed })
  } catch (error) {
    reportStorage(error)
    throw error
  }
  return id
}

/** A `blob:` address of a kept picture; give it back with `revokePhotoUrl`. */
export async function photoUrl(id: string): Promise<string | null> {
  const row = await db.photos.get(id)
  return row ? URL.createObjectURL(new Blob([await openBytes(row.sealed)], { type: 'image/jpeg' })) : null
}

export const revokePhotoUrl = (url: string): void => URL.revokeObjectURL(url)

/** Drops a picture that only a form named. */
export async function dropPhoto(id: string): Promise<void> {
  await db.photos.where('id').equals(id).and((photo) => photo.state === 'kept').delete()
}

/** A picture that neither a form nor an item names any more, because its form was thrown away, is dropped after a week. */
export async function sweepPhotos(at = Date.now()): Promise<void> {
  // Which pictures an open form names lies sealed in it: while there is one, none is dropped.
  if ((await db.drafts.count()) > 0) return
  const named = new Set((await db.outbox.toArray()).flatMap((row) => row.photos))
  const old = new Date(at - 7 * 86_400_000).toISOString()
  await db.photos.filter((photo) => photo.kept_at < old && photo.state !== 'waiting' && !named.has(photo.id)).delete()
}
