import SwaggerParser from '@apidevtools/swagger-parser'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { Exchange } from './exchange.js'

type Json = Record<string, unknown>

interface Route {
  readonly method: string
  /** As in the document: `/tasks/{id}`. */
  readonly template: string
}

/** A valid OpenAPI 3.1 document that answers can be held against. */
export interface OpenApiDocument {
  readonly routes: readonly Route[]
  /** The documented route that a request path belongs to; literal segments win over parameters. */
  findRoute(method: string, path: string): Route | undefined
  /** What the document says differently about this exchange; undefined when they agree. */
  findViolation(exchange: Exchange): string | undefined
  /** Whether the schema of a documented JSON answer accepts `body`; undefined without such a schema. */
  accepts(route: Route, status: number, body: unknown): boolean | undefined
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/**
 * Reads an OpenAPI document, checked against the specification's own schema.
 * @throws Error with the reason when it is not a valid OpenAPI 3.1 document.
 * @see https://spec.openapis.org/oas/v3.1.0 (§4.8.16 Responses Object: exact statuses win over ranges,
 *   ranges over `default`)
 */
export async function readOpenApi(document: unknown): Promise<OpenApiDocument> {
  const version = Object(document).openapi
  if (typeof version !== 'string' || !version.startsWith('3.1')) {
    throw new Error(`\`openapi\` is ${JSON.stringify(version)}, expected 3.1.x`)
  }
  const source = document as Json
  // The parser resolves references in place: it gets a copy.
  // References to files and other servers are not followed: they would be read with the grader's own rights.
  await SwaggerParser.validate(structuredClone(source) as never, { resolve: { external: false } })

  const ajv = new Ajv2020({ strict: false, allErrors: false, addUsedSchema: false })
  ;(formats as unknown as (ajv: Ajv2020) => void)(ajv)
  ajv.addSchema(source, 'document')
  const compiled = new Map<string, ValidateFunction>()
  const compile = (pointer: string) => {
    let validate = compiled.get(pointer)
    if (!validate) {
      validate = ajv.compile({ $ref: `document#${pointer}` })
      compiled.set(pointer, validate)
    }
    return validate
  }

  const at = (pointer: string): unknown =>
    pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((value, token) => Object(value)[unescapeToken(token)], source)
  /** Follows `$ref`s and gives the pointer of the object that is meant. */
  const resolve = (pointer: string): string => {
    const reference = Object(at(pointer)).$ref
    return typeof reference === 'string' ? resolve(decodeURI(reference.slice(1))) : pointer
  }

  const pointers = new Map<Route, string>()
  for (const template of Object.keys(Object(source.paths))) {
    const item = resolve(`/paths/${escapeToken(template)}`)
    for (const method of methods) {
      if (Object(at(item))[method])
        pointers.set({ method: method.toUpperCase(), template }, `${item}/${method}`)
    }
  }
  const routes = [...pointers.keys()]

  const findRoute = (method: string, path: string) =>
    routes
      .filter(route => route.method === method && matches(route.template, path))
      .sort((a, b) => parameters(a.template) - parameters(b.template))[0]

  const findResponse = (route: Route, status: number): string | undefined => {
    const responses = `${pointers.get(route)}/responses`
    const key = [String(status), `${Math.floor(status / 100)}XX`, 'default'].find(
      candidate => candidate in Object(at(responses)),
    )
    return key && resolve(`${responses}/${key}`)
  }

  const findSchema = (response: string, type: string): string | undefined => {
    const content = Object(at(`${response}/content`)) as Json
    const key = [type, `${type.split('/')[0]}/*`, '*/*'].find(candidate => candidate in content)
    return key && `${response}/content/${escapeToken(key)}`
  }

  return {
    routes,
    findRoute,

    findViolation({ method, path, response: answer }) {
      if (!answer) return undefined
      const route = findRoute(method, path)
      if (!route) return `${method} ${path.split('?')[0]} is not among its paths`
      const name = `${method} ${route.template} → ${answer.status}`
      const response = findResponse(route, answer.status)
      if (!response) return `${name}: the status is not documented`
      const type = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
      if (answer.body === '') return undefined
      const media = findSchema(response, type)
      if (!media) return `${name}: the content type "${type}" is not documented`
      if (!Object(at(media)).schema) return undefined
      const validate = compile(`${media}/schema`)
      if (validate(parse(answer.body))) return undefined
      const [error] = validate.errors ?? []
      return `${name}: the body ${error?.instancePath || ''} ${error?.message}, says the schema`
    },

    accepts(route, status, body) {
      const response = findResponse(route, status)
      const media = response && findSchema(response, 'application/json')
      if (!media || !Object(at(media)).schema) return undefined
      return compile(`${media}/schema`)(body)
    },
  }
}

const escapeToken = (token: string) => token.replaceAll('~', '~0').replaceAll('/', '~1')
const unescapeToken = (token: string) => token.replaceAll('~1', '/').replaceAll('~0', '~')
const parameters = (template: string) => template.split('{').length

function matches(template: string, path: string): boolean {
  const wanted = template.split('/')
  const given = path.split('?')[0]?.split('/') ?? []
  return (
    wanted.length === given.length &&
    wanted.every((segment, n) => segment === given[n] || (segment.startsWith('{') && given[n] !== ''))
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
