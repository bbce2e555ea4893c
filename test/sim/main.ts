/**
 * `npm run sim -- [--seed S] [--minutes N] [--instruments A,B] [--faults] [--busy] [--json]`: the whole platform in one thread
 * on a virtual clock. Exit code 1 when an invariant broke.
 */
import { parseArgs } from 'node:util'
import { findInstrument } from '../../src/domain/index.ts'
import { DEFAULT_SEED, DEFAULT_START } from '../../src/gateway/index.ts'
import { type Result, failed, ok } from '../../src/lib/index.ts'
import { seededFaults } from './faults.ts'
import { type Simulation, type SimulationOptions, simulate } from './world.ts'

const DEFAULT_MINUTES = 100
const MINUTES_MAX = 10_000
const DEFAULT_INSTRUMENTS = 'MES,MNQ,MYM,M2K,MCL,MGC,6E'

interface Asked {
  readonly options: Omit<SimulationOptions, 'onDecision'>
  readonly isJson: boolean
}

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const asked = read(args)
  if (!asked.ok) {
    console.error(asked.error)
    return 1
  }
  const { options, isJson } = asked.value
  const simulation = await simulate({
    ...options,
    onDecision: (line) => console.log(isJson ? JSON.stringify({ decision: line }) : line),
  })
  console.log(isJson ? JSON.stringify(simulation.summary) : inWords(simulation, options.faults !== undefined))
  for (const line of accusations(simulation)) console.error(line)
  return simulation.violations.length === 0 ? 0 : 1
}

function inWords({ summary, faults }: Simulation, hasFaults: boolean): string {
  const { seed, minutes, decisions, permitted, filled, violations, hash } = summary
  return [
    `seed ${seed}, ${minutes} virtual minutes${hasFaults ? ', with faults' : ''}: ${decisions} decisions, ` +
      `${permitted} permitted, ${filled} filled, ${violations} violations`,
    ...(hasFaults ? [`faults ${JSON.stringify(faults)}`] : []),
    `hash ${hash}`,
  ].join('\n')
}

function accusations({ summary, violations, trail }: Simulation): readonly string[] {
  if (violations.length === 0) return []
  return [
    ...violations.map(
      ({ invariant, detail, at }) =>
        `seed ${summary.seed}: ${invariant} broke at ${new Date(Math.floor(at)).toISOString()}: ${detail}`,
    ),
    'the last events:',
    ...trail.map((each) => `  ${each}`),
  ]
}

function read(args: readonly string[]): Result<Asked, string> {
  const parsed = parsedOf(args)
  if (!parsed.ok) return parsed
  const { seed, minutes, instruments, faults, busy, json } = parsed.value
  const count = Number(minutes)
  if (!Number.isInteger(count) || count < 1 || count > MINUTES_MAX)
    return failed(`--minutes ${minutes}: it is a whole number from 1 to ${MINUTES_MAX}`)
  const roots = instruments.split(',').map((each) => each.trim())
  const stranger = roots.find((each) => findInstrument(each) === undefined)
  if (stranger !== undefined) return failed(`--instruments ${stranger}: no such instrument is in the roster`)
  if (new Set(roots).size < roots.length) return failed(`--instruments ${instruments}: each is named once`)
  return ok({
    options: {
      seed,
      minutes: count,
      instruments: roots,
      ...(faults ? { faults: seededFaults(seed) } : {}),
      isBusy: busy,
      start: DEFAULT_START,
    },
    isJson: json,
  })
}

function parsedOf(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: DEFAULT_SEED },
        minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
        instruments: { type: 'string', default: DEFAULT_INSTRUMENTS },
        faults: { type: 'boolean', default: false },
        busy: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    })
    return ok(values)
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}
