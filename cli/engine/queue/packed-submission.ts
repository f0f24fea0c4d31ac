import { create } from 'tar'
import { BepError } from '../../../fixtures/bep-error.js'

const maxPackedBytes = 16 * 1024 * 1024

/**
 * A submission's folder as one piece, to travel through Redis: tar, compressed by gzip.
 * @throws BepError SUBMISSION_TOO_LARGE_TO_QUEUE past 16 MiB
 */
export async function packSubmission(dir: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Neither owners nor times: only what the hash of the submission is made of.
  for await (const chunk of create({ cwd: dir, gzip: true, portable: true, noMtime: true }, ['.'])) {
    bytes += chunk.length
    if (bytes > maxPackedBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tooLarge = () =>
  new BepError(
    'SUBMISSION_TOO_LARGE_TO_QUEUE',
    `it is larger than ${maxPackedBytes / 1024 / 1024} MiB when packed, and a queue holds all of them in memory`,
    { fix: 'Grade it without --queue, with --only and --resume.' },
  )
