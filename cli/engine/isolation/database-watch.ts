import pg from 'pg'

const everyMs = 1_000
const maxBytes = 512 * 1024 * 1024

/**
 * Looks every second whether an app's database has grown out of bounds: the disk is its neighbours' as well. The
 * account of such an app is shut out of the server.
 * @param url the app's own way to its database, which names its account
 * @returns The way to end it.
 */
export async function watchDatabase(adminUrl: string, url: string): Promise<() => Promise<void>> {
  const account = decodeURIComponent(new URL(url).username)
  const admin = new pg.Client(adminUrl)
  // A server that is gone is noticed elsewhere.
  admin.on('error', () => undefined)
  await admin.connect()
  let last: Promise<unknown> = Promise.resolve()
  const look = async () => {
    const { rows } = await admin.query('select pg_database_size(current_database())::float8 as bytes')
    if ((rows[0] as { bytes: number }).bytes <= maxBytes) return
    clearInterval(timer)
    await admin.query(`alter role ${pg.escapeIdentifier(account)} connection limit 0`)
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [account])
  }
  const timer = setInterval(() => {
    last = last.then(look).catch(() => undefined)
  }, everyMs)
  return async () => {
    clearInterval(timer)
    await last
    await admin.end()
  }
}
