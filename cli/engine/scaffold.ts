import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../fixtures/bep-error.js'
import type { Project } from '../../projects/catalog.js'
import { baseTemplateDir, briefFile, templateDir } from './project-files.js'
import { settingsFile } from './workspace.js'

export type Starter = 'typescript' | 'blank'

interface ScaffoldOptions {
  readonly dir: string
  readonly starter: Starter
  /** Add what is missing to a folder that has other files. */
  readonly add: boolean
}

// npm leaves .gitignore files out of packages: templates carry them under another name.
const renamed: Readonly<Record<string, string>> = { gitignore: '.gitignore' }

/**
 * Writes a project's starter and brief into `dir` and gives the files that it wrote. A file that is there
 * already is left as it is.
 * @throws BepError FOLDER_NOT_EMPTY when `dir` has other files and `add` is not set; FOLDER_UNWRITABLE.
 */
export async function scaffold(
  project: Project,
  { dir, starter, add }: ScaffoldOptions,
): Promise<readonly string[]> {
  const there = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw unwritable(dir, error)
  })
  if (there.length > 0 && !add) {
    throw new BepError(
      'FOLDER_NOT_EMPTY',
      `${dir} has other files (${there.slice(0, 3).join(', ')}${there.length > 3 ? ', …' : ''}); nothing was written`,
      { fix: `Choose another folder with \`--dir\`, or let bep add what is missing with \`--add\`.` },
    )
  }
  const wanted = new Map<string, string>()
  if (starter === 'blank') {
    wanted.set('BRIEF.md', await readFile(briefFile(project), 'utf8'))
    wanted.set(settingsFile, blankSettings(project))
  } else {
    for (const template of [baseTemplateDir, templateDir(project)]) {
      for (const file of await listFiles(template)) {
        const name = path.basename(file)
        const target = path.join(path.dirname(file), renamed[name] ?? name)
        wanted.set(target, await readFile(path.join(template, file), 'utf8'))
      }
    }
  }
  // Last the file that makes the folder a workspace: whoever is killed before can run the command again.
  const files = [...wanted].sort(([a], [b]) => Number(a === settingsFile) - Number(b === settingsFile))
  const written: string[] = []
  const made: string[] = []
  try {
    for (const [file, content] of files) {
      const target = path.join(dir, file)
      const folder = await mkdir(path.dirname(target), { recursive: true })
      if (folder !== undefined) made.push(folder)
      if (await writeNew(target, content)) written.push(file)
    }
  } catch (error) {
    for (const file of written) await rm(path.join(dir, file), { force: true })
    for (const folder of made.reverse()) await rm(folder, { recursive: true, force: true })
    throw unwritable(dir, error as NodeJS.ErrnoException)
  }
  return written
}

/** Writes a file where there is none, wholly or not at all; gives false when there is one. */
async function writeNew(file: string, content: string): Promise<boolean> {
  // wx: never over a file that is there, also when it appeared just now.
  const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined
    throw error
  })
  if (handle === undefined) return false
  try {
    await handle.writeFile(content)
    return true
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

function blankSettings({ id, title }: Project): string {
  return `# ${title}: how bep runs your server. Any language will do.
project: ${id}

# Run once before the first start and whenever you run \`bep start\` after changing this line:
# install: pip install -r requirements.txt

# Your server: it listens on $PORT and keeps its data in $DATABASE_URL. See BRIEF.md.
start: echo "Set the start command in bep.yml" && exit 1
`
}

async function listFiles(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .filter(file => !file.split(path.sep).includes('node_modules'))
}

function unwritable(dir: string, error: NodeJS.ErrnoException): BepError {
  const why: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EROFS: 'it is read-only',
    EACCES: 'no permission',
  }
  return new BepError(
    'FOLDER_UNWRITABLE',
    `cannot write into ${dir}: ${why[error.code ?? ''] ?? error.message}`,
    {
      fix: 'Choose another folder with `--dir`. Files that were there before are as they were.',
      cause: error,
    },
  )
}
