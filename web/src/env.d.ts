/// <reference types="vite/client" />
/// <reference types="vite-plugin-pwa/vue" />
/** The app's own version, from package.json. */
declare const __APP_VERSION__: string
