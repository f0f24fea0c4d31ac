import Prism from 'prismjs'
import loadLanguages from 'prismjs/components/index.js'
import { lineCounter } from './script-tokens.js'
import type { Token } from './tokens.js'

/** Types of Prism's that are one literal, whatever is inside. */
const texts = new Set([
  'string',
  'string-literal',
  'string-interpolation',
  'interpolation-string',
  'multiline-string',
  'triple-quoted-string',
  'template-string',
  'raw-string',
  'char',
  'character',
  'regex',
])
const comments = new Set(['comment', 'shebang', 'hashbang', 'doc-comment', 'heredoc-comment'])
/** What only leads to other files. */
const headers = /^[ \t]*(?:import|from|use|using|package|namespace|require|require_once|#include)\b[^\n(]*$/gm

const word = /[\p{L}\p{N}_$]+|[^\s\p{L}\p{N}_$]/gu

/** The normalised tokens of any language that Prism has a grammar for. */
export function grammarTokens(text: string, language: string): Token[] {
  if (!(language in Prism.languages)) loadLanguages([language])
  const grammar = Prism.languages[language]
  if (grammar === undefined) throw new Error(`Prism has no grammar "${language}"`)
  // The lines stay, so that the rest keeps its numbers. In SQL `from` begins a clause.
  const source = language === 'sql' ? text : text.replaceAll(headers, '')
  const tokens: Token[] = []
  const lineAt = lineCounter(source)
  let offset = 0
  const add = (token: string, from: number, to: number) => {
    if (token !== ';') tokens.push({ text: token, line: lineAt(from), endLine: lineAt(to) })
  }
  const walk = (stream: Prism.TokenStream, keyword: boolean): void => {
    if (typeof stream === 'string') {
      for (const found of stream.matchAll(word)) {
        const [part] = found
        const from = offset + found.index
        add(keyword ? part.toLowerCase() : /^[\p{L}_$]/u.test(part) ? 'I' : part, from, from + part.length)
      }
      offset += stream.length
    } else if (Array.isArray(stream)) for (const part of stream) walk(part, keyword)
    else if (comments.has(stream.type)) offset += stream.length
    else if (texts.has(stream.type) || stream.type === 'number') {
      add(stream.type === 'number' ? 'N' : 'S', offset, offset + stream.length)
      offset += stream.length
    } else if (stream.type === 'operator' && typeof stream.content === 'string') {
      add(stream.content, offset, offset + stream.length)
      offset += stream.length
    } else walk(stream.content, stream.type === 'keyword' || stream.type === 'boolean')
  }
  walk(Prism.tokenize(source, grammar), false)
  return tokens
}
