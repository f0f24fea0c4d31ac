import { describe, expect, test } from 'vitest'
import { compareAnswers } from '../../../../cli/engine/diff/compare-answers.js'
import { IdPairs, TimePairs } from '../../../../cli/engine/diff/pairs.js'

interface Given {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: readonly string[]
  /** A text that is sent as it is, or what becomes JSON. */
  readonly body?: unknown
}

function answerOf({ status = 200, headers = {}, cookies = [], body = '' }: Given, port: number) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const all = new Headers({ ...headers })
  for (const cookie of cookies) all.append('set-cookie', cookie)
  const exchange = { method: 'GET', path: '/', requestHeaders: {}, startedAtUs: 0, endedAtUs: 0 }
  const parsed: unknown = typeof body === 'string' ? undefined : body
  return {
    appUrl: `http://127.0.0.1:${port}`,
    exchange,
    answer: { status, headers: all, text, body: parsed, exchange },
  }
}

/** Two apps, whose ids are known from one comparison to the next. */
function apps(...sent: readonly string[]) {
  const known = { ids: new IdPairs(), times: new TimePairs(sent) }
  return (yours: Given, reference: Given) => {
    const { differences, headers, body } = compareAnswers(
      { yours: answerOf(yours, 4001), reference: answerOf(reference, 4002) },
      known,
    )
    const told = (free: boolean) =>
      differences.filter(difference => difference.free === free).map(({ at, says }) => `${at} ${says}`)
    return { counted: told(false), free: told(true), headers, body }
  }
}
const compare = (yours: Given, reference: Given) => apps()(yours, reference)
const bodies = (yours: unknown, reference: unknown) => compare({ body: yours }, { body: reference }).counted

const uuid = (n: number) => `01a21ab4-042e-7e94-8435-${String(n).padStart(12, '0')}`

describe('what may be another value in each app', () => {
  test('ids, times of now, tokens and cursors are the same, whatever they look like', () => {
    const { counted, body } = compare(
      {
        body: {
          nextCursor: 'b2',
          accessToken: 'abc',
          proof: 'eyJhbGciOiJIUzI1NiJ9.e30.x-_',
          createdAt: '2026-03-01T09:30:20Z',
          id: '7',
        },
      },
      {
        body: {
          id: uuid(1),
          createdAt: '2026-03-01T09:30:00.000Z',
          accessToken: 'def',
          proof: 'eyJhbGciOiJIUzI1NiJ9.e31.y',
          nextCursor: 'c',
        },
      },
    )
    expect(counted).toEqual([])
    const lines = [
      '{',
      '  "id": "<id 1>",',
      '  "createdAt": "<time>",',
      '  "accessToken": "<token>",',
      '  "proof": "<token>",',
      '  "nextCursor": "<cursor>"',
      '}',
    ]
    expect(body.map(({ reference }) => reference)).toEqual(lines)
    expect(body.map(({ yours }) => yours?.replace(/,$/, ''))).toEqual(
      lines.map(line => line.replace(/,$/, '')),
    )
  })

  test.each([
    ['a number for a text', { id: 7 }, { id: 'a' }, ['body.id is a number, in the reference a string']],
    ['an empty id', { id: '' }, { id: 'a' }, ['body.id differs: yours "", reference "<id 1>"']],
    [
      'a null cursor',
      { nextCursor: null },
      { nextCursor: 'a' },
      ['body.nextCursor is null, in the reference a string'],
    ],
    [
      'no token',
      { accessToken: '' },
      { accessToken: 'a' },
      ['body.accessToken differs: yours "", reference "<token>"'],
    ],
    [
      'a day that no calendar has',
      { at: '2026-02-30T00:00:00Z' },
      { at: '2026-02-28T00:00:00Z' },
      ['body.at is no time in UTC that ends in Z: "2026-02-30T00:00:00Z"'],
    ],
    [
      'an offset',
      { at: '2026-03-01T09:30:00+00:00' },
      { at: '2026-03-01T09:30:00Z' },
      ['body.at is no time in UTC that ends in Z: "2026-03-01T09:30:00+00:00"'],
    ],
    [
      'a clock of another zone',
      { at: '2026-03-01T11:30:00Z' },
      { at: '2026-03-01T09:30:00Z' },
      ['body.at differs: yours "2026-03-01T11:30:00Z", reference "2026-03-01T09:30:00Z"'],
    ],
  ])('%s is a difference', (_, yours, reference, differences) => {
    expect(bodies(yours, reference)).toEqual(differences)
  })

  test('a time that the client sent comes back to the millisecond, however it is written', () => {
    const sent = apps('{"dueAt": "2026-03-01T10:30:00+01:00"}')
    const reference = { body: { dueAt: '2026-03-01T09:30:00.000Z' } }
    expect(sent({ body: { dueAt: '2026-03-01T09:30:00Z' } }, reference).counted).toEqual([])
    expect(sent({ body: { dueAt: '2026-03-01T09:30:00.001Z' } }, reference).counted).toEqual([
      'body.dueAt differs: yours "2026-03-01T09:30:00.001Z", reference "2026-03-01T09:30:00.000Z"',
    ])
    expect(sent({ body: { dueAt: null } }, reference).body[1]?.reference).toBe(
      '  "dueAt": "2026-03-01T09:30:00.000Z"',
    )
    expect(sent({ body: { dueAt: '2026-03-01' } }, reference).body[1]?.reference).toBe(
      '  "dueAt": "2026-03-01T09:30:00.000Z"',
    )
  })
})

