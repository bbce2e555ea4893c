import { readFile, readdir } from 'node:fs/promises'

interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  readonly command: string
  readonly residentBytes: number
}

/** All processes that this machine shows; empty where there is no /proc. */
export async function processes(): Promise<readonly ProcessInfo[]> {
  const names = await readdir('/proc').catch(() => [])
  const found = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((name) => infoOf(Number(name))),
  )
  return found.filter((each) => each !== undefined)
}

/** It and all that it started. */
export function familyOf(pid: number, all: readonly ProcessInfo[]): readonly ProcessInfo[] {
  const children = all.filter((each) => each.parent === pid)
  const itself = all.filter((each) => each.pid === pid)
  return [...itself, ...children.flatMap((each) => familyOf(each.pid, all))]
}

async function infoOf(pid: number): Promise<ProcessInfo | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
    const numberOf = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    return { pid, parent: numberOf('PPid'), command, residentBytes: numberOf('VmRSS') * 1_024 }
  } catch {
    // Gone between the look at the list and the look at it.
    return undefined
  }
}
