import { createHmac } from 'node:crypto'
import pg from 'pg'
import { type BenchAnswer, type BenchApp, defineBench, inParallel } from '../kit/bench.js'

const AUTHORS = 10
const POSTS_EACH = 40
const PAGE = 50
const TOKEN_SECONDS = 3_600

interface Post {
  readonly id: string
  readonly title: string
  readonly status: string
  readonly author: { readonly id: string; readonly name: string }
}

interface Author {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly password: string
  readonly headers: { readonly authorization: string }
  readonly draft: Post
}

interface Data {
  readonly authors: readonly Author[]
}

/** An access token as the brief describes it: the app's own takes a bcrypt comparison to get. */
function tokenFor(userId: string, secret: string): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: userId, iss: 'blog-auth', aud: 'blog-api', iat: now, exp: now + TOKEN_SECONDS }
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

async function makeEditors({ adminUrls }: BenchApp): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrls.postgres })
  await client.connect()
  try {
    await client.query("UPDATE users SET role = 'editor'")
  } finally {
    await client.end()
  }
}

async function makeAuthor(app: BenchApp, n: number): Promise<Omit<Author, 'draft'>> {
  const { ask, secrets, random } = app
  const login = { email: `author-${n}@example.com`, password: `pw ${random.letters(12)}` }
  const body = { name: `Ada ${n}`, ...login }
  const { id } = (await ask({ method: 'POST', path: '/auth/register', body })) as { id: string }
  const authorization = `Bearer ${tokenFor(id, secrets.JWT_SECRET ?? '')}`
  return { id, ...body, headers: { authorization } }
}

const titlesOf = ({ body }: BenchAnswer): readonly Post[] => {
  const { items } = Object(body) as { items?: unknown }
  return Array.isArray(items) ? items : []
}

export const bench = defineBench<Data>({
  brief:
    'The rate of the reads is set against that of the reference, measured in the same run: half of it gives all of the points.',
  hints: [
    'What does your server do for a token, and for each post of a list, before it answers?',
    'One statement finds the user and one the posts with their authors; what is the rest for?',
  ],
  async prepare(app) {
    const { ask } = app
    const authors = await inParallel([...Array(AUTHORS).keys()], 4, n => makeAuthor(app, n))
    await makeEditors(app)
    const drafts = authors.flatMap(author =>
      Array.from({ length: POSTS_EACH }, (_, n) => ({ author, title: `Post ${n} of ${author.name}` })),
    )
    const posts = await inParallel(drafts, 8, async ({ author: { headers }, title }, n) => {
      const body = { title, body: app.random.letters(400) }
      const post = (await ask({ method: 'POST', path: '/posts', headers, body })) as Post
      // One of each author stays a draft.
      if (n % POSTS_EACH === 0) return post
      return (await ask({ method: 'POST', path: `/posts/${post.id}/publish`, headers })) as Post
    })
    return {
      authors: authors.map((author, n) => ({ ...author, draft: posts[n * POSTS_EACH] as Post })),
    }
  },
  scenarios: [
    {
      id: 'authenticated-read',
      title: 'Reads with a token',
      weight: 1,
      connections: 8,
      request({ authors }, random, n) {
        const author = authors[random.integer(0, AUTHORS - 1)]
        const headers = author?.headers ?? {}
        if (n % 3 === 0) {
          return {
            path: '/me',
            headers,
            fault: ({ body }) => (Object(body).id === author?.id ? undefined : 'it is not the user who asks'),
          }
        }
        if (n % 3 === 1) {
          return {
            path: `/posts/${author?.draft.id}`,
            headers,
            fault: ({ body }) =>
              Object(body).title === author?.draft.title ? undefined : 'it is not the draft of its author',
          }
        }
        return {
          path: `/posts?limit=${PAGE}`,
          headers,
          fault(answer) {
            const posts = titlesOf(answer)
            const right = posts.every(
              ({ title, status, author: by }) => status === 'published' && title.endsWith(` of ${by.name}`),
            )
            return right && posts.length === PAGE
              ? undefined
              : `expected ${PAGE} published posts with their authors, got ${posts.length} items`
          },
        }
      },
    },
    {
      id: 'login',
      title: 'Logins, each a bcrypt comparison',
      weight: 0,
      connections: 2,
      request({ authors }, random) {
        const { email, password } = authors[random.integer(0, AUTHORS - 1)] ?? {}
        return {
          method: 'POST',
          path: '/auth/login',
          body: { email, password },
          fault: ({ body }) =>
            typeof Object(body).accessToken === 'string' ? undefined : 'there is no access token',
        }
      },
    },
  ],
  slow: [
    {
      id: 'query-per-post',
      file: 'posts.ts',
      find: "page => posts.list({ published: status === 'published', authorId }, page)",
      replace: `async page => {
      const read: Post[] = []
      for (const { id } of await posts.list({ published: status === 'published', authorId }, page))
        read.push(found(await posts.find(id)))
      return read
    }`,
      because: 'Each post of a list is read again by itself, for its author.',
    },
  ],
})
