import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { countRequests, routesOf } from '../../../../cli/engine/coverage/routes.js'
import { briefFile } from '../../../../cli/engine/project-files.js'
import { catalog } from '../../../../projects/catalog.js'

const routes = routesOf(`
| Method and path | Answers |
|---|---|
| \`GET /products/top\` | 200 |
| \`GET /products/:id\` | 200 |
| \`PUT /users/:id/following/:otherId\` | 204 |

| Request | Body |
|---|---|
| \`GET /products/:id\` | none |
`)

test('a route is named once, whatever the table', () => {
  expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /products/top',
    'GET /products/:id',
    'PUT /users/:id/following/:otherId',
  ])
})

test('each request counts for the route that fits it best, with its status', () => {
  const counted = countRequests(routes, [
    { method: 'GET', path: '/products/top', status: 200 },
    { method: 'GET', path: '/products/17', status: 404 },
    { method: 'GET', path: '/products/%2F', status: 200 },
    { method: 'GET', path: '/products/18' },
    { method: 'GET', path: '/products/', status: 404 },
    { method: 'DELETE', path: '/products/17', status: 405 },
  ])
  expect(counted).toEqual({
    routes: [
      { method: 'GET', path: '/products/top', requests: 1, statuses: [200] },
      { method: 'GET', path: '/products/:id', requests: 3, statuses: [200, 404] },
      { method: 'PUT', path: '/users/:id/following/:otherId', requests: 0, statuses: [] },
    ],
    otherRequests: 2,
  })
})

test.each(catalog)('the brief of $id names its routes', async project => {
  const named = routesOf(await readFile(briefFile(project), 'utf8'))
  expect(named.length).toBeGreaterThan(5)
  expect(named).toContainEqual({ method: 'GET', path: '/health' })
})
