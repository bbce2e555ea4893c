import { Hono } from 'hono'
import type { Guard } from './guard.ts'
import type { Report } from './ports.ts'
import { answerRefusal, defect, refusal } from './refusals.ts'
import { type AppEnv, type Route, addressOf, queryOf } from './routes.ts'
import { answerFile } from './static-answer.ts'
import type { StaticFiles } from './static-files.ts'

/** The sections of the page (product 7) and its login: each is index.html, and what comes below is the page's affair. */
const PAGES =
  /^\/(?:(?:login|trade|operate|ledger|explain|replay|journal|alerts|settings|proof|drills|bench)(?:\/[^.][^/]*)*)?$/

export interface AppOptions {
  readonly routes: readonly Route[]
  readonly guard: Guard
  readonly files: StaticFiles
  readonly report: Report
}

/** The routes as a Hono application. The address was checked before: its path has one spelling. */
export function createApp({ routes, guard, files, report }: AppOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>()

  for (const route of routes) {
    app.on(route.method, route.path, async (context) => {
      const entered = await guard(route, context.env.incoming.headers, addressOf(context))
      if (!entered.ok) return answerRefusal(context, entered.error)
      const query = queryOf(context, route.query)
      if (!query.ok) return answerRefusal(context, query.error)
      if (entered.value !== undefined) context.set('session', entered.value)
      return await route.handle(context)
    })
  }
  for (const [path, allow] of methodsByPath(routes)) {
    app.all(path, (context) =>
      answerRefusal(context, refusal('METHOD_NOT_ALLOWED', `${path} takes ${allow}.`, { allow })),
    )
  }

  app.on('GET', '*', (context) => {
    const { path } = context.req
    const name = PAGES.test(path) ? '/index.html' : path
    const file = files.get(name)
    if (file !== undefined) return answerFile(file, context.req.raw.headers)
    const isUnbuilt = name === '/index.html'
    return answerRefusal(
      context,
      isUnbuilt
        ? refusal('DASHBOARD_NOT_BUILT', 'The dashboard is not built: run npm run build:web and start again.')
        : refusal('NOT_FOUND', 'There is nothing at this address.'),
    )
  })
  app.notFound((context) => answerRefusal(context, refusal('NOT_FOUND', 'There is nothing at this address.')))
  app.onError((error, context) => {
    return answerRefusal(context, defect(report(`${context.req.method} ${context.req.path}`, error)))
  })
  return app
}

function methodsByPath(routes: readonly Route[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const { path, method } of routes) {
    const methods = method === 'GET' ? 'GET, HEAD' : method
    const known = found.get(path)
    found.set(path, known === undefined ? methods : `${known}, ${methods}`)
  }
  return found
}
