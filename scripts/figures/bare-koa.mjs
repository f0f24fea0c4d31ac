// The least that a Koa app does to answer: the bytes of BODY, whatever is asked. With REDIS_URL it reads them from there.
import { Redis } from 'ioredis'
import Koa from 'koa'

const body = Buffer.from(process.env.BODY, 'base64')
const redis = process.env.REDIS_URL && new Redis(process.env.REDIS_URL)
await redis?.set('bare-koa', body)
const app = new Koa()
app.use(async ctx => {
  ctx.type = 'application/json'
  ctx.body = redis ? await redis.getBuffer('bare-koa') : body
})
app.listen(Number(process.env.PORT), '127.0.0.1')