describe('ids stand for the same thing in each answer', () => {
  test('the id of another thing is found, also in a later answer', () => {
    const say = apps()
    const users = [uuid(1), uuid(2)]
    expect(
      say({ body: { items: [{ id: 'a1' }, { id: 'b2' }] } }, { body: { items: users.map(id => ({ id })) } })
        .counted,
    ).toEqual([])
    expect(say({ body: { userId: 'a1' } }, { body: { userId: uuid(2) } }).counted).toEqual([
      'body.userId is another id: yours "<id 1>", reference "<id 2>"',
    ])
    expect(
      say({ body: { id: 'c3', userId: 'b2' } }, { body: { id: uuid(3), userId: uuid(2) } }).counted,
    ).toEqual([])
    expect(say({ body: { id: 'a1' } }, { body: { id: uuid(4) } }).counted).toEqual([
      'body.id is another id: yours "<id 1>", reference "<id 4>"',
    ])
  })

  test('ids that count up may be of two tables', () => {
    const say = apps()
    expect(
      say({ body: { id: '1', userId: '1' } }, { body: { id: uuid(2), userId: uuid(1) } }).counted,
    ).toEqual([])
    expect(
      say({ body: { id: '2', userId: '2' } }, { body: { id: uuid(3), userId: uuid(1) } }).counted,
    ).toHaveLength(1)
  })

  test('a missing id moves no number', () => {
    const { counted, body } = compare({ body: { userId: 'a' } }, { body: { id: uuid(1), userId: uuid(2) } })
    expect(counted).toEqual(['body.id is missing'])
    expect(body.at(-2)).toMatchObject({ yours: '  "userId": "<id 2>"', mark: 'same' })
  })

  test('they are found in texts, and in a Location that may be a path or a URL', () => {
    const say = apps()
    const found = say(
      {
        status: 201,
        headers: { location: 'http://localhost:4001/users/aaaaaaaaaa' },
        body: { id: 'aaaaaaaaaa', note: 'made aaaaaaaaaa' },
      },
      {
        status: 201,
        headers: { location: `/users/${uuid(1)}` },
        body: { id: uuid(1), note: `made ${uuid(1)}` },
      },
    )
    expect(found.counted).toEqual([])
    expect(found.headers).toEqual([
      { yours: 'location: /users/<id 1>', reference: 'location: /users/<id 1>', mark: 'same' },
    ])
    const wrong = { status: 201, headers: { location: '/user/aaaaaaaaaa' }, body: { id: 'aaaaaaaaaa' } }
    expect(
      say(wrong, { ...wrong, headers: { location: `/users/${uuid(1)}` }, body: { id: uuid(1) } }).counted,
    ).toEqual(['header location differs: yours /user/<id 1>, reference /users/<id 1>'])
  })
})

describe('the structure', () => {
  test('the order of keys is free; missing, further and nested fields are named', () => {
    expect(bodies({ b: 1, a: 2 }, { a: 2, b: 1 })).toEqual([])
    expect(bodies({ a: { x: [{ t: 1 }, {}] }, 'a-b': 1 }, { a: { x: [{ t: 1 }, { t: 2 }] } })).toEqual([
      'body.a.x[1].t is missing',
      'body["a-b"] is not in the reference',
    ])
    expect(bodies({ __proto__: null, a: [] }, { a: {}, constructor: 1 })).toEqual([
      'body.a is an array, in the reference an object',
      'body.constructor is missing',
    ])
  })

  test('one entry more or less does not make the others differ', () => {
    const items = ['a', 'b', 'c', 'd'].map(title => ({ id: title, title }))
    expect(bodies({ items: items.slice(1) }, { items })).toEqual(['body.items[0] is missing'])
    expect(bodies({ items }, { items: items.slice(0, 3) })).toEqual(['body.items[3] is not in the reference'])
  })

  test('another order is told as one, and does not hide what else is wrong', () => {
    const say = apps()
    const entries = (...ids: readonly string[]) => ids.map(id => ({ id, n: 1 }))
    say({ body: entries('a', 'b', 'c') }, { body: entries('x', 'y', 'z') })
    const { counted } = say(
      { body: [{ id: 'c' }, { id: 'b', n: 1 }, { id: 'a', n: 1 }] },
      { body: entries('x', 'y', 'z') },
    )
    expect(counted).toEqual(['body has the same entries in another order', 'body[0].n is missing'])
  })

  test('commas are where JSON has them, on both sides', () => {
    const [yours, reference] = [
      { c: 1, x: [1, { z: null }], e: [] },
      { a: 'text', c: 1, x: [{}], y: true },
    ]
    const { body } = compare({ body: yours }, { body: reference })
    const joined = (side: 'yours' | 'reference') => body.map(line => line[side] ?? '').join('\n')
    expect(JSON.parse(joined('yours'))).toEqual(yours)
    expect(JSON.parse(joined('reference'))).toEqual(reference)
  })

  test('lists that have nothing in common are still compared in time', () => {
    const many = (from: number) => Array.from({ length: 20_000 }, (_, n) => from + n)
    expect(bodies(many(0), many(100_000))).toHaveLength(20_000)
  })

  test('texts are compared line by line, and text with JSON is another kind', () => {
    expect(bodies('a\nb\nc', 'a\nc\nd')).toEqual([
      'body line 2 is not in the reference',
      'body line 3 is missing',
    ])
    expect(bodies('<html>', { a: 1 })).toEqual(['body is text, in the reference JSON'])
    expect(bodies('', { a: 1 })).toEqual(['body is empty, in the reference JSON'])
  })
})

