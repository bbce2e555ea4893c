import { silentLogger } from '../../../src/kernel/index.ts'

export default silentLogger
