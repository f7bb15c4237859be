// The AWS SDK for JavaScript v3, as a program would use it: everything it needs comes from the
// environment.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomUUID } from "node:crypto";
import { CloudTrailClient, LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import { EC2Client, CreateSubnetCommand, CreateVpcCommand, DescribeSubnetsCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  CreateClusterCommand,
  DescribeAccessEntryCommand,
  EKSClient,
  ListAssociatedAccessPoliciesCommand,
  paginateListAccessEntries,
} from "@aws-sdk/client-eks";
import { CreateRoleCommand, GetRoleCommand, IAMClient, paginateListPolicies } from "@aws-sdk/client-iam";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const suffix = randomUUID().slice(0, 8);
const [iam, sts, eks, ec2, cloudtrail] = [IAMClient, STSClient, EKSClient, EC2Client, CloudTrailClient].map(
  (Client) => new Client({ maxAttempts: 1 }),
);
const s3 = new S3Client({ forcePathStyle: true, maxAttempts: 1 });

const trust = (principal) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: ["sts:AssumeRole", "sts:TagSession"] }],
  });

const makeRole = (name, principal, path = "/") =>
  iam.send(new CreateRoleCommand({ RoleName: name, Path: path, AssumeRolePolicyDocument: trust(principal) }));

let account;
let subnet;
const cluster = `js-${suffix}`;

before(async () => {
  account = (await sts.send(new GetCallerIdentityCommand({}))).Account;
  const { Role } = await makeRole(`cluster-${suffix}`, { Service: "eks.amazonaws.com" });
  const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).Vpc.VpcId;
  const subnets = [];
  for (const [zone, block] of [["a", "10.0.0.0/24"], ["b", "10.0.1.0/24"]]) {
    const AvailabilityZone = `${process.env.AWS_REGION}${zone}`;
    const made = await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: block, AvailabilityZone }));
    subnets.push(made.Subnet.SubnetId);
  }
  const found = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: subnets }));
  assert.equal(found.Subnets.length, 2);
  subnet = subnets[0];
  await eks.send(
    new CreateClusterCommand({
      name: cluster,
      roleArn: Role.Arn,
      resourcesVpcConfig: { subnetIds: subnets },
      accessConfig: { authenticationMode: "API" },
    }),
  );
});

after(() => [iam, sts, eks, ec2, cloudtrail, s3].forEach((client) => client.destroy()));

test("a role keeps its path and its dates are dates", async () => {
  const name = `path-${suffix}`;
  await makeRole(name, { Service: "ec2.amazonaws.com" }, "/platform/eks/");
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }));
  assert.equal(Role.Arn, `arn:aws:iam::${account}:role/platform/eks/${name}`);
  assert.ok(Role.CreateDate instanceof Date);
  assert.deepEqual(JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument)).Version, "2012-10-17");
});

test("what is missing is an error of its own class", async () => {
  await assert.rejects(iam.send(new GetRoleCommand({ RoleName: "nobody" })), { name: "NoSuchEntityException" });
  const principalArn = `arn:aws:iam::${account}:role/nobody`;
  await assert.rejects(eks.send(new CreateAccessEntryCommand({ clusterName: cluster, principalArn })), {
    name: "InvalidParameterException",
    message: "The specified principalArn is invalid: invalid principal.",
  });
});

test("an access entry of a role with a path is made, shown and listed", async () => {
  const name = `node-${suffix}`;
  const { Role } = await makeRole(name, { Service: "ec2.amazonaws.com" }, "/a/b/");
  const principalArn = Role.Arn;
  await eks.send(new CreateAccessEntryCommand({ clusterName: cluster, principalArn, type: "EC2" }));
  const { accessEntry } = await eks.send(new DescribeAccessEntryCommand({ clusterName: cluster, principalArn }));
  assert.equal(accessEntry.principalArn, principalArn);
  assert.equal(accessEntry.type, "EC2");
  assert.ok(accessEntry.createdAt instanceof Date);
  assert.match(accessEntry.accessEntryArn, new RegExp(`:access-entry/${cluster}/role/${account}/${name}/`));
  const policyArn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy";
  await eks.send(
    new AssociateAccessPolicyCommand({ clusterName: cluster, principalArn, policyArn, accessScope: { type: "cluster" } }),
  );
  const { associatedAccessPolicies } = await eks.send(
    new ListAssociatedAccessPoliciesCommand({ clusterName: cluster, principalArn }),
  );
  assert.deepEqual(associatedAccessPolicies.map((policy) => policy.policyArn), [policyArn]);
  const listed = [];
  for await (const page of paginateListAccessEntries({ client: eks, pageSize: 1 }, { clusterName: cluster })) {
    listed.push(...page.accessEntries);
  }
  assert.ok(listed.includes(principalArn));
});

test("paginators reach all of AWS's managed policies", async () => {
  let count = 0;
  for await (const page of paginateListPolicies({ client: iam, pageSize: 500 }, { Scope: "AWS" })) {
    count += page.Policies.length;
  }
  assert.ok(count > 1000, `${count} policies`);
});

test("a session may do what its role and its session policy both allow", async () => {
  const { Role } = await makeRole(`session-${suffix}`, { AWS: account });
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: "js", Tags: [{ Key: "team", Value: "a" }] }),
  );
  const credentials = {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  };
  const session = new STSClient({ credentials });
  const { Arn } = await session.send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, `arn:aws:sts::${account}:assumed-role/session-${suffix}/js`);
  session.destroy();
  const other = new IAMClient({ credentials, maxAttempts: 1 });
  await assert.rejects(other.send(new GetRoleCommand({ RoleName: `session-${suffix}` })), {
    name: /AccessDenied/,
    message: /because no identity-based policy allows the iam:GetRole action/,
  });
  other.destroy();
});

test("a dry run says what would have happened", async () => {
  const input = {
    MinCount: 1,
    MaxCount: 1,
    ImageId: "ami-00000000000000000",
    InstanceType: "c6a.large",
    SubnetId: subnet,
    DryRun: true,
  };
  await assert.rejects(ec2.send(new RunInstancesCommand(input)), { name: "DryRunOperation" });
});

test("CloudTrail tells who called", async () => {
  const { Events } = await cloudtrail.send(
    new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: "EventName", AttributeValue: "CreateCluster" }] }),
  );
  const event = JSON.parse(Events[0].CloudTrailEvent);
  assert.equal(event.eventSource, "eks.amazonaws.com");
  assert.equal(event.requestParameters.name, cluster);
});

test("S3 keeps objects and lists them by prefix", async () => {
  const Bucket = `js-${suffix}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (const Key of ["a/1", "a/2", "b/1"]) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}` }));
  }
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "a/" }));
  assert.deepEqual(Contents.map((object) => object.Key), ["a/1", "a/2"]);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "b/1" }));
  assert.equal(await Body.transformToString(), "body of b/1");
});
