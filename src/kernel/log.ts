import { writeSync } from 'node:fs'

export type Fields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

/** The default export of a module named in `createSystem({ logger })`: called inside each thread, by actor path. */
export type MakeLogger = (name: string) => Logger

/**
 * One JSON line to standard error. It writes to the descriptor itself: a worker's console passes through the main
 * thread's loop and would be silent exactly when that loop hangs.
 */
export function jsonLogger(now: () => number): MakeLogger {
  return (name) => {
    const line =
      (level: string) =>
      (message: string, fields: Fields = {}): void => {
        try {
          writeSync(2, `${JSON.stringify({ at: now(), level, name, message, ...fields })}\n`)
        } catch {
          // A full pipe or a field that is not JSON must not fail the actor that logs.
        }
      }
    return { debug: () => {}, info: line('info'), warn: line('warn'), error: line('error') }
  }
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }
export const silentLogger: MakeLogger = () => SILENT
