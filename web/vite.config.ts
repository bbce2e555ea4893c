import { preact } from '@preact/preset-vite'
import { defineConfig } from 'vite'

/** The page is served by the platform itself, so there is one origin, no inline script and no inlined asset. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: 'public',
  plugins: [preact()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // A data: address would need a hole in the content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: 'http://127.0.0.1:8787', ws: true } },
  },
})
