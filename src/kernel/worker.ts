/** The entry of every worker thread. */
import { workerMain } from './threads.ts'

await workerMain()
