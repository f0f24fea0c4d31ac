import path from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import ts from 'typescript'
import { BepError } from '../../../fixtures/bep-error.js'

/** A source file of a reference with another text. */
export interface EditedFile {
  readonly file: string
  readonly text: string
}

/** What became of an edit: JavaScript, or what the compiler says against it. */
type Compiled = { readonly js: string } | { readonly errors: readonly string[] }

/** Checks and compiles edited files of the references, in memory. */
export interface ReferenceCompiler {
  /** Compiles each edit by itself, against the unedited rest. */
  compile(edits: readonly EditedFile[]): Promise<readonly Compiled[]>
}

/**
 * Loads all references with the options of `tsconfig.json` in `projectsDir`. Import this module lazily: the
 * compiler takes 0.3 s to load.
 */
export function openReferenceCompiler(projectsDir: string): ReferenceCompiler {
  const { options, fileNames } = readConfig(path.join(projectsDir, 'tsconfig.json'))
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  const resolutions = ts.createModuleResolutionCache(projectsDir, name => name, options)
  const parsed = new Map<string, ts.SourceFile | undefined>()
  const overlay = new Map<string, string>()
  host.readFile = file => overlay.get(file) ?? readFile.call(host, file)
  host.fileExists = file => overlay.has(file) || fileExists.call(host, file)
  host.getModuleResolutionCache = () => resolutions
  host.getSourceFile = (file, ...rest) => {
    if (overlay.has(file)) return getSourceFile.call(host, file, ...rest)
    if (!parsed.has(file)) parsed.set(file, getSourceFile.call(host, file, ...rest))
    return parsed.get(file)
  }

  /** Says what is wrong in all references with one file replaced. */
  const checkAll = (edit: EditedFile, oldProgram: ts.Program) => {
    overlay.clear()
    overlay.set(edit.file, edit.text)
    const program = ts.createProgram({ rootNames: fileNames, options, host, oldProgram })
    return fileNames.flatMap(file => check(program, file))
  }

  return {
    async compile(edits) {
      const named = edits.map(({ file, text }) => ({ file: nameOf(file, fileNames), text }))
      // Each edit beside its original, all in one program: what they share is parsed and checked once.
      overlay.clear()
      const besides = named.map(({ file }, n) => file.replace(/\.ts$/, `.edit-${n}.ts`))
      for (const [n, { text }] of named.entries()) overlay.set(besides[n] ?? '', text)
      const program = ts.createProgram({ rootNames: [...fileNames, ...besides], options, host })
      const results: Compiled[] = []
      for (const [n, edit] of named.entries()) {
        const beside = besides[n] ?? ''
        let found = check(program, beside)
        // Other files can only object to what a file declares.
        if (found.length === 0 && declarations(program, beside) !== declarations(program, edit.file)) {
          found = checkAll(edit, program)
        }
        results.push(found.length > 0 ? { errors: found } : { js: transpile(edit, options) })
        await breathe()
      }
      return results
    },
  }
}

function nameOf(file: string, fileNames: readonly string[]): string {
  const name = fileNames.find(candidate => path.resolve(candidate) === path.resolve(file))
  if (name === undefined) throw new BepError('NOT_A_SOURCE', `${file} is no source file of a reference`)
  return name
}

function check(program: ts.Program, file: string): readonly string[] {
  const source = program.getSourceFile(file)
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(describe)
}

function declarations(program: ts.Program, file: string): string {
  const emitted: string[] = []
  program.emit(program.getSourceFile(file), (_name, text) => emitted.push(text), undefined, true)
  // The members of a union come in any order: a line counts as the words in it.
  const lines = emitted.join('\n').split('\n')
  return lines.map(line => line.split(/\b/).sort().join('')).join('\n')
}

const transpile = ({ file, text }: EditedFile, options: ts.CompilerOptions) =>
  ts.transpileModule(text, { compilerOptions: asModules(options), fileName: file }).outputText

// Alone, a file has no package.json beside it that would say that it is an ES module.
const asModules = (options: ts.CompilerOptions): ts.CompilerOptions => ({
  ...options,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
})

function readConfig(file: string): { options: ts.CompilerOptions; fileNames: readonly string[] } {
  const fail = (diagnostic: ts.Diagnostic) => {
    throw new BepError('COMPILER_CONFIG', `${file}: ${describe(diagnostic)}`, {
      fix: 'Run `npx tsc -b` and mend what it says.',
    })
  }
  const overrides = { composite: false, incremental: false, sourceMap: false, emitDeclarationOnly: true }
  const config = ts.getParsedCommandLineOfConfigFile(file, overrides, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: fail,
  })
  if (!config) throw new BepError('COMPILER_CONFIG', `${file} cannot be read`)
  const [error] = config.errors
  if (error) fail(error)
  return config
}

function describe({ file, start, messageText }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, ' ')
  if (!file || start === undefined) return message
  const { line } = file.getLineAndCharacterOfPosition(start)
  const name = path.basename(file.fileName).replace(/\.edit-\d+\.ts$/, '.ts')
  return `${name}:${line + 1}: ${message}`
}
