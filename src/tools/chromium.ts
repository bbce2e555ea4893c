import { existsSync } from 'node:fs'

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The installed browser: CHROME_PATH, else the first of the usual places; undefined when there is none. */
export function findChromium(): string | undefined {
  const named = process.env['CHROME_PATH']
  return [...(named === undefined ? [] : [named]), ...USUAL_PLACES].find((path) => existsSync(path))
}

/** A container's root cannot use the sandbox; the rest keeps the browser off the network. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
