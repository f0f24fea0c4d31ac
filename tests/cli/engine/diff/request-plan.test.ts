import { describe, expect, test } from 'vitest'
import { fillJson, fillPath, fillText } from '../../../../cli/engine/diff/placeholders.js'
import {
  checkPlaceholders,
  planHttpFile,
  planRequest,
  planStep,
} from '../../../../cli/engine/diff/request-plan.js'

const lookUp = (name: string): unknown =>
  ({ '1.id': 'a/b "c"', '1.count': 3, '1.user': { name: 'Ada' }, '1.braces': '{{1.id}}' })[name]

describe('placeholders', () => {
  test('in quotes they are text, outside of them the value, and in a path they are encoded', () => {
    expect(
      fillJson('{"id": "{{1.id}}", "n": {{1.count}}, "u": {{ 1.user }}, "t": "no {{1.count}}"}', lookUp),
    ).toBe('{"id": "a/b \\"c\\"", "n": 3, "u": {"name":"Ada"}, "t": "no 3"}')
    expect(fillPath('/users/{{1.id}}?cursor={{1.count}}', lookUp)).toBe('/users/a%2Fb%20%22c%22?cursor=3')
    expect(fillText('Bearer {{1.count}}', lookUp)).toBe('Bearer 3')
  })

  test('what was put in is not read again', () => {
    expect(fillJson('["{{1.braces}}"]', lookUp)).toBe('["{{1.id}}"]')
  })

  test('a quote behind a backslash ends no text', () => {
    expect(fillJson('["\\"{{1.count}}", {{1.count}}]', lookUp)).toBe('["\\"3", 3]')
  })
})

describe('steps', () => {
  test('method, path, JSON and headers', () => {
    expect(planStep('post /users?x=1 {"name": "Ada"}\nAuthorization: Bearer {{1.accessToken}}')).toEqual({
      method: 'POST',
      path: '/users?x=1',
      headers: [['Authorization', 'Bearer {{1.accessToken}}']],
      body: { kind: 'json', text: '{"name": "Ada"}' },
    })
    expect(planStep('POST /users {\n  "name": "Ada"\n}').body?.text).toBe('{\n  "name": "Ada"\n}')
    expect(planStep('GET /users')).toEqual({ method: 'GET', path: '/users', headers: [] })
  })

  test.each([
    ['{"id": Ada}', 'line 1, column 8, at `Ada}`'],
    ['{"id": {{1.id}},}', 'line 1, column 17, at `}`'],
    ['{"a": 1', 'line 1, column 8, it ends too early'],
    ['', 'line 1, column 1, it ends too early'],
    ["{\n  'a': 1}", "line 2, column 3, at `'a': 1}`"],
    ['{"a": 1} // one', 'line 1, column 10, at `// one`'],
  ])('%s is no JSON, with the place', (data, place) => {
    expect(() => planRequest({ method: 'POST', path: '/', data, where: 'POST /' })).toThrow(
      `the data of POST / is not JSON: ${place}`,
    )
  })
})

describe('a request file', () => {
  const file = `@baseUrl = http://localhost:3000
@users = {{baseUrl}}/users

### One
# @name ada
POST {{users}}
Content-Type: application/json

{ "name": "Ada" }

###
GET {{users}}/{{ada.response.body.id}}
Accept: text/plain

### Text
PUT {{baseUrl}}/notes/{{ada.id}}
Content-Type: text/plain

not {JSON
`
  test('gives its requests with variables filled in and without the host', () => {
    const plan = planHttpFile(file, 'a.http')
    expect(plan).toEqual([
      {
        name: 'ada',
        method: 'POST',
        path: '/users',
        headers: [['Content-Type', 'application/json']],
        body: { kind: 'json', text: '{ "name": "Ada" }' },
      },
      { method: 'GET', path: '/users/{{ada.response.body.id}}', headers: [['Accept', 'text/plain']] },
      {
        method: 'PUT',
        path: '/notes/{{ada.id}}',
        headers: [['Content-Type', 'text/plain']],
        body: { kind: 'text', text: 'not {JSON' },
      },
    ])
    expect(() => checkPlaceholders(plan)).not.toThrow()
  })

  test.each([
    ['', 'a.http: there is no request in it'],
    ['hello', 'a.http: a line that is no request: "hello"'],
    ['@a = {{b}}\n@b = {{a}}\n\nGET {{a}}', 'a.http: the variable a stands for itself'],
  ])('%j is refused', (text, message) => {
    expect(() => planHttpFile(text, 'a.http')).toThrow(message)
  })
})

test.each(['{{1.id}}', '{{2.id}}', '{{3.id}}', '{{0.id}}', '{{x.id}}', '{{1}}', '{{}}', '{{1.}}'])(
  '%s names no earlier request',
  placeholder => {
    const [first, second] = [`GET /${placeholder === '{{1.id}}' ? placeholder : 'a'}`, `GET /${placeholder}`]
    expect(() => checkPlaceholders([first, second].map(planStep))).toThrow(`${placeholder} in GET /`)
  },
)
