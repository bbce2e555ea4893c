import { fileURLToPath } from 'node:url'
import { preact } from '@preact/preset-vite'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))
const slow = { testTimeout: 60_000, hookTimeout: 120_000 }

export default defineConfig({
  root,
  test: {
    projects: [
      {
        test: {
          name: 'node',
          root,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.dom.test.{ts,tsx}', 'test/e2e/**'],
          pool: 'forks',
          ...slow,
        },
      },
      {
        plugins: [preact()],
        test: {
          name: 'dom',
          root,
          include: ['test/**/*.dom.test.{ts,tsx}'],
          environment: 'happy-dom',
          pool: 'forks',
        },
      },
      {
        // Whole systems on real ports: one after the other, so that two cores are enough for each.
        test: {
          name: 'e2e',
          root,
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 400_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
