import {
  type ActorDef,
  ActorError,
  type BarArena,
  BarWriter,
  defineActor,
  type Signal,
} from '../../../src/kernel/index.ts'

export interface PuppetApi {
  note(value: unknown): void
  noted(query: null): unknown[]
  echo(value: unknown): unknown
  /** Keeps its handler busy for so many ms without holding the thread. */
  hold(ms: number): void
  holdAsked(ms: number): Promise<string>
  bar(bar: { readonly tf: string; readonly c: number }): void
  quote(quote: { readonly price: number; readonly side: string }): void
  telemetry(value: number): void
  order(value: number): void
  crash(why: string): void
  crashAsked(why: string): Promise<void>
  crashInTimer(why: string): void
  exit(code: number): void
  stray(why: string): void
  spin(query: null): void
  never(query: null): Promise<void>
  /** Blocks the thread without using it. */
  block(query: null): void
  /** Fills the heap with small objects. */
  hoard(query: null): void
  overflowStack(depth: number): Promise<number>
  /** Tells that path so many notes, then answers. */
  pour(stream: { readonly to: string; readonly count: number }): Promise<number>
  /** So many round trips with that path; answers how many ms they took. */
  pingPong(game: { readonly to: string; readonly count: number }): Promise<number>
  now(query: null): number
  supervisorAgeMs(query: null): number
  /** Waits without the loop, then says how old the supervisor's beat was. */
  watchSupervisor(ms: number): Promise<number>
  writeBars(series: { readonly arena: BarArena; readonly isTorn: boolean }): void
  log(message: string): void
  epoch(query: null): number
  self(query: null): { readonly epoch: number; readonly from: string; readonly leftMs: number }
  /** Asks another; answers what came of it. */
  relay(hop: Hop): Promise<unknown>
  /** Tells another, and what came of that. */
  pass(hop: { readonly to: string; readonly arg: unknown }): Promise<unknown>
  watch(path: string): void
  signals(query: null): Signal[]
  spawnChild(path: string): Promise<string>
  /** Fails at once, and tells that path afterwards all the same. */
  ghost(to: string): void
  say(name: string): void
  function(query: null): Promise<unknown>
  every(ms: number): void
}

export interface Hop {
  readonly to: string
  readonly timeoutMs: number
  readonly onward?: Hop
}

export interface PuppetProps {
  readonly failsToStart?: boolean
  readonly startMs?: number
  /** Path that is told of the hooks. */
  readonly journal?: string
  readonly drainMs?: number
  /** Its first note is what was released in this thread before it was created. */
  readonly notesReleases?: boolean
}

/** What a thread holds outside its actors: a port, a file, a connection. */
const released: string[] = []

