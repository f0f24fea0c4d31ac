// Writes schemas/results.schema.json from the schema that bep itself uses.
import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { resultsSchema } from '../dist/cli/engine/results.js'

const schema = z.toJSONSchema(resultsSchema)
await writeFile(
  new URL('../schemas/results.schema.json', import.meta.url),
  `${JSON.stringify(schema, null, 2)}\n`,
)
