import { Client } from 'pg'
import { decisionOf } from '../../../actors/support/executor-rows.ts'
import { type BracketOrder, contracts, instrumentOf, ticks } from '../../../src/domain/index.ts'
import { type Evidence, type Permitted, judge, judgeAgainAndSpend } from '../../../src/gate/index.ts'
import { type ExecutorStore, openExecutorStore } from '../../../src/store/index.ts'
import { ACCOUNT, anOrder, evidenceFor } from '../../gate/builders.ts'
import { startTestServer } from '../../support/postgres.ts'
import { aSignal } from '../../support/rows.ts'
import { median, nowNs, quantile } from '../measure.ts'
import { type BenchRow, type Suite, atMost, ratioRow, valueRow } from '../report.ts'
import { openBarePost } from '../support/bare-post.ts'
import { type BrokerDesk, openBrokerDesk, valueOf } from '../support/broker-desk.ts'

const JUDGED = 5_000
const ORDERS = 300
const WARM = 30
/** So many times faster, the gateway's limit of requests lets the suite pass without a wait. */
const SPEED = 300
/** The floor of the safety specification: gate, permit and durable intent. */
const INTENT_MS_P99_MAX = 15
const ROOT = 'MNQ'

/** From the decision to the broker's answer, beside a bare insert with commit and a bare POST. */
export const orderPathSuite: Suite = async () => {
  const server = await startTestServer()
  const broker = await openBrokerDesk(ROOT, SPEED)
  const { executorUrl, ownerUrl } = await server.freshDatabase()
  const store = openExecutorStore(executorUrl, { route: 'gateway-sim' })
  const bare = new Client({ connectionString: ownerUrl })
  await bare.connect()
  try {
    const epoch = valueOf(await store.nextExecutorEpoch(ACCOUNT, 'bench'))
    return [...judgeRows(), ...(await pathRows({ store, epoch, broker, bare }))]
  } finally {
    await bare.end()
    await store.close()
    await broker.close()
    await server.stop()
  }
}

function judgeRows(): readonly BenchRow[] {
  const order = anOrder()
  const taken: number[] = []
  for (let n = 0; n < JUDGED + 500; n++) {
    const evidence = evidenceFor(order)
    const from = nowNs()
    const verdict = judge(order, evidence)
    if (n >= 500) taken.push((nowNs() - from) / 1e3)
    if (verdict.verdict === 'denied') throw new Error(`denied: ${verdict.text}`)
  }
  return [
    valueRow('judge: five phases and a permit, p50', 'us', median(taken)),
    valueRow('judge: five phases and a permit, p99', 'us', quantile(taken, 0.99)),
  ]
}

interface Stage {
  readonly store: ExecutorStore
  readonly epoch: number
  readonly broker: BrokerDesk
  readonly bare: Client
}

/** Milliseconds of one order: until its intent is durable, and until the broker has answered. */
interface Taken {
  readonly intentMs: number
  readonly answerMs: number
}

async function pathRows(stage: Stage): Promise<readonly BenchRow[]> {
  await stage.bare.query(
    'create table bench_orders (id bigint generated always as identity primary key, tag text not null, body jsonb not null)',
  )
  const post = openBarePost(stage.broker.rest, stage.broker.token)
  const ours: Taken[] = []
  const theirs: Taken[] = []
  const transactions: number[] = []
  for (let n = 0; n < WARM + ORDERS; n++) {
    const [mine, bare] = [await sendOurs(stage, n), await sendBare(stage, post, n)]
    const transactionMs = await bareTransactionMs(stage, n)
    if (n < WARM) continue
    transactions.push(transactionMs)
    ours.push(mine)
    theirs.push(bare)
  }
  post.close()
  const pair = (read: (each: Taken) => number, share: number) => ({
    ours: quantile(ours.map(read), share),
    reference: quantile(theirs.map(read), share),
  })
  const whole = ({ intentMs, answerMs }: Taken): number => intentMs + answerMs
  const intents = ours.map((each) => each.intentMs)
  return [
    ratioRow(
      'decision to broker answer, p50 | insert with commit and POST',
      'ms',
      pair(whole, 0.5),
      atMost(1.5),
    ),
    ratioRow('decision to broker answer, p99 | insert with commit and POST', 'ms', pair(whole, 0.99)),
    ratioRow(
      'judge, decision and intent durable, p50 | insert with commit',
      'ms',
      pair((each) => each.intentMs, 0.5),
    ),
    ratioRow('two bare inserts in one transaction, p50 | insert with commit', 'ms', {
      ours: median(transactions),
      reference: median(theirs.map((each) => each.intentMs)),
    }),
    valueRow(
      'judge, decision and intent durable, p99',
      'ms',
      quantile(intents, 0.99),
      atMost(INTENT_MS_P99_MAX),
    ),
    ratioRow(
      'judge again, spend and send, p50 | POST',
      'ms',
      pair((each) => each.answerMs, 0.5),
    ),
  ]
}

