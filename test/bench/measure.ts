/** Clocks and medians. Ours and its reference take turns, so that what else the machine does falls on both. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface Pair {
  readonly ours: number
  readonly reference: number
}

type Measured = () => number | Promise<number>

export const nowNs = (): number => Number(process.hrtime.bigint())

/** Medians of so many rounds; in each the two are measured one after the other, in changing order. */
export async function alternate(
  rounds: number,
  sides: { readonly ours: Measured; readonly reference: Measured },
): Promise<Pair> {
  const ours: number[] = []
  const reference: number[] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) ours.push(await sides.ours())
    reference.push(await sides.reference())
    if (round % 2 === 1) ours.push(await sides.ours())
  }
  return { ours: median(ours), reference: median(reference) }
}

/** Nanoseconds of one call, over so many milliseconds. */
export function nsPerCall(run: (index: number) => void, { batch = 1_000, ms = 120 } = {}): number {
  for (let index = 0; index < batch * 3; index++) run(index)
  const from = nowNs()
  let calls = 0
  for (const end = from + ms * 1e6; nowNs() < end; calls += batch)
    for (let index = 0; index < batch; index++) run(index)
  return (nowNs() - from) / calls
}

/** Microseconds of each call, one after the other, over so many milliseconds. */
export async function microsecondsEach(
  run: (index: number) => Promise<unknown>,
  { ms = 250, warmMs = 50 } = {},
): Promise<number[]> {
  let index = 0
  for (const end = nowNs() + warmMs * 1e6; nowNs() < end;) await run(index++)
  const taken: number[] = []
  for (const end = nowNs() + ms * 1e6; ;) {
    const from = nowNs()
    if (from >= end) return taken
    await run(index++)
    taken.push((nowNs() - from) / 1e3)
  }
}

/** Calls a second with so many outstanding all the time. */
export async function perSecond(
  run: (index: number) => Promise<unknown>,
  { outstanding, ms = 250 }: { readonly outstanding: number; readonly ms?: number },
): Promise<number> {
  const from = nowNs()
  const end = from + ms * 1e6
  let done = 0
  const lane = async (): Promise<void> => {
    while (nowNs() < end) {
      await run(done)
      done++
    }
  }
  await Promise.all(Array.from({ length: outstanding }, lane))
  return done / ((nowNs() - from) / 1e9)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Bytes of live objects, after everything that is not has been collected. */
export function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
