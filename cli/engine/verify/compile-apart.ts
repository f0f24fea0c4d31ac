import { once } from 'node:events'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { packageRoot } from '../project-files.js'
import type { Compiled, EditedFile } from './reference-compiler.js'

/** What the thread is given; it answers with a `Compiled` for each edit. */
export interface CompilerTask {
  readonly projectsDir: string
  readonly slug: string
  readonly edits: readonly EditedFile[]
}

const thread = path.join(packageRoot, 'dist', 'cli', 'engine', 'verify', 'compiler-thread.js')

/**
 * Compiles the edits as `openReferenceCompiler` does, in a thread of its own: the compiler takes seconds, in
 * which the traffic of the apps under grading would stand still.
 */
export async function compileApart(
  projectsDir: string,
  slug: string,
  edits: readonly EditedFile[],
  signal: AbortSignal,
): Promise<readonly Compiled[]> {
  if (edits.length === 0) return []
  const workerData: CompilerTask = { projectsDir, slug, edits }
  const worker = new Worker(thread, { workerData })
  try {
    // An error in the thread rejects this, too.
    const [compiled] = await once(worker, 'message', { signal })
    return compiled
  } finally {
    await worker.terminate()
  }
}
