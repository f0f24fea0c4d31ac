import type { SentRequest } from '../../../graders/kit/run-context.js'
import type { RouteCoverage } from './report.js'

interface Route {
  readonly method: string
  readonly path: string
}

/** The routes that a brief's tables name in their first column, such as "| `GET /users/:id` | … |". */
export function routesOf(brief: string): readonly Route[] {
  const rows = brief.matchAll(/^\|\s*`([A-Z]+) (\/[^`\s]*)`/gm)
  const named = new Map(
    [...rows].map(([, method = '', path = '']) => [`${method} ${path}`, { method, path }]),
  )
  return [...named.values()]
}

/** What bep itself asks whenever it starts the app. */
const readiness: SentRequest = { method: 'GET', path: '/health', status: 200 }

/** Counts the requests of each route; where several fit a path, the one with fewer parameters has it. */
export function countRequests(
  routes: readonly Route[],
  requests: readonly SentRequest[],
): { readonly routes: readonly RouteCoverage[]; readonly otherRequests: number } {
  const sent = new Map<Route, SentRequest[]>(routes.map(route => [route, []]))
  let otherRequests = 0
  for (const request of [readiness, ...requests]) {
    const [route] = routes
      .filter(({ method, path }) => method === request.method && fits(path, request.path))
      .sort((a, b) => parameters(a.path) - parameters(b.path))
    if (route) sent.get(route)?.push(request)
    else if (request !== readiness) otherRequests += 1
  }
  return {
    otherRequests,
    routes: [...sent].map(([route, of]) => ({
      ...route,
      requests: of.length,
      statuses: [...new Set(of.flatMap(({ status }) => status ?? []))].sort((a, b) => a - b),
    })),
  }
}

const parameters = (path: string) => path.split('/:').length

function fits(template: string, path: string): boolean {
  const wanted = template.split('/')
  const given = path.split('/')
  return (
    wanted.length === given.length &&
    wanted.every((segment, n) => segment === given[n] || (segment.startsWith(':') && given[n] !== ''))
  )
}
