// Drives the real Graphile Worker: `node graphile-worker.js fill|hold|work URL`, as pg-boss.js does.

import { run, runOnce, makeWorkerUtils } from 'graphile-worker'

const [command, connectionString] = process.argv.slice(2)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const quiet = { connectionString, noHandleSignals: true, pollInterval: 300 }

if (command === 'fill') {
  const utils = await makeWorkerUtils({ connectionString })
  await utils.migrate()
  const ids = {}
  const add = async (name, spec) => { ids[name] = String((await utils.addJob(name, { n: name }, spec)).id) }
  await add('done')
  await add('broken', { maxAttempts: 1 })
  await add('again', { maxAttempts: 3 })
  await add('idle', { priority: 5 })
  await add('later', { runAt: new Date(Date.now() + 3600_000) })
  await add('gone')
  await add('held', { queueName: 'customer', jobKey: 'key 7' })
  await utils.permanentlyFailJobs([ids.gone], 'cancelled: asked twice')
  const fails = async () => { throw new Error('timeout after 3000 ms') }
  await runOnce({ ...quiet, taskList: { done: async () => {}, broken: fails, again: fails } })
  // The one after it in its queue.
  ids.behind = String((await utils.addJob('held', {}, { queueName: 'customer' })).id)
  console.log(JSON.stringify(ids))
  await utils.release()
} else if (command === 'hold') {
  await run({
    ...quiet,
    taskList: { held: async (_, { job }) => { console.log(String(job.id)); await sleep(3600_000) } }
  })
} else {
  const names = ['done', 'broken', 'again', 'idle', 'later', 'gone', 'held', 'nightly']
  const taskList = Object.fromEntries(names.map((name) => [name, async (_, { job }) => console.log(`${name} ${job.id}`)]))
  const runner = await run({ ...quiet, taskList, crontab: '0 3 * * * nightly' })
  await sleep(4000)
  await runner.stop()
}
if (command !== 'hold') process.exit(0)
