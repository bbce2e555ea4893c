export { createAccounts } from './accounts.ts'
export { type HeldToken, createHeldToken } from './held-token.ts'
export { createMarketData } from './market-data.ts'
export { type MarketHubOptions, createMarketHub } from './market-hub.ts'
export {
  type OpenedGateway,
  type OpenOptions,
  type Share,
  TOPSTEPX_ADDRESSES,
  openGateway,
  pingGateway,
  realPause,
} from './open.ts'
export type { GatewayLink } from './rest.ts'
export { type SessionOptions, createSession } from './session.ts'
export type { HttpOutcome, HttpRequest, HttpSend } from './transport.ts'
export { type UserHubOptions, createUserHub } from './user-hub.ts'
