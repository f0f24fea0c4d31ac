import { z } from 'zod'

/** A request of a Postman collection, its URL as path segments. */
export interface PostmanRequest {
  readonly name: string
  readonly method: string
  /** Segments of the path; null stands for a parameter. */
  readonly segments: readonly (string | null)[]
  /** The body's raw text, if it has one. */
  readonly rawBody?: string
}

const request = z.object({
  method: z.string().default('GET'),
  url: z.union([z.string(), z.object({ raw: z.string() })]),
  body: z.object({ mode: z.string(), raw: z.string().optional() }).nullish(),
})
const item = z.object({
  name: z.string().default('unnamed'),
  request: request.optional(),
  get item() {
    return z.array(item).optional()
  },
})
const collection = z.object({
  info: z.object({
    name: z.string(),
    schema: z.string().regex(/\/v2\.1\.\d+\//, 'is not that of format 2.1'),
  }),
  item: z.array(item),
})

/**
 * Reads a Postman collection of format 2.1 and flattens its folders.
 * @throws Error that names the place which is wrong.
 * @see https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html
 */
export function readPostmanCollection(text: string): readonly PostmanRequest[] {
  const parsed = collection.safeParse(JSON.parse(text))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Error(`the collection's \`${issue?.path.join('.')}\` is wrong: ${issue?.message}`)
  }
  return parsed.data.item.flatMap(flatten)
}

function flatten(entry: z.infer<typeof item>): PostmanRequest[] {
  const nested = (entry.item ?? []).flatMap(flatten)
  if (!entry.request) return nested
  const { method, url, body } = entry.request
  const raw = typeof url === 'string' ? url : url.raw
  if (!raw.startsWith('{{baseUrl}}'))
    throw new Error(`the URL of "${entry.name}" does not start with {{baseUrl}}: ${raw}`)
  const path = raw.slice('{{baseUrl}}'.length).split(/[?#]/)[0] ?? ''
  const segments = path
    .split('/')
    .slice(1)
    .map(segment => (/^(:.+|\{\{.+\}\})$/.test(segment) ? null : segment))
  const own: PostmanRequest = {
    name: entry.name,
    method: method.toUpperCase(),
    segments,
    ...(body?.mode === 'raw' && body.raw !== undefined && { rawBody: body.raw }),
  }
  return [own, ...nested]
}