describe('what the brief leaves open does not count', () => {
  const problem = (title: string, errors?: readonly unknown[], more?: object) => ({
    status: 422,
    body: { type: 'about:blank', title, status: 422, errors, ...more },
  })

  test('the wording of an error, its detail and the order of bad fields', () => {
    const { counted, free, body } = compare(
      problem(
        'Bad',
        [
          { field: 'b', message: 'no' },
          { field: 'a', message: 'no' },
        ],
        { code: 'X' },
      ),
      problem(
        'Unprocessable',
        [
          { field: 'a', message: 'wrong' },
          { field: 'b', message: 'wrong' },
        ],
        { detail: 'x' },
      ),
    )
    expect(counted).toEqual([])
    expect(free).toEqual([
      'body.title is worded differently',
      'body.errors has the same entries in another order',
      'body.errors[0].message is worded differently',
      'body.errors[1].message is worded differently',
      'body.detail is missing',
      'body.code is not in the reference',
    ])
    expect(body.map(({ mark }) => mark)).not.toContain('differs')
  })

  test('but a bad field that is not named counts, and so does a title that is no text', () => {
    const reference = problem('Bad', [
      { field: 'a', message: 'x' },
      { field: 'b', message: 'x' },
    ])
    expect(compare(problem('Bad', [{ field: 'b', message: 'y' }]), reference).counted).toEqual([
      'body.errors[0] is missing',
    ])
    expect(compare({ ...reference, body: { ...reference.body, title: 5 } }, reference).counted).toEqual([
      'body.title is a number, in the reference a string',
    ])
  })

  test('outside of errors, a title is a value', () => {
    expect(bodies({ title: 'a' }, { title: 'b' })).toEqual(['body.title differs: yours "a", reference "b"'])
  })

  test.each([
    ['an ETag of yours alone', { etag: 'W/"1"' }, {}, 0, 1],
    ['another ETag', { etag: '"1"' }, { etag: '"2"' }, 0, 0],
    [
      'a charset',
      { 'content-type': 'application/json' },
      { 'content-type': 'application/json; charset=UTF-8' },
      0,
      0,
    ],
    ['another type', { 'content-type': 'text/html' }, { 'content-type': 'application/json' }, 1, 0],
    ['HEAD in Allow', { allow: 'GET, HEAD, POST' }, { allow: 'POST, GET' }, 0, 1],
    ['a method less in Allow', { allow: 'GET' }, { allow: 'POST, GET' }, 1, 0],
    ['a realm', { 'www-authenticate': 'Bearer realm="x"' }, { 'www-authenticate': 'Bearer' }, 0, 1],
    [
      'no error',
      { 'www-authenticate': 'Bearer' },
      { 'www-authenticate': 'Bearer error="invalid_token"' },
      1,
      0,
    ],
    ['a missing header', {}, { 'cache-control': 'no-store' }, 1, 0],
    ['headers that do not matter', { date: 'x', 'x-powered-by': 'y' }, { connection: 'close' }, 0, 0],
  ])('%s', (_, yours, reference, counted, free) => {
    const found = compare(
      { headers: yours as Record<string, string> },
      { headers: reference as Record<string, string> },
    )
    expect([found.counted.length, found.free.length]).toEqual([counted, free])
  })

  test('a cookie is compared by name and flags', () => {
    const reference = { cookies: ['sid=1; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60'] }
    const yours = { cookies: ['sid=2; SameSite=Lax; Secure; HttpOnly; Path=/', 'seen=1'] }
    expect(compare(yours, reference)).toMatchObject({
      counted: [],
      free: ['cookie seen is not in the reference'],
    })
    expect(compare({ cookies: ['sid=2; Path=/; Secure; SameSite=Lax'] }, reference).counted).toEqual([
      'cookie sid differs: yours sid=<token>; Secure; SameSite=Lax; Path=/, reference sid=<token>; HttpOnly; Secure; SameSite=Lax; Path=/',
    ])
    expect(
      compare({ cookies: ['sid=; Path=/; HttpOnly; Secure; SameSite=Lax'] }, reference).counted,
    ).toHaveLength(1)
  })
})
