import { defineActor } from '../../../src/kernel/index.ts'

export interface EchoApi {
  note(value: number): void
  noted(query: null): number[]
  echo(value: unknown): unknown
  crash(why: string): void
  crashAsked(why: string): Promise<void>
  spin(ms: null): void
  exit(code: number): void
  stray(why: string): void
  never(q: null): Promise<void>
}

export default defineActor<EchoApi, { readonly start?: number }>(import.meta.url, {
  name: 'echo',
  create(context, props) {
    const notes: number[] = props.start === undefined ? [] : [props.start]
    return {
      note: (value) => void notes.push(value),
      noted: () => notes,
      echo: (value) => value,
      crash(why) {
        throw new Error(why)
      },
      crashAsked(why) {
        throw Object.assign(new Error(why), { code: 'CRASHED', data: { epoch: context.epoch } })
      },
      spin() {
        for (;;);
      },
      exit: (code) => process.exit(code),
      stray(why) {
        setTimeout(() => {
          throw new Error(why)
        })
      },
      never: () => new Promise(() => {}),
    }
  },
})
