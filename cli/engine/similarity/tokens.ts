import path from 'node:path'
import { grammarTokens } from './grammar-tokens.js'
import { scriptTokens } from './script-tokens.js'

/**
 * One token of a source, normalised: every identifier is `I`, every text `S`, every number `N`; keywords, operators
 * and brackets are themselves. Comments, white space, semicolons and imports are no tokens.
 */
export interface Token {
  readonly text: string
  /** Lines count from 1. A text may span several. */
  readonly line: number
  readonly endLine: number
}

const scripts = new Set(['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'])

/** The grammar of Prism's for a file that ends so. */
const grammars: Readonly<Record<string, string>> = {
  '.c': 'c',
  '.h': 'c',
  '.cc': 'cpp',
  '.cpp': 'cpp',
  '.cxx': 'cpp',
  '.hpp': 'cpp',
  '.clj': 'clojure',
  '.cs': 'csharp',
  '.dart': 'dart',
  '.erl': 'erlang',
  '.ex': 'elixir',
  '.exs': 'elixir',
  '.fs': 'fsharp',
  '.go': 'go',
  '.groovy': 'groovy',
  '.hs': 'haskell',
  '.java': 'java',
  '.kt': 'kotlin',
  '.kts': 'kotlin',
  '.lua': 'lua',
  '.php': 'php',
  '.pl': 'perl',
  '.pm': 'perl',
  '.py': 'python',
  '.rb': 'ruby',
  '.rs': 'rust',
  '.scala': 'scala',
  '.sql': 'sql',
  '.swift': 'swift',
}

/** Whether tokens can be made of a file of that name. */
export function isSource(file: string): boolean {
  const ending = path.extname(file).toLowerCase()
  return scripts.has(ending) || ending in grammars
}

/** The tokens of a source; its language follows from the name of the file. */
export function tokenise(file: string, text: string): readonly Token[] {
  const ending = path.extname(file).toLowerCase()
  const grammar = grammars[ending]
  return plain(
    scripts.has(ending) ? scriptTokens(text) : grammar === undefined ? [] : grammarTokens(text, grammar),
  )
}

const closing = new Set([')', ']', '}'])

/** Without what a formatter puts in or takes out: trailing commas and brackets around a lone parameter. */
function plain(tokens: readonly Token[]): readonly Token[] {
  const kept: Token[] = []
  for (const token of tokens) {
    if (closing.has(token.text) && kept.at(-1)?.text === ',') kept.pop()
    if (token.text === '=>' && kept.at(-1)?.text === ')' && kept.at(-3)?.text === '(') {
      const [, parameter] = kept.splice(-3)
      if (parameter) kept.push(parameter)
    }
    kept.push(token)
  }
  return kept
}
