/** What Node lacks of a browser for the unit tests: IndexedDB, and where the page came from. */
import 'fake-indexeddb/auto'

Object.assign(globalThis, { location: { origin: 'http://127.0.0.1' } })
