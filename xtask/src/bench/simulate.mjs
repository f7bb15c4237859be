// Asks @cloud-copilot/iam-simulate one question `count` times and prints nanoseconds a decision.
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const { policies, count } = JSON.parse(readFileSync(0, 'utf8'))
const simulation = {
  request: {
    principal: 'arn:aws:iam::111122223333:role/platform/eks/ClusterRole',
    action: 'iam:PassRole',
    resource: {
      resource: 'arn:aws:iam::111122223333:role/platform/eks/NodeRole',
      accountId: '111122223333',
    },
    contextVariables: { 'iam:PassedToService': 'ec2.amazonaws.com' },
  },
  identityPolicies: policies,
  serviceControlPolicies: [],
  resourceControlPolicies: [],
}
const decide = async () => {
  const { overallResult } = await runSimulation(simulation, {})
  if (overallResult !== 'Allowed') throw new Error(`decided ${overallResult}`)
}
await decide()
const start = process.hrtime.bigint()
for (let i = 0; i < count; i++) await decide()
console.log(Math.round(Number(process.hrtime.bigint() - start) / count))
