import { workerData } from 'node:worker_threads'
import { readRing } from './ring.ts'

readRing(workerData as SharedArrayBuffer)
