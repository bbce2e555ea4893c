/**
 * The gateway's error codes. They are numbered per endpoint: 2 is "not found" on cancel, "rejected" on place and
 * "unit invalid" on bars, so a code means nothing without its endpoint.
 */
export const ENDPOINT_ERRORS = {
  '/api/Auth/loginKey': [
    'Success',
    'UserNotFound',
    'PasswordVerificationFailed',
    'InvalidCredentials',
    'AppNotFound',
    'AppVerificationFailed',
    'InvalidDevice',
    'AgreementsNotSigned',
    'UnknownError',
    'ApiSubscriptionNotFound',
    'ApiKeyAuthenticationDisabled',
  ],
  '/api/Auth/validate': ['Success', 'InvalidSession', 'SessionNotFound', 'ExpiredToken', 'UnknownError'],
  '/api/Account/search': ['Success'],
  '/api/Contract/available': ['Success'],
  '/api/Contract/search': ['Success'],
  '/api/Contract/searchById': ['Success', 'ContractNotFound'],
  '/api/History/retrieveBars': [
    'Success',
    'ContractNotFound',
    'UnitInvalid',
    'UnitNumberInvalid',
    'LimitInvalid',
  ],
  '/api/Order/place': [
    'Success',
    'AccountNotFound',
    'OrderRejected',
    'InsufficientFunds',
    'AccountViolation',
    'OutsideTradingHours',
    'OrderPending',
    'UnknownError',
    'ContractNotFound',
    'ContractNotActive',
    'AccountRejected',
  ],
  '/api/Order/modify': [
    'Success',
    'AccountNotFound',
    'OrderNotFound',
    'Rejected',
    'Pending',
    'UnknownError',
    'AccountRejected',
    'ContractNotFound',
  ],
  '/api/Order/cancel': [
    'Success',
    'AccountNotFound',
    'OrderNotFound',
    'Rejected',
    'Pending',
    'UnknownError',
    'AccountRejected',
  ],
  '/api/Order/search': ['Success', 'AccountNotFound'],
  '/api/Order/searchOpen': ['Success', 'AccountNotFound'],
  '/api/Order/searchById': ['Success', 'OrderNotFound'],
  '/api/Position/searchOpen': ['Success', 'AccountNotFound'],
  '/api/Position/closeContract': [
    'Success',
    'AccountNotFound',
    'PositionNotFound',
    'ContractNotFound',
    'ContractNotActive',
    'OrderRejected',
    'OrderPending',
    'UnknownError',
    'AccountRejected',
  ],
  '/api/Position/partialCloseContract': [
    'Success',
    'AccountNotFound',
    'PositionNotFound',
    'ContractNotFound',
    'ContractNotActive',
    'InvalidCloseSize',
    'OrderRejected',
    'OrderPending',
    'UnknownError',
    'AccountRejected',
  ],
  '/api/Trade/search': ['Success', 'AccountNotFound'],
} as const

export type Endpoint = keyof typeof ENDPOINT_ERRORS
export type ErrorName<E extends Endpoint> = Exclude<(typeof ENDPOINT_ERRORS)[E][number], 'Success'>

/** The gateway's refusal. New codes were added silently before: one that we do not know says so. */
export type GatewayRefusal<E extends Endpoint = Endpoint> = {
  readonly endpoint: E
  readonly code: number
  readonly name: ErrorName<E> | 'unknown'
  /** The gateway's own words; often none. */
  readonly text: string | undefined
}

export function refusalOf<E extends Endpoint>(
  endpoint: E,
  code: number,
  text: string | undefined,
): GatewayRefusal<E> {
  const names: readonly string[] = ENDPOINT_ERRORS[endpoint]
  const name = code > 0 ? names[code] : undefined
  return { endpoint, code, name: (name as ErrorName<E> | undefined) ?? 'unknown', text }
}

/** `Order/place 2 OrderRejected: Invalid price.` */
export function describeRefusal({ endpoint, code, name, text }: GatewayRefusal): string {
  const words = text === undefined ? '' : `: ${text}`
  return `${endpoint.replace('/api/', '')} ${code} ${name}${words}`
}

export type LoginErrorName = ErrorName<'/api/Auth/loginKey'>

const NAME_AND_KEY =
  'The broker did not accept this user name and key. Use exactly what you type to sign in ' +
  '(for some users the e-mail), not the display name or an account name.'

/** Our own words per login code: the gateway usually sends none. No code is worth a retry with the same key. */
export const LOGIN_REFUSALS: Readonly<Record<LoginErrorName, string>> = {
  UserNotFound: NAME_AND_KEY,
  PasswordVerificationFailed: NAME_AND_KEY,
  InvalidCredentials: NAME_AND_KEY,
  AppNotFound: 'The broker does not know this application. Sign in with an API key.',
  AppVerificationFailed: 'The broker did not verify this application. Sign in with an API key.',
  InvalidDevice: 'The broker does not accept this device.',
  AgreementsNotSigned: 'Agreements are not signed. Log in to the platform, sign them, then try again.',
  UnknownError: 'The broker could not say why it refused the login.',
  ApiSubscriptionNotFound: 'This user has no API subscription. Link one in the platform under Settings, API.',
  ApiKeyAuthenticationDisabled: 'Login by API key is disabled for this user. Make a new key in the platform.',
}
