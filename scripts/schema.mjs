// Writes schemas/*.schema.json from the schemas that bep itself uses.
import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { gradeRecordSchema } from '../dist/cli/engine/batch/grade-record.js'
import { gradingSettingsSchema } from '../dist/cli/engine/batch/grading-settings.js'
import { studentResultSchema } from '../dist/cli/engine/batch/student-result.js'
import { resultsSchema } from '../dist/cli/engine/results.js'

const schemas = {
  results: z.toJSONSchema(resultsSchema),
  'grade-record': z.toJSONSchema(gradeRecordSchema),
  // What a person may leave out has a default.
  'grading-settings': z.toJSONSchema(gradingSettingsSchema, { io: 'input' }),
  'student-result': z.toJSONSchema(studentResultSchema),
}
for (const [name, schema] of Object.entries(schemas)) {
  await writeFile(
    new URL(`../schemas/${name}.schema.json`, import.meta.url),
    `${JSON.stringify(schema, null, 2)}\n`,
  )
}
