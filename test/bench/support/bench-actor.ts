/** The actor that the kernel's suite talks to: it does next to nothing, so that what is measured is the kernel. */
import { type ActorDef, type BarArena, BarReader, defineActor } from '../../../src/kernel/index.ts'
import type { BarMessage } from './bar-message.ts'

export interface BenchApi {
  echo(bar: BarMessage): BarMessage
  note(bar: BarMessage): void
  noted(query: null): number
  ring(news: { readonly root: string }): void
  /** Ends the thread; the ask for it ends as a crash ends it. */
  exit(code: number): Promise<void>
  spin(query: null): void
  /** Keeps the thread for so many ms. */
  block(ms: number): void
}

export interface BenchProps {
  /** What a reader that is rung looks at, and where it says when it had looked. */
  readonly reads?: { readonly arena: BarArena; readonly stamps: SharedArrayBuffer; readonly place: number }
}

const benchActor: ActorDef<BenchApi, BenchProps> = defineActor<BenchApi, BenchProps>(import.meta.url, {
  name: 'bench',
  create(_, { reads }) {
    let notes = 0
    const reader = reads && new BarReader(reads.arena, 0)
    const times = reads && new Float64Array(reads.stamps, 8)
    const arrived = reads && new Int32Array(reads.stamps, 0, 1)
    return {
      echo: (bar) => bar,
      note: () => void notes++,
      noted: () => notes,
      ring() {
        reader?.newest()
        if (times !== undefined && reads !== undefined) times[reads.place] = Number(process.hrtime.bigint())
        if (arrived !== undefined) Atomics.add(arrived, 0, 1)
      },
      exit: async (code) => process.exit(code),
      spin() {
        for (;;);
      },
      block: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
    }
  },
})

export default benchActor