/** What the executor does with a signal that passes, from the judgement on. */
async function sendOurs({ store, epoch, broker }: Stage, n: number): Promise<Taken> {
  const order = orderOf(broker, `k-bench-${n}`)
  const evidence = evidenceOf(order)
  const signal = aSignal({ id: `bench-${n}` })

  const from = nowNs()
  const { permit, phases } = permitted(order, evidence)
  const author = { route: 'gateway-sim', accountId: ACCOUNT, epoch, configRevision: 'a81c' } as const
  const decision = decisionOf(author, 'RUNTIME SIM', { signal, order, evidence }, phases)
  valueOf(await store.recordDecision(decision, { type: order.type, at: evidence.now }))
  const durable = nowNs()
  const outcome = await broker.desk.place(
    order,
    () => judgeAgainAndSpend(permit, order, { ...evidence }).verdict === 'spent',
  )
  const answered = nowNs()

  if (outcome.kind !== 'accepted') throw new Error(`order ${n}: ${JSON.stringify(outcome)}`)
  await broker.desk.cancel({ accountId: ACCOUNT, orderId: outcome.orderId }, () => true)
  return { intentMs: (durable - from) / 1e6, answerMs: (answered - durable) / 1e6 }
}

function permitted(order: BracketOrder, evidence: Evidence): Permitted {
  const verdict = judge(order, evidence)
  if (verdict.verdict === 'denied') throw new Error(`denied at ${verdict.phase}: ${verdict.text}`)
  return verdict
}

/** Far enough below the market to rest, near enough to pass the collar. */
function orderOf({ contract, last }: BrokerDesk, tag: string): BracketOrder {
  const entry = last - 500
  return {
    tag,
    accountId: ACCOUNT,
    contractId: contract.contract.id,
    instrument: instrumentOf(ROOT),
    side: 'buy',
    type: 'limit',
    size: contracts(1),
    entry: ticks(entry),
    stop: ticks(entry - 100),
    target: ticks(entry + 200),
  }
}

function evidenceOf(order: BracketOrder): Evidence {
  const evidence = evidenceFor(order)
  return { ...evidence, data: { ...evidence.data, lastTrade: ticks(order.entry + 500) } }
}

async function sendBare(
  { bare, broker }: Stage,
  poster: ReturnType<typeof openBarePost>,
  n: number,
): Promise<Taken> {
  const { contract, last } = broker
  const tag = `bare-${n}`
  const accountId = Number(ACCOUNT)
  const body = {
    accountId,
    contractId: contract.contract.id,
    type: 1,
    side: 0,
    size: 1,
    limitPrice: (last - 500) * instrumentOf(ROOT).tickSize,
    stopPrice: null,
    trailPrice: null,
    customTag: tag,
    stopLossBracket: { ticks: -100, type: 4 },
    takeProfitBracket: { ticks: 200, type: 1 },
  }
  const from = nowNs()
  await insertBare(bare, tag, body)
  const durable = nowNs()
  const reply = await poster.post('/api/Order/place', body)
  const answered = nowNs()

  if (reply['success'] !== true) throw new Error(`bare order ${n}: ${JSON.stringify(reply)}`)
  await poster.post('/api/Order/cancel', { accountId, orderId: reply['orderId'] })
  return { intentMs: (durable - from) / 1e6, answerMs: (answered - durable) / 1e6 }
}

/** What the round trips of our transaction cost alone: begin, two rows, commit. */
async function bareTransactionMs({ bare }: Stage, n: number): Promise<number> {
  const from = nowNs()
  await bare.query('begin')
  await insertBare(bare, `first-${n}`, { n })
  await insertBare(bare, `second-${n}`, { n })
  await bare.query('commit')
  return (nowNs() - from) / 1e6
}

async function insertBare(bare: Client, tag: string, body: object): Promise<void> {
  await bare.query({
    name: 'bare insert',
    text: 'insert into bench_orders (tag, body) values ($1, $2)',
    values: [tag, JSON.stringify(body)],
  })
}
