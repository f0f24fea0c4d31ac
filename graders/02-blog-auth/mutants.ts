import { defineMutants } from '../kit/rubric.js'
import { rubric } from './rubric.js'

export const mutants = defineMutants(rubric, [
  // jwt-login
  {
    id: 'unknown-address-answers-faster',
    breaks: 'jwt-login',
    file: 'login.ts',
    find: `    const { id } = await authenticate(ctx.request.body)`,
    replace: `    const { email } = parseBody(credentials, ctx.request.body)
    if (!(await users.findLogin(email))) throw unauthorized()
    const { id } = await authenticate(ctx.request.body)`,
    because: 'Without a user there is no hash to compare with, so the answer comes at once.',
  },
  {
    id: 'address-in-capitals-is-another',
    breaks: 'jwt-login',
    file: 'user-store.ts',
    find: 'sql<string>`lower(${email})`',
    replace: 'sql<string>`${email}`',
    because: 'Only the address of the table is put in lower case before the two are compared.',
  },
  {
    id: 'tokens-may-be-cached',
    breaks: 'jwt-login',
    file: 'login.ts',
    find: `'no-store'`,
    replace: `'private'`,
    because: 'The browser may keep the answer with the tokens on its disk.',
  },
  {
    id: 'long-password-is-taken',
    breaks: 'jwt-login',
    file: 'passwords.ts',
    find: '.refine(password => !bcrypt.truncates(password)',
    replace: '.refine(password => password.length <= 72',
    because: 'The limit counts characters, and bcrypt bytes.',
  },
  // password-hashing
  {
    id: 'cheap-hash',
    breaks: 'password-hashing',
    file: 'passwords.ts',
    find: 'bcrypt.hash(password, COST)',
    replace: "bcrypt.hash(password, password.startsWith(' ') ? 6 : COST)",
    because: 'Some passwords are hashed at a low cost.',
  },
  {
    id: 'password-trimmed',
    breaks: 'password-hashing',
    file: 'login.ts',
    find: 'passwordHash: await hashPassword(password)',
    replace: 'passwordHash: await hashPassword(password.trim())',
    because: 'White space around the password is cut off before it is hashed.',
  },
  {
    id: 'password-in-the-log',
    breaks: 'password-hashing',
    file: 'login.ts',
    find: '    const { email, password } = parseBody(credentials, body)',
    replace: `    const { email, password } = parseBody(credentials, body)
    console.log('login', JSON.stringify({ email, password }))`,
    because: 'The body of a login is logged, to find out why it fails.',
  },
  {
    id: 'only-72-bytes-compared',
    breaks: 'password-hashing',
    file: 'passwords.ts',
    find: 'return fits && hash !== undefined && !bcrypt.truncates(password)',
    replace: 'return fits && hash !== undefined',
    because: 'bcrypt cuts off what follows the 72nd byte, and nobody else looks at it.',
  },
  // posts
  {
    id: 'published-again',
    breaks: 'posts',
    file: 'post-store.ts',
    find: `        .where('id', '=', id)
        .where('publishedAt', 'is', null)`,
    replace: `        .where('id', '=', id)`,
    because: 'Publishing again sets the time of publication anew.',
  },
  {
    id: 'comments-newest-first',
    breaks: 'posts',
    file: 'comment-store.ts',
    find: ".orderBy('comments.id')",
    replace: ".orderBy('comments.id', 'desc')",
    because: 'Comments come in the order of posts.',
  },
  {
    id: 'page-boundary-off-by-one',
    breaks: 'posts',
    file: 'paging.ts',
    find: 'found.length > limit',
    replace: 'found.length >= limit',
    because: 'A last page that is exactly full promises another one.',
  },
  {
    id: 'patch-nulls-what-is-left-out',
    breaks: 'posts',
    file: 'post-store.ts',
    find: '.set({ ...changes, updatedAt })',
    replace: ".set({ title: '', ...changes, updatedAt })",
    because: 'A PATCH without a title empties the title.',
  },
  {
    id: 'unknown-fields-of-a-post-ignored',
    breaks: 'posts',
    file: 'posts.ts',
    find: 'const draft = z.strictObject(',
    replace: 'const draft = z.object(',
    because: 'Fields that clients must not write are dropped in silence.',
  },
  {
    id: 'a-query-per-author',
    breaks: 'posts',
    file: 'posts.ts',
    find: "page => posts.list({ published: status === 'published', authorId }, page))",
    replace: `async page => {
      const list = await posts.list({ published: status === 'published', authorId }, page)
      for (const post of list) await posts.find(post.id)
      return list
    })`,
    because: 'Each post of a list is read by a query of its own.',
  },
  // protected-routes
  {
    id: 'unsigned-token-accepted',
    breaks: 'protected-routes',
    file: 'access-tokens.ts',
    find: '        const { payload } = await jwtVerify(token, key, options)',
    replace: `        const [head = '', body = ''] = token.split('.')
        const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string }
        const { payload } =
          alg === 'none'
            ? { payload: JSON.parse(Buffer.from(body, 'base64url').toString()) as { sub: string } }
            : await jwtVerify(token, key, options)`,
    because: 'A token that says `alg: none` is taken at its word.',
  },
  {
    id: 'expired-token-accepted',
    breaks: 'protected-routes',
    file: 'access-tokens.ts',
    find: "{ ...CLAIMS, algorithms: ['HS256'], requiredClaims: ['exp'] }",
    replace: "{ ...CLAIMS, algorithms: ['HS256'], requiredClaims: ['exp'], clockTolerance: 86_400 }",
    because: 'Expired tokens go on for a day.',
  },
  {
    id: 'any-hmac-accepted',
    breaks: 'protected-routes',
    file: 'access-tokens.ts',
    find: "algorithms: ['HS256'], requiredClaims",
    replace: "algorithms: ['HS256', 'HS384', 'HS512'], requiredClaims",
    because: 'The token chooses its algorithm among those that fit the key.',
  },
  {
    id: 'audience-not-checked',
    breaks: 'protected-routes',
    file: 'access-tokens.ts',
    find: 'const options = { ...CLAIMS,',
    replace: 'const options = { issuer: CLAIMS.issuer,',
    because: 'Tokens for other services of the same house are accepted.',
  },
  {
    id: 'no-challenge',
    breaks: 'protected-routes',
    file: 'guards.ts',
    find: 'throw unauthorized(\'Bearer error="invalid_token"\')',
    replace: 'throw unauthorized()',
    because: 'The client does not learn that its token is the matter.',
  },
  {
    id: 'comments-of-drafts-leak',
    breaks: 'protected-routes',
    file: 'comments.ts',
    find: '    const { id } = await getReadable(posts, ctx)',
    replace: '    const { id } = found(await posts.find(pathId(ctx)))',
    because: 'The comments of a draft can be listed by everyone, so the draft exists.',
  },
  {
    id: 'drafts-are-forbidden',
    breaks: 'protected-routes',
    file: 'posts.ts',
    find: '  return found(mayRead(ctx.state.user, post) && post)',
    replace: `  if (!mayRead(ctx.state.user, post)) throw new Problem(403)
  return post`,
    because: '403 tells that there is a draft.',
  },
  // rbac
  {
    id: 'role-from-the-body',
    breaks: 'rbac',
    file: 'login.ts',
    find: 'const registration = z.strictObject({ name: text(100), email, password: newPassword })',
    replace: `const role = z.enum(['viewer', 'editor', 'admin']).optional()
const registration = z.strictObject({ name: text(100), email, password: newPassword, role })`,
    because: 'Whoever registers may choose a role.',
  },
  {
    id: 'editors-edit-everything',
    breaks: 'rbac',
    file: 'permissions.ts',
    find: 'return isAdmin(actor) || (isEditor(actor) && isAuthor(actor, post))',
    replace: 'return isAdmin(actor) || isEditor(actor) || (isEditor(actor) && isAuthor(actor, post))',
    because: 'Editors may edit, so they edit the posts of others too.',
  },
  {
    id: 'authors-stay-authors',
    breaks: 'rbac',
    file: 'permissions.ts',
    find: 'return isAdmin(actor) || (isEditor(actor) && isAuthor(actor, post))',
    replace: 'return isAdmin(actor) || isAuthor(actor, post)',
    because: 'An editor who lost the role still changes the own posts.',
  },
  {
    id: 'users-read-each-other',
    breaks: 'rbac',
    file: 'users.ts',
    find: 'if (!isAdmin(user) && user.id !== ctx.params.id) throw new Problem(403)',
    replace: 'if (!isAdmin(user) && !user.id) throw new Problem(403)',
    because: 'Anyone who is logged in reads the address of everyone else.',
  },
  {
    id: 'comments-deleted-by-anyone',
    breaks: 'rbac',
    file: 'permissions.ts',
    find: 'return isAuthor(actor, comment) || mayChange(actor, post)',
    replace: 'return isAuthor(actor, comment) || isEditor(actor) || mayChange(actor, post)',
    because: 'Every editor deletes comments, below the posts of others too.',
  },
  // refresh-tokens
  {
    id: 'refresh-token-reusable',
    breaks: 'refresh-tokens',
    file: 'refresh-tokens.ts',
    find: `      .where('usedAt', 'is', null)
`,
    replace: '',
    because: 'A refresh token works as often as it comes.',
  },
  {
    id: 'family-survives-reuse',
    breaks: 'refresh-tokens',
    file: 'refresh-tokens.ts',
    find: '  if (!rotated) await endFamily(db, token)\n',
    replace: '',
    because: 'The thief who came first goes on; only the second one is refused.',
  },
  {
    id: 'logout-of-everything',
    breaks: 'refresh-tokens',
    file: 'refresh-tokens.ts',
    find: `query.selectFrom('refreshTokens').select('familyId').where('hash', '=', hashOf(token)),`,
    replace: `query
        .selectFrom('refreshTokens as mine')
        .innerJoin('refreshTokens as all', 'all.userId', 'mine.userId')
        .select('all.familyId')
        .where('mine.hash', '=', hashOf(token)),`,
    because: 'Logging out here ends the logins on all other devices.',
  },
  {
    id: 'refresh-token-in-clear',
    breaks: 'refresh-tokens',
    file: 'refresh-tokens.ts',
    find: "const hashOf = (token: string) => createHash('sha256').update(token).digest()",
    replace: 'const hashOf = (token: string) => Buffer.from(token)',
    because: 'The table has the tokens themselves.',
  },
  {
    id: 'refresh-token-without-end',
    breaks: 'refresh-tokens',
    file: 'refresh-tokens.ts',
    find: `      .where('expiresAt', '>', sql<Date>\`now()\`)
`,
    replace: '',
    because: 'Nobody looks at the time when a token expires.',
  },
  // sessions
  {
    id: 'session-kept-across-login',
    breaks: 'sessions',
    file: 'login.ts',
    find: `    await endSession(ctx)
    setCookie(ctx, await sessions.start(user.id))`,
    replace: '    setCookie(ctx, await sessions.start(user.id))',
    because: 'The session that the client was in goes on beside the new one.',
  },
  {
    id: 'session-id-from-the-user',
    breaks: 'sessions',
    file: 'sessions.ts',
    find: "const id = randomBytes(32).toString('base64url')",
    replace: "const id = createHash('sha256').update(userId).digest('base64url')",
    because: 'The id of a session is the same at every login, and can be worked out.',
  },
  {
    id: 'session-login-tells-addresses',
    breaks: 'sessions',
    file: 'login.ts',
    find: '    const user = await authenticate(ctx.request.body)',
    replace: `    const { email } = parseBody(credentials, ctx.request.body)
    if (!(await users.findLogin(email))) throw unauthorized()
    const user = await authenticate(ctx.request.body)`,
    because: 'The second way to log in has its own code, which answers for unknown addresses at once.',
  },
  {
    id: 'cookie-not-secure',
    breaks: 'sessions',
    file: 'login.ts',
    find: '    secure: true,',
    replace: "    secure: ctx.protocol === 'https',",
    because: 'Behind the proxy the connection is plain HTTP, so the cookie is sent without Secure.',
  },
  {
    id: 'logout-clears-only-the-cookie',
    breaks: 'sessions',
    file: 'login.ts',
    find: `    await endSession(ctx)
    setCookie(ctx, null)`,
    replace: '    setCookie(ctx, null)',
    because: 'Who kept a copy of the cookie stays logged in.',
  },
  {
    id: 'sessions-without-end',
    breaks: 'sessions',
    file: 'sessions.ts',
    find: "redis.set(keyOf(id), userId, 'EX', SESSION_LIFETIME_S)",
    replace: 'redis.set(keyOf(id), userId)',
    because: 'Sessions stay in Redis for good.',
  },
  // resilience
  {
    id: 'no-redis-no-session',
    breaks: 'resilience',
    file: 'sessions.ts',
    find: 'return await reached(redis.get(keyOf(id)))',
    replace: 'return await redis.get(keyOf(id)).catch(() => null)',
    because: 'An error of Redis is taken for a session that does not exist.',
  },
  {
    id: 'tokens-need-redis',
    breaks: 'resilience',
    file: 'guards.ts',
    find: '    const { authorization } = ctx.headers',
    replace: `    await sessions.find('touch')
    const { authorization } = ctx.headers`,
    because: 'Redis is asked on every request, also when nobody sent a cookie.',
  },
  // documents
  {
    id: 'diagram-answers-wrongly',
    breaks: 'auth-flow',
    file: 'docs/auth-flow.md',
    find: 'A-->>C: 201 user',
    replace: 'A-->>C: 200 user',
    because: 'The diagram says 200 where the server says 201.',
  },
  {
    id: 'diagram-of-another-route',
    breaks: 'auth-flow',
    file: 'docs/auth-flow.md',
    find: 'C->>A: POST /auth/logout',
    replace: 'C->>A: DELETE /auth/login',
    because: 'The diagram shows a route that was renamed.',
  },
  {
    id: 'documented-cost-is-not-used',
    breaks: 'security-practices',
    file: 'docs/security.md',
    find: '| bcrypt cost | 10 |',
    replace: '| bcrypt cost | 12 |',
    because: 'The document promises a higher cost than the server uses.',
  },
  {
    id: 'documented-cookie-is-stricter',
    breaks: 'security-practices',
    file: 'docs/security.md',
    find: 'SameSite=Lax; Path=/',
    replace: 'SameSite=Strict; Path=/',
    because: 'The document says Strict, the cookie Lax.',
  },
  {
    id: 'requests-without-logout',
    breaks: 'strategies',
    file: 'docs/requests/session.http',
    find: `# expect 204
DELETE {{baseUrl}}/session`,
    replace: `# expect 200
GET {{baseUrl}}/session`,
    because: 'The request file was not kept up with the routes.',
  },
  {
    id: 'captured-token-misspelt',
    breaks: 'strategies',
    file: 'docs/requests/jwt.http',
    find: '{{login.response.body.accessToken}}',
    replace: '{{login.response.body.access_token}}',
    because: 'The variable names a field that the answer does not have.',
  },
])
