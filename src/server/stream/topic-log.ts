import { present } from '../../lib/index.ts'
import type { Topics } from '../../wire/index.ts'

/**
 * What the screen shows, as text that is written once, and since which revision it is so. Revisions only grow; a client
 * that has seen everything up to one is brought up to date by what changed after it.
 */
export interface TopicLog {
  readonly revision: number
  /** Takes the newest state: a new revision, and what differs belongs to it. */
  advance(topics: Topics): void
  /** A new revision in which nothing changed. */
  pass(): void
  /** The whole state, with the decisions that the screen shows now. */
  all(): Changes
  /** Undefined when the log does not go back that far: then only a new snapshot helps. */
  since(revision: number): Changes | undefined
}

export interface Changes {
  readonly isEmpty: boolean
  /** JSON object of the changed topics, without decisions. */
  readonly topics: string
  /** JSON array of new and changed decisions, newest first. */
  readonly decisions: string
}

/** Decisions kept for clients that lag: hundreds of times what thirty seconds can bring. */
const DECISIONS_MAX = 2_000

interface Entry {
  /** The object that was written: the same one again needs no second look. */
  source: unknown
  readonly json: string
  readonly revision: number
  /** Of a decision; 0 for a topic. */
  readonly seq: number
}

/** `first` must lie above every revision of an earlier run, so that those are recognised as unknown. */
export function createTopicLog(first: number): TopicLog {
  let revision = first
  /** The log is complete for clients that have seen this revision. */
  let completeFrom = first
  let window: readonly string[] = []
  const topicEntries = new Map<string, Entry>()
  const decisionEntries = new Map<string, Entry>()
  const changesCache = new Map<number, Changes>()

  function pass(): void {
    revision += 1
    changesCache.clear()
  }

  function advance(topics: Topics): void {
    pass()
    for (const [name, topic] of Object.entries(topics)) {
      if (name !== 'decisions') update(topicEntries, name, topic, 0)
    }
    for (const row of topics.decisions) update(decisionEntries, row.id, row, row.seq)
    window = topics.decisions.map((row) => row.id)
    forgetOldDecisions()
  }

  function update(entries: Map<string, Entry>, key: string, source: unknown, seq: number): void {
    const known = entries.get(key)
    if (known !== undefined && known.source === source) return
    const json = JSON.stringify(source)
    if (known !== undefined && known.json === json) {
      known.source = source
      return
    }
    // Deleted first, so that the map stays in the order of the last change.
    entries.delete(key)
    entries.set(key, { seq, source, json, revision })
  }

  function forgetOldDecisions(): void {
    if (decisionEntries.size <= DECISIONS_MAX) return
    const shown = new Set(window)
    for (const [id, entry] of decisionEntries) {
      if (decisionEntries.size <= DECISIONS_MAX) return
      if (shown.has(id)) continue
      decisionEntries.delete(id)
      completeFrom = Math.max(completeFrom, entry.revision)
    }
  }

  function since(seen: number): Changes | undefined {
    if (seen < completeFrom || seen > revision) return undefined
    const known = changesCache.get(seen)
    if (known !== undefined) return known
    const topics = [...topicEntries].filter(([, entry]) => entry.revision > seen)
    const decisions = [...decisionEntries.values()].filter((entry) => entry.revision > seen)
    const changes = {
      isEmpty: topics.length === 0 && decisions.length === 0,
      topics: objectOf(topics),
      decisions: arrayOf(decisions.sort((a, b) => b.seq - a.seq)),
    }
    changesCache.set(seen, changes)
    return changes
  }

  function all(): Changes {
    const decisions = window.map((id) => present(decisionEntries.get(id), `decision ${id} of the window`))
    return { isEmpty: false, topics: objectOf([...topicEntries]), decisions: arrayOf(decisions) }
  }

  return {
    get revision() {
      return revision
    },
    advance,
    pass,
    all,
    since,
  }
}

function objectOf(entries: readonly (readonly [string, Entry])[]): string {
  return `{${entries.map(([name, { json }]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}

function arrayOf(entries: readonly Entry[]): string {
  return `[${entries.map(({ json }) => json).join(',')}]`
}
