/** The simulated gateway on a thread of its own, as it runs in a process of its own: it must not share our loop. */
import { parentPort, workerData } from 'node:worker_threads'
import { instrumentOf } from '../../../src/domain/index.ts'
import { startGateway } from '../../../src/gateway/index.ts'

const { speed, root } = workerData as { readonly speed: number; readonly root: string }
const started = await startGateway({ seed: 'bench', speed, instruments: [instrumentOf(root)] })
if (!started.ok) throw new Error(started.error)
const { rest, userName, apiKey } = started.value
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- A port of this process, not a window.
parentPort?.postMessage({ rest, userName, apiKey })
