/**
 * Brokers: what every broker is to us (`port.ts`), and ProjectX, of which TopstepX is one.
 *
 *   const gateway = openGateway({ rest, clock, random, share: 'trading' })       one a thread
 *   const session = createSession({ link: gateway, userName, apiKey })           login(), renew(), token(), onToken()
 *   const accounts = createAccounts(gateway, session)                            accounts(), positions(id), openOrders(id), ...
 *   const data = createMarketData(gateway, tokens)                               resolveContracts(list), getBars(window)
 *   const market = createMarketHub({ url, tokens, clock, pause, random, log, events })  subscribe(), start(), restart(why), stop()
 *   const user = createUserHub({ url, tokens, accountIds, clock, pause, random, log, events })
 *   const tokens = createHeldToken(ask); tokens.hold(new Secret(text))           for a thread that does not log in
 *
 * Every call that the outside can refuse gives a `Result` or an outcome; none rejects but for a defect of ours.
 *
 * The order desk is not here: `topstepx/order-client.ts` is imported by the executor and by nobody else.
 */
export type * from './port.ts'
export * from './topstepx/index.ts'
