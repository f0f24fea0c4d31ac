const pattern = /\{\{\s*([^{}]*?)\s*\}\}/g

/** What stands between the braces of each placeholder. */
export const placeholdersIn = (text: string): readonly string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name)

/** The text with a number of the same length for each placeholder: valid JSON inside and outside of quotes. */
export const blankPlaceholders = (text: string): string =>
  text.replaceAll(pattern, found => '1'.repeat(found.length))

/** Reads `1.items[0].id` or `login.response.body.accessToken`; undefined where it is neither. */
export function readPlaceholder(
  name: string,
): { readonly step: string; readonly path: readonly string[] } | undefined {
  const [, step, path] = /^([\w-]+)\.(?:response\.body\.)?(?:\$\.)?([^\s.].*)$/.exec(name) ?? []
  if (step === undefined || path === undefined) return undefined
  return { step, path: path.replaceAll(/\[(\d+)\]/g, '.$1').split('.') }
}

/** The value at a path such as `['items', '0', 'id']`; undefined where nothing is. */
export const valueAt = (body: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value !== null && Object.hasOwn(Object(value), key) ? Object(value)[key] : undefined),
    body,
  )

type LookUp = (name: string) => unknown

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Puts the variables of a request file in, also those in variables, and leaves all other placeholders. */
export function fillVariables(text: string, variables: ReadonlyMap<string, string>): string {
  const fill = (part: string, open: readonly string[]): string =>
    part.replaceAll(pattern, (found, name: string) => {
      if (open.includes(name)) throw new Error(`the variable ${name} stands for itself`)
      const value = variables.get(name)
      return value === undefined ? found : fill(value, [...open, name])
    })
  return fill(text, [])
}

export const fillText = (text: string, lookUp: LookUp): string =>
  text.replaceAll(pattern, (_, name: string) => asText(lookUp(name)))

export const fillPath = (path: string, lookUp: LookUp): string =>
  path.replaceAll(pattern, (_, name: string) => encodeURIComponent(asText(lookUp(name))))

/** In quotes a placeholder is part of the text; outside of them it is the value itself. */
export const fillJson = (json: string, lookUp: LookUp): string =>
  json.replaceAll(/"(?:[^"\\]|\\.)*"|\{\{[^{}]*\}\}/gs, part =>
    part.startsWith('"')
      ? part.replaceAll(pattern, (_, name: string) => JSON.stringify(asText(lookUp(name))).slice(1, -1))
      : part.replaceAll(pattern, (_, name: string) => JSON.stringify(lookUp(name))),
  )