const puppet: ActorDef<PuppetApi, PuppetProps> = defineActor<PuppetApi, PuppetProps>(import.meta.url, {
  name: 'puppet',
  mailbox: {
    capacity: 100,
    window: 4,
    overflow: { bar: 'conflate', quote: 'conflate', telemetry: 'drop-oldest', order: 'fail' },
    conflateBy: { bar: 'tf', quote: ({ side }) => side },
  },
  supervise: { limits: { handlerMs: 3_000, hungMs: 400, stopMs: 300, startMs: 2_000 } },
  async create(context, props) {
    const notes: unknown[] = []
    const signals: Signal[] = []
    if (props.notesReleases === true) notes.push(released.filter((one) => one.startsWith(context.path)))
    const journal = props.journal === undefined ? undefined : context.ref<PuppetApi>(props.journal)
    if (props.failsToStart === true) throw new ActorError('NO_START', 'it does not start')
    if (props.startMs !== undefined) await context.clock.sleep(props.startMs)
    journal?.tell('note', `created ${context.epoch}`)
    return {
      note: (value) => void notes.push(value),
      noted: () => notes,
      echo: (value) => value,
      async hold(ms) {
        await context.clock.sleep(ms)
        notes.push('held')
      },
      async holdAsked(ms) {
        await context.clock.sleep(ms)
        return 'held'
      },
      bar: (bar) => void notes.push(bar),
      quote: (quote) => void notes.push(quote),
      telemetry: (value) => void notes.push(value),
      order: (value) => void notes.push(value),
      crash(why) {
        throw new Error(why)
      },
      async crashAsked(why) {
        throw new ActorError('CRASHED', why, { epoch: context.epoch }, { cause: new Error('the cause') })
      },
      crashInTimer(why) {
        context.clock.timeout(5, () => {
          throw new Error(why)
        })
      },
      exit: (code) => process.exit(code),
      stray(why) {
        setTimeout(() => {
          throw new Error(why)
        })
      },
      spin() {
        for (;;);
      },
      never: () => new Promise(() => {}),
      block: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
      hoard() {
        const kept: unknown[] = []
        for (;;) kept.push({ n: kept.length, text: String(kept.length) })
      },
      async overflowStack(depth) {
        const deeper = (n: number): number => deeper(n + 1) + 1
        return deeper(depth)
      },
      async pour({ to, count }) {
        const other = context.ref<PuppetApi>(to)
        for (let n = 0; n < count; n++) other.tell('note', n)
        return count
      },
      async pingPong({ to, count }) {
        const other = context.ref<PuppetApi>(to)
        const startedAt = context.clock.monotonic()
        for (let n = 0; n < count; n++) await other.ask('echo', n, { timeoutMs: 2_000 })
        return context.clock.monotonic() - startedAt
      },
      now: () => context.clock.now(),
      supervisorAgeMs: () => context.supervisorAgeMs(),
      async watchSupervisor(ms) {
        await new Promise((resolve) => void setTimeout(resolve, ms))
        return context.supervisorAgeMs()
      },
      writeBars({ arena, isTorn }) {
        const writer = new BarWriter(arena, 0, context.epoch)
        writer.form({ t: 1, o: 1, h: 1, l: 1, c: 1, v: 1 })
        if (isTorn) Atomics.add(new Int32Array(arena.buffer), 0, 1)
      },
      log: (message) => context.log.info(message),
      epoch: () => context.epoch,
      self: (_, meta) => ({
        epoch: context.epoch,
        from: meta.from,
        leftMs: meta.deadline - context.clock.monotonic(),
      }),
      async relay({ to, timeoutMs, onward }) {
        const next = context.ref<PuppetApi>(to)
        const answer = onward
          ? next.ask('relay', onward, { timeoutMs })
          : next.ask('self', null, { timeoutMs })
        return answer.catch((error: unknown) => (error as ActorError).code)
      },
      pass: async ({ to, arg }) => context.ref<PuppetApi>(to).tell('note', arg),
      watch: (path) => context.watch({ path }),
      signals: () => signals,
      async spawnChild(path) {
        const child = await context.spawn(puppet, { path, props: {} })
        return child.path
      },
      ghost(to) {
        const other = context.ref<PuppetApi>(to)
        void context.clock.sleep(0)
        queueMicrotask(() => queueMicrotask(() => other.tell('note', 'from the grave')))
        setImmediate(() => other.tell('note', 'from the grave'))
        throw new Error('dead')
      },
      say: (name) => context.state(name),
      function: () => Promise.resolve({ deep: { of: () => 1 } }),
      every: (ms) => void context.clock.interval(ms, () => void notes.push('tick')),
      onSignal: (signal) => void signals.push(signal),
      async drain() {
        if (props.drainMs !== undefined) await context.clock.sleep(props.drainMs)
        journal?.tell('note', `drained with ${notes.length}`)
      },
      async stop(why) {
        journal?.tell('note', `stopped: ${why}`)
        await Promise.resolve()
        if (props.notesReleases === true) released.push(`${context.path} ${context.epoch}`)
      },
    }
  },
})

export default puppet
