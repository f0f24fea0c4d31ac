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
    find: `sql<string>\`lower(\${email})\``,
    replace: `sql<string>\`\${email}\``,
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
  {
    id: 'registration-tells-the-hash',
    breaks: 'jwt-login',
    file: 'user-store.ts',
    find: `        .returning(publicColumns)
        .executeTakeFirstOrThrow()`,
    replace: `        .returningAll()
        .executeTakeFirstOrThrow()`,
    because: 'The whole row is the answer.',
  },
  {
    id: 'addresses-in-a-race',
    breaks: 'jwt-login',
    file: 'login.ts',
    find: '    ctx.body = await users.create({ ...user, passwordHash: await hashPassword(password) })',
    replace: `    const create = async () => users.create({ ...user, passwordHash: await hashPassword(password) })
    const known = await users.findLogin(user.email)
    ctx.body = await (known ? create() : create().catch(() => Promise.reject(new Error('duplicate key'))))`,
    because: 'An address that became known since it was looked up is an error that nobody expects.',
  },
  {
    id: 'lifetime-is-a-guess',
    breaks: 'jwt-login',
    file: 'login.ts',
    find: 'expiresIn: tokens.lifetimeS',
    replace: 'expiresIn: 3600',
    because: 'The answer says an hour, the token a quarter of one.',
  },
  {
    id: 'me-without-address',
    breaks: 'jwt-login',
    file: 'users.ts',
    find: '    ctx.body = ctx.state.user\n',
    replace: `    const { email, ...user } = ctx.state.user
    ctx.body = user
`,
    because: 'The address of a user is kept from everyone, also from that user.',
  },
  {
    id: 'unknown-address-is-named',
    breaks: 'jwt-login',
    file: 'login.ts',
    find: `    const { id } = await authenticate(ctx.request.body)`,
    replace: `    const { email, password } = parseBody(credentials, ctx.request.body)
    if (!(await users.findLogin(email))) {
      await passwordFits(password, undefined)
      throw Object.assign(unauthorized(), { message: 'Nobody has this address.' })
    }
    const { id } = await authenticate(ctx.request.body)`,
    because: 'The answer is meant to help, and helps whoever tries addresses.',
  },
  {
    id: 'address-in-the-sql',
    breaks: 'jwt-login',
    file: 'user-store.ts',
    find: `sql<string>\`lower(\${email})\``,
    replace: `sql<string>\`lower(\${sql.raw("'" + email + "'")})\``,
    because: 'SQL is put together from texts, and some names have an apostrophe.',
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
  {
    id: 'one-salt-for-all',
    breaks: 'password-hashing',
    file: 'passwords.ts',
    find: 'bcrypt.hash(password, COST)',
    replace: "bcrypt.hash(password, '$2b$10$abcdefghijklmnopqrstuu')",
    because: 'The salt is a constant, so equal passwords have equal hashes.',
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
    id: 'comments-are-all-deleted',
    breaks: 'posts',
    file: 'comment-store.ts',
    find: "await db.deleteFrom('comments').where('id', '=', id).execute()",
    replace: `const { postId } = await db.selectFrom('comments').select('postId').where('id', '=', id).executeTakeFirstOrThrow()
      await db.deleteFrom('comments').where('postId', '=', postId).execute()`,
    because: 'Deleting a comment deletes all comments of its post.',
  },
  {
    id: 'users-have-one-page',
    breaks: 'posts',
    file: 'users.ts',
    find: 'ctx.body = await paged(parseQuery(listQuery, ctx.query), users.list)',
    replace: `const { items } = await paged(parseQuery(listQuery, ctx.query), users.list)
    ctx.body = { items, nextCursor: null }`,
    because: 'The list of users ends with its first page.',
  },
  {
    id: 'patch-changes-every-post',
    breaks: 'posts',
    file: 'post-store.ts',
    find: `        .set({ ...changes, updatedAt })
        .where('id', '=', id)
`,
    replace: `        .set({ ...changes, updatedAt })
`,
    because: 'The update of a post forgets its WHERE.',
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
  {
    id: 'post-answers-200',
    breaks: 'posts',
    file: 'posts.ts',
    find: 'ctx.status = 201',
    replace: 'ctx.status = 200',
    because: 'Creating a post answers 200.',
  },
  {
    id: 'admins-list-their-own-drafts',
    breaks: 'posts',
    file: 'posts.ts',
    find: "status === 'draft' && !isAdmin(user) ? user?.id",
    replace: "status === 'draft' ? user?.id",
    because: 'The list of drafts knows authors, and no admins.',
  },
  {
    id: 'newest-by-publication',
    breaks: 'posts',
    file: 'post-store.ts',
    find: ".orderBy('posts.id', 'desc')",
    replace: ".orderBy('posts.publishedAt', 'desc')",
    because: 'The list is in the order of publication.',
  },
  {
    id: 'limit-is-clamped',
    breaks: 'posts',
    file: 'paging.ts',
    find: `    .regex(/^([1-9]\\d?|100)$/, 'must be an integer from 1 to 100')
    .transform(Number)`,
    replace: '    .transform(limit => Math.min(Math.max(Math.floor(Number(limit)) || 20, 1), 100))',
    because: 'A limit that makes no sense is bent until it does.',
  },
  {
    id: 'odd-ids-reach-the-database',
    breaks: 'posts',
    file: 'posts.ts',
    find: 'found(await posts.find(pathId(ctx)))',
    replace: 'found(await posts.find(ctx.params.id as string))',
    because: 'The database does not take every text for an id, and its error becomes a 500.',
  },
  {
    id: 'comments-hold-the-post',
    breaks: 'posts',
    file: 'migrations/0001-blog.ts',
    find: "references('posts.id').onDelete('cascade')",
    replace: "references('posts.id')",
    because: 'A post that has comments cannot be deleted.',
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
  {
    id: 'no-challenge-without-a-token',
    breaks: 'protected-routes',
    file: 'guards.ts',
    find: '      if (!user) throw unauthorized()\n',
    replace: '      if (!user) throw new Problem(401)\n',
    because: 'Who sends no token is not told that one is wanted.',
  },
  {
    id: 'foreign-claims-refused',
    breaks: 'protected-routes',
    file: 'access-tokens.ts',
    find: '        return id.safeParse(payload.sub).data',
    replace: `        if (Object.keys(payload).length > 5) return undefined
        return id.safeParse(payload.sub).data`,
    because: 'Only tokens with the claims that the server itself writes are taken.',
  },
  {
    id: 'endless-token-accepted',
    breaks: 'protected-routes',
    file: 'access-tokens.ts',
    find: ", requiredClaims: ['exp']",
    replace: '',
    because: 'A token that does not say when it expires never does.',
  },
  {
    id: 'signature-is-advice',
    breaks: 'protected-routes',
    file: 'access-tokens.ts',
    find: 'await jwtVerify(token, key, options)',
    replace: `await jwtVerify(token, key, options).catch(() => ({
          payload: JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string },
        }))`,
    because: 'When verifying fails, decoding goes on.',
  },
  {
    id: 'key-from-the-token',
    breaks: 'protected-routes',
    file: 'access-tokens.ts',
    find: `        const options = { ...CLAIMS, algorithms: ['HS256'], requiredClaims: ['exp'] }
        const { payload } = await jwtVerify(token, key, options)`,
    replace: `        const { decodeProtectedHeader, EmbeddedJWK } = await import('jose')
        const options = { ...CLAIMS, algorithms: ['HS256', 'RS256'], requiredClaims: ['exp'] }
        const { payload } = decodeProtectedHeader(token).alg === 'RS256'
          ? await jwtVerify(token, EmbeddedJWK, options)
          : await jwtVerify(token, key, options)`,
    because: 'The token brings the key that it is verified with.',
  },
  {
    id: 'any-text-is-a-user-id',
    breaks: 'protected-routes',
    file: 'access-tokens.ts',
    find: 'return id.safeParse(payload.sub).data',
    replace: 'return payload.sub',
    because: 'The database does not take every `sub` for an id, and its error becomes a 500.',
  },
  {
    id: 'role-from-the-token',
    breaks: 'protected-routes',
    file: 'guards.ts',
    find: `      return user
    }
    const sid`,
    replace: `      const [, payload = ''] = authorization.split('.')
      const { role } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Partial<User>
      return { ...user, role: role ?? user.role }
    }
    const sid`,
    because: 'A role in the token wins, so that old ones live on.',
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
  {
    id: 'everyone-is-an-editor',
    breaks: 'rbac',
    file: 'permissions.ts',
    find: "role === 'editor' || role === 'admin'",
    replace: 'roles.includes(role)',
    because: 'Whoever has a role may write posts.',
  },
  {
    id: 'admins-are-no-authors',
    breaks: 'rbac',
    file: 'permissions.ts',
    find: 'return isAdmin(actor) || (isEditor(actor) && isAuthor(actor, post))',
    replace: 'return isEditor(actor) && isAuthor(actor, post)',
    because: 'Only authors change posts, and admins are forgotten.',
  },
  {
    id: 'unknown-role-is-viewer',
    breaks: 'rbac',
    file: 'users.ts',
    find: 'z.enum(roles)',
    replace: "z.enum(roles).catch('viewer')",
    because: 'A role that does not exist takes all rights away, where it should be refused.',
  },
  {
    id: 'more-than-the-role-ignored',
    breaks: 'rbac',
    file: 'users.ts',
    find: 'z.strictObject({ role',
    replace: 'z.object({ role',
    because: 'Whoever sends an address with the role believes that it was changed.',
  },
  {
    id: 'commenters-cannot-leave',
    breaks: 'rbac',
    file: 'migrations/0001-blog.ts',
    find: `references('posts.id').onDelete('cascade'))
    .addColumn('author_id', 'uuid', column => column.notNull().references('users.id').onDelete('cascade'))`,
    replace: `references('posts.id').onDelete('cascade'))
    .addColumn('author_id', 'uuid', column => column.notNull().references('users.id'))`,
    because: 'A user who has commented cannot be deleted.',
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
  {
    id: 'same-refresh-token-again',
    breaks: 'refresh-tokens',
    file: 'login.ts',
    find: '    await answerTokens(ctx, rotated)\n',
    replace: `    const { refreshToken } = parseBody(refresh, ctx.request.body)
    await answerTokens(ctx, { ...rotated, token: refreshToken })
`,
    because: 'The client gets the old refresh token back.',
  },
  {
    id: 'refresh-in-a-race',
    breaks: 'refresh-tokens',
    file: 'refresh-tokens.ts',
    find: `    const family = await trx
      .updateTable('refreshTokens')
      .set({ usedAt: sql\`now()\` })
      .where('hash', '=', hashOf(token))
      .where('usedAt', 'is', null)
`,
    replace: `    const unused = await trx
      .selectFrom('refreshTokens')
      .select('hash')
      .where('hash', '=', hashOf(token))
      .where('usedAt', 'is', null)
      .executeTakeFirst()
    if (!unused) return undefined
    const family = await trx
      .updateTable('refreshTokens')
      .set({ usedAt: sql\`now()\` })
      .where('hash', '=', hashOf(token))
`,
    because: 'Between looking for the token and marking it, others look too.',
  },
  {
    id: 'refresh-key-of-the-process',
    breaks: 'refresh-tokens',
    file: 'refresh-tokens.ts',
    find: "const hashOf = (token: string) => createHash('sha256').update(token).digest()",
    replace: `const pepper = randomBytes(32)
const hashOf = (token: string) => createHash('sha256').update(pepper).update(token).digest()`,
    because: 'The key of the hashes is made up at every start.',
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
    replace: `    await sessions.find(ctx.cookies.get('sid') ?? '')
    setCookie(ctx, null)`,
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
  {
    id: 'drafts-need-a-token',
    breaks: 'sessions',
    file: 'guards.ts',
    find: 'ctx.state.user = await findUser(ctx)\n',
    replace: `ctx.state.user = ctx.headers.authorization === undefined ? undefined : await findUser(ctx)
`,
    because: 'Routes that also work without a login look for a token only.',
  },
  {
    id: 'user-id-is-a-session-id',
    breaks: 'sessions',
    file: 'sessions.ts',
    find: 'return await reached(redis.get(keyOf(id)))',
    replace: `const userId = await reached(redis.get(keyOf(id)))
      return userId ?? (/^[0-9a-f-]{36}$/.test(id) ? id : null)`,
    because: 'A cookie of the first version, with the id of the user, is still good.',
  },
  {
    id: 'bad-token-good-session',
    breaks: 'sessions',
    file: 'guards.ts',
    find: `      if (!user) throw unauthorized('Bearer error="invalid_token"')
      return user
`,
    replace: `      if (!user && !ctx.cookies.get('sid')) throw unauthorized('Bearer error="invalid_token"')
      if (user) return user
`,
    because: 'When the token is bad, the cookie is tried.',
  },
  {
    id: 'session-key-of-the-process',
    breaks: 'sessions',
    file: 'sessions.ts',
    find: 'const keyOf = (id: string) => `session:',
    replace: `const boot = randomBytes(8).toString('hex')
const keyOf = (id: string) => \`session:\${boot}:`,
    because: 'Sessions belong to the process that made them.',
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
    id: 'undocumented-lifetime',
    breaks: 'security-practices',
    file: 'docs/security.md',
    find: '| session lifetime | 86400 s | a day after logging in, a session ends |\n',
    replace: '',
    because: 'One of the settings is left out.',
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
  // resilience
  {
    id: 'redis-is-given-up',
    breaks: 'resilience',
    file: 'main.ts',
    find: 'const redis = await connectRedis(config.REDIS_URL, logger)',
    replace: `const redis = (await connectRedis(config.REDIS_URL, logger)).duplicate({ retryStrategy: () => null })
await redis.connect()`,
    because: 'A connection to Redis that is lost is never made anew.',
  },
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
  {
    id: 'waits-for-redis',
    breaks: 'resilience',
    file: 'main.ts',
    find: 'const redis = await connectRedis(config.REDIS_URL, logger)',
    replace: `const { Redis } = await import('ioredis')
const redis = new Redis(config.REDIS_URL)
redis.on('error', () => {})`,
    because: 'Commands are queued until Redis is back, and so are the clients.',
  },
  {
    id: 'redis-lost-for-good',
    breaks: 'resilience',
    file: 'main.ts',
    find: 'const redis = await connectRedis(config.REDIS_URL, logger)',
    replace: `const redis = await connectRedis(config.REDIS_URL, logger)
redis.on('close', () => redis.disconnect())`,
    because: 'Nobody connects again.',
  },
  {
    id: 'logout-shrugs',
    breaks: 'resilience',
    file: 'login.ts',
    find: `    await endSession(ctx)
    setCookie(ctx, null)`,
    replace: `    await endSession(ctx).catch(() => {})
    setCookie(ctx, null)`,
    because: 'The user is told that the session is over, and it is not.',
  },
  {
    id: 'tokens-outlive-a-logout',
    breaks: 'resilience',
    file: 'login.ts',
    find: 'await endFamily(db, parseBody(refresh, ctx.request.body).refreshToken)',
    replace: 'await endFamily(db, parseBody(refresh, ctx.request.body).refreshToken).catch(() => {})',
    because: 'The user is told that the tokens are revoked, and Postgres was not there to do it.',
  },
  {
    id: 'no-postgres-no-user',
    breaks: 'resilience',
    file: 'guards.ts',
    find: 'const user = id === undefined ? undefined : await users.find(id)\n      if',
    replace: `const user = id === undefined ? undefined : await users.find(id).catch(() => undefined)
      if`,
    because: 'An error of Postgres is taken for a user who does not exist.',
  },
])
