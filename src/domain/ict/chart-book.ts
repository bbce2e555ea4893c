import type { Timeframe } from '../bar.ts'
import type { ChartObject } from '../signal.ts'
import type { Direction, EpochMs } from '../units.ts'
import type { IctEvent } from './event.ts'
import { poolLabel } from './pool-label.ts'

/** More than a chart can show; the oldest that are over leave first. */
const OBJECTS_MAX = 200

/**
 * What a chart draws of one stream. An object appears when it is known and stays where it is; what ends it
 * only sets `endedAt`. Ids say what a thing is, so a restart gives the same ones.
 */
export class ChartBook {
  readonly #timeframe: Timeframe
  /** By the id of the event that made each, which later events refer to; in order of appearance. */
  readonly #objects = new Map<number, ChartObject>()

  constructor(timeframe: Timeframe) {
    this.#timeframe = timeframe
  }

  /** The objects that the events of one bar created or ended, each in its newest state. */
  apply(events: readonly IctEvent[]): readonly ChartObject[] {
    const changed = new Map<string, ChartObject>()
    for (const event of events) {
      for (const each of [this.#end(event), this.#create(event)]) {
        if (each !== undefined) changed.set(each.id, each)
      }
    }
    return [...changed.values()]
  }

  objects(): readonly ChartObject[] {
    return [...this.#objects.values()]
  }

  #create(event: IctEvent): ChartObject | undefined {
    const object = objectOf(event, this.#timeframe)
    if (object === undefined) return undefined
    this.#objects.set(event.id, object)
    if (this.#objects.size > OBJECTS_MAX) this.#dropOldest()
    return object
  }

  /** A filled gap, a swept or broken level: it stays, faded, with the time. */
  #end({ kind, ref, knownAt }: IctEvent): ChartObject | undefined {
    if (!ENDINGS.has(kind)) return undefined
    const object = this.#objects.get(ref)
    if (object === undefined || object.endedAt !== null) return undefined
    const ended: ChartObject = { ...object, endedAt: knownAt }
    this.#objects.set(ref, ended)
    return ended
  }

  #dropOldest(): void {
    let oldest: number | undefined
    for (const [id, { endedAt, kind }] of this.#objects) {
      oldest ??= id
      // A break or a sweep is over when it is known.
      if (endedAt === null && (kind === 'swing' || kind === 'fvg' || kind === 'session')) continue
      oldest = id
      break
    }
    if (oldest !== undefined) this.#objects.delete(oldest)
  }
}

const ENDINGS: ReadonlySet<IctEvent['kind']> = new Set([
  'FVG_FILL',
  'FVG_INVERT',
  'FVG_EXPIRE',
  'SWEEP',
  'RUN',
  'LEVEL_EXPIRE',
])

/** Blocks and the life of gaps are not drawn: the chart has no kind for them. */
function objectOf(event: IctEvent, timeframe: Timeframe): ChartObject | undefined {
  const { kind, direction, extra, pool, degree } = event
  if (direction === 0) return undefined
  if (kind === 'SWING') return draw(event, direction, timeframe, 'swing', extra === '' ? 'swing' : extra)
  if (kind === 'BOS') return draw(event, direction, timeframe, 'bos', 'BOS')
  if (kind === 'CHOCH') return draw(event, direction, timeframe, 'choch', extra === 'mss' ? 'MSS' : 'CHoCH')
  if (kind === 'FVG') return draw(event, direction, timeframe, 'fvg', 'FVG')
  if (pool === '') return undefined
  if (kind === 'LEVEL') return draw(event, direction, timeframe, 'session', poolLabel(pool, direction, ''))
  if (kind !== 'SWEEP') return undefined
  const name = poolLabel(pool, direction === 1 ? -1 : 1, degree)
  return draw(event, direction, timeframe, 'sweep', `${name} swept`)
}

function draw(
  event: IctEvent,
  direction: Direction,
  timeframe: Timeframe,
  kind: ChartObject['kind'],
  label: string,
): ChartObject {
  const { anchorT, knownAt, degree, pool, p1 } = event
  const other = event.p2 ?? p1
  const way = direction === 1 ? 'up' : 'down'
  const from = pool === '' ? '' : `${pool}-`
  const size = degree === '' ? '' : `${degree}-`
  return {
    id: `${timeframe}-${kind}-${from}${size}${way}-${stamp(anchorT)}-${stamp(knownAt)}`,
    kind,
    direction,
    degree,
    formedAt: anchorT,
    knownAt,
    top: Math.max(p1, other),
    bottom: Math.min(p1, other),
    endedAt: null,
    label,
  }
}

/** Minutes since 1970: no two bars of a stream share one. */
function stamp(t: EpochMs): string {
  return String(Math.floor(t / 60_000))
}
