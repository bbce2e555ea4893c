import { accountRecord } from '../matching/records.ts'
import { isSame } from '../tokens.ts'
import { type Endpoint, envelope, succeeded } from './endpoint.ts'

const INVALID_CREDENTIALS = 3

/** Login, token life, and the accounts that a login opens (projectx-gateway 1.3, 1.4, 2.1). */
export const SESSION_ENDPOINTS: readonly Endpoint[] = [
  {
    path: '/api/Auth/loginKey',
    fields: { userName: 'string', apiKey: 'string' },
    isPublic: true,
    run({ credentials, tokens, now }, body) {
      const isUser = body.string('userName').trim().toLowerCase() === credentials.userName.toLowerCase()
      const isKey = isSame(body.string('apiKey'), credentials.apiKey)
      return isUser && isKey
        ? { token: tokens.issue(now), ...succeeded() }
        : { token: null, ...envelope(INVALID_CREDENTIALS, null) }
    },
  },
  {
    path: '/api/Auth/validate',
    fields: {},
    run: ({ tokens, now }) => ({ ...succeeded(), newToken: tokens.issue(now) }),
  },
  {
    path: '/api/Auth/logout',
    fields: {},
    run({ tokens, token }) {
      tokens.revoke(token)
      return succeeded()
    },
  },
  {
    path: '/api/Account/search',
    fields: { onlyActiveAccounts: 'boolean' },
    run({ desk }, body) {
      const onlyActive = body.boolean('onlyActiveAccounts')
      const accounts = desk.ledger.accounts.filter((each) => !onlyActive || each.isVisible)
      return { accounts: accounts.map(accountRecord), ...succeeded() }
    },
  },
]
