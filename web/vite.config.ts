import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig } from 'vitest/config'
import pkg from './package.json' with { type: 'json' }

export default defineConfig({
  define: { __APP_VERSION__: JSON.stringify(pkg.version) },
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  plugins: [
    vue(),
    VitePWA({
      // A new version waits until the steward says so: nobody's visit is interrupted by an update.
      registerType: 'prompt',
      // The page that shows the prompt registers the worker; an inline script would break the content policy.
      injectRegister: null,
      manifest: {
        name: '幸福养老管家',
        short_name: '养老管家',
        lang: 'zh-CN',
        start_url: '/',
        display: 'standalone',
        background_color: '#fbf8f2',
        theme_color: '#1d5c4f',
        icons: [
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
          { src: '/icon-maskable.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'maskable' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg}'],
        navigateFallback: '/index.html',
        navigateFallbackDenylist: [/^\/(api|healthz|readyz|metrics)/],
        // Data lives sealed in the app's own tables; the worker never keeps an answer of the API.
        runtimeCaching: [],
        cleanupOutdatedCaches: true,
        // From the first log-in on, without a reload, pages come from the phone.
        clientsClaim: true,
      },
    }),
  ],
  // No inlined assets: the content policy of the server allows what it serves itself.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
  test: { include: ['src/**/*.test.ts'], environment: 'node', setupFiles: ['src/offline/setup.test-env.ts'] },
})
