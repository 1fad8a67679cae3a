/** Runs the service for the browser tests, on a demo city in a database that `scripts/web browser` made. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    origin: string
    password: string
  }
}

const PASSWORD = 'Elders-at-home-2024'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const program = process.env.STEWARD_BIN
  if (!program || !process.env.DATABASE_URL) throw new Error('run it by `scripts/web browser`, on a test cluster')
  const env = {
    ...process.env,
    STEWARD_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
    STEWARD_LISTEN: '127.0.0.1:0',
    STEWARD_ATTACHMENTS: mkdtempSync(join(tmpdir(), 'steward-photos-')),
    STEWARD_DEMO_PASSWORD: PASSWORD,
  }
  for (const args of [['migrate'], ['demo', '--weeks', '4']]) {
    const run = spawnSync(program, args, { env, encoding: 'utf8' })
    if (run.status !== 0) throw new Error(`steward ${args.join(' ')}: ${run.stderr}`)
  }
  const service = spawn(program, ['serve'], { env, stdio: ['ignore', 'inherit', 'pipe'] })
  project.provide('origin', `http://${await listening(service)}`)
  project.provide('password', PASSWORD)
  return () => stopped(service)
}

/** The address that the service says it serves on. */
function listening(service: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    service.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < 10_000) said += chunk.toString()
      const address = /127\.0\.0\.1:\d+/.exec(said)?.[0]
      if (address) resolve(address)
    })
    service.once('exit', () => reject(new Error(`the service ended: ${said}`)))
  })
}

function stopped(service: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    service.once('exit', () => resolve())
    service.kill('SIGTERM')
  })
}
