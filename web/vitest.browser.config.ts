/** The app in headless Chromium against the real service: one service for the run, a phone and an account of its own for each test. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.browser.ts'],
    globalSetup: ['tests/service.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: a second browser beside the first is what they bear.
    maxWorkers: 2,
  },
})
