import { type ReadonlySignal, type Signal, batch, signal } from '@preact/signals'
import type { DecisionRow, InstrumentInfo, Snapshot, StreamMessage, Topics } from '../../../src/wire/index.ts'

type Held = { readonly [Name in keyof Topics]: ReadonlySignal<Topics[Name] | null> }

/** What the platform said last, one signal a topic; null until it said anything. Nothing else writes them. */
export interface TopicStore extends Held {
  readonly instruments: ReadonlySignal<readonly InstrumentInfo[]>
  readonly version: ReadonlySignal<string | null>
  /** The platform was replaced under the open page: its version now, while the page is still of the first. */
  readonly newerVersion: ReadonlySignal<string | null>
  readonly seq: ReadonlySignal<number | null>
  take(snapshot: Snapshot): void
  apply(message: Pick<StreamMessage, 'seq' | 'changes' | 'decisions'>): void
  instrument(root: string): InstrumentInfo | undefined
}

const DECISIONS_MAX = 200

export function createTopics(): TopicStore {
  const held: { [Name in keyof Topics]: Signal<Topics[Name] | null> } = {
    header: signal(null),
    scanner: signal(null),
    positions: signal(null),
    orders: signal(null),
    fills: signal(null),
    decisions: signal(null),
    truth: signal(null),
    actors: signal(null),
    conditions: signal(null),
  }
  const instruments = signal<readonly InstrumentInfo[]>([])
  const version = signal<string | null>(null)
  const newerVersion = signal<string | null>(null)
  const seq = signal<number | null>(null)

  function put<Name extends keyof Topics>(name: Name, value: Topics[Name] | undefined): void {
    if (value !== undefined) held[name].value = value
  }

  return {
    ...held,
    instruments,
    version,
    newerVersion,
    seq,
    take(snapshot) {
      batch(() => {
        instruments.value = snapshot.instruments
        if (version.value === null) version.value = snapshot.version
        else newerVersion.value = snapshot.version === version.value ? null : snapshot.version
        seq.value = snapshot.seq
        for (const name of TOPIC_NAMES) put(name, snapshot.topics[name])
      })
    },
    apply(message) {
      batch(() => {
        seq.value = message.seq
        for (const name of TOPIC_NAMES) if (name !== 'decisions') put(name, message.changes[name])
        if (message.decisions.length > 0) {
          held.decisions.value = mergeDecisions(held.decisions.value ?? [], message.decisions)
        }
      })
    },
    instrument: (root) => instruments.value.find((each) => each.root === root),
  }
}

/** A decision that is known already is replaced by its newer form; newest first, bounded. */
export function mergeDecisions(
  known: readonly DecisionRow[],
  news: readonly DecisionRow[],
): readonly DecisionRow[] {
  const byId = new Map(known.map((each) => [each.id, each]))
  for (const each of news) byId.set(each.id, each)
  return [...byId.values()].sort((a, b) => b.seq - a.seq).slice(0, DECISIONS_MAX)
}

const TOPIC_NAMES = [
  'header',
  'scanner',
  'positions',
  'orders',
  'fills',
  'decisions',
  'truth',
  'actors',
  'conditions',
] as const satisfies readonly (keyof Topics)[]
