"""The stack, created in an emulated CloudFormation and looked at through the AWS APIs.

What the emulator can't create is printed by name. A resource that is neither created nor of a type known to be missing there fails, and
so does a type that is said to be missing and isn't.
"""

import io
import json
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import zipfile

import boto3
from botocore.config import Config

from template import REGION, listed, pruned, transformed

# Types that moto's CloudFormation creates nothing for.
MISSING_THERE = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Logs::MetricFilter",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
}

# Properties that it stumbles over, and therefore isn't given.
STUMBLED_OVER = {("AWS::KMS::Key", "Tags")}
# Properties that it takes no notice of; test_template.py looks at them in the template.
UNNOTICED = {
    ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification"),
    ("AWS::DynamoDB::Table", "SSESpecification"),
    ("AWS::DynamoDB::Table", "TimeToLiveSpecification"),
    ("AWS::Lambda::Function", "Architectures"),
    ("AWS::Lambda::Function", "LoggingConfig"),
    ("AWS::Lambda::Function", "TracingConfig"),
}

EVERYTHING = {
    "DomainName": "id.example.com",
    "CertificateArn": f"arn:aws:acm:{REGION}:123456789012:certificate/0f",
    "TableKeyArn": f"arn:aws:kms:{REGION}:123456789012:key/0f",
    "AlarmEmail": "ops@id.example",
    "ServiceName": "Ada's sign-in",
    "Architecture": "x86_64",
    "Tracing": "PassThrough",
    "DeletionProtection": "false",
    "LogRetentionDays": "14",
    "SigningKeyDays": "30",
}


class Emulator:
    """moto's server, as a process of its own."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=self.log, stderr=self.log,
        )
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/moto-api/data.json", timeout=5).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.stop()
        raise AssertionError("moto's server does not come up")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()

    def said(self):
        """What went wrong in there."""
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").splitlines()
        return "\n".join(line for line in lines if ' HTTP/1.1" ' not in line)[-4000:]

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
            config=Config(proxies={}, retries={"max_attempts": 0}),
        )


def without(node, missing):
    """A part of the template in which what the emulator does not know is named instead of referred to."""
    if isinstance(node, list):
        return [without(item, missing) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("Ref") in missing:
        return node["Ref"]
    if "Fn::GetAtt" in node and node["Fn::GetAtt"][0] in missing:
        return ".".join(node["Fn::GetAtt"])
    if "Fn::Sub" in node:
        text, *given = listed(node["Fn::Sub"])
        for name in missing:
            text = text.replace("${%s}" % name, name).replace("${%s." % name, "${!%s." % name)
        return {"Fn::Sub": [text, *without(given, missing)] if given else text}
    return {name: without(value, missing) for name, value in node.items()}


def as_text(resources):
    """Makes text of the documents that the emulator wants as text, where CloudFormation takes objects too."""
    for resource in resources.values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::KMS::Key":
            properties["KeyPolicy"] = {"Fn::ToJsonString": properties["KeyPolicy"]}
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties["Policies"]:
                policy["PolicyDocument"] = {"Fn::ToJsonString": policy["PolicyDocument"]}


class Deployment:
    """A stack with the parameters given."""

    def __init__(self, emulator, name, given):
        self.emulator, self.name = emulator, name
        template = transformed()
        self.wanted, _ = pruned(template, given)
        self.missing = {n: r["Type"] for n, r in template["Resources"].items() if r["Type"] in MISSING_THERE}
        emulated = {part: without(template[part], self.missing) for part in ("Resources", "Outputs")}
        for kind, left_out in STUMBLED_OVER:
            for resource in emulated["Resources"].values():
                if resource["Type"] == kind:
                    del resource["Properties"][left_out]
        as_text(emulated["Resources"])
        cloudformation = emulator.client("cloudformation")
        # sam deploy hands a template of this size over through S3, too.
        emulator.client("s3").put_object(Bucket="code", Key=f"{name}.json", Body=json.dumps(template | emulated))
        cloudformation.create_stack(
            StackName=name,
            TemplateURL=f"https://s3.{REGION}.amazonaws.com/code/{name}.json",
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Tags=[{"Key": "service", "Value": "gatelet"}],
        )
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        self.status = stack["StackStatus"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        # What it has not created is in there without a name; what is created may have no identifier (a permission, a policy).
        self.created = {r["LogicalResourceId"]: r.get("PhysicalResourceId") for r in found if "LogicalResourceId" in r}

    def client(self, service):
        return self.emulator.client(service)


def setUpModule():
    global EMULATOR, PLAIN, FULL
    EMULATOR = Emulator()
    unittest.addModuleCleanup(EMULATOR.stop)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("bootstrap", "#!/bin/sh\n")
    s3 = EMULATOR.client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="code", Key="function.zip", Body=archive.getvalue())
    zone = EMULATOR.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    try:
        PLAIN = Deployment(EMULATOR, "gatelet-plain", {})
        FULL = Deployment(EMULATOR, "gatelet-full", EVERYTHING | {"HostedZoneId": zone.removeprefix("/hostedzone/")})
    except Exception:
        print(EMULATOR.said(), file=sys.stderr)
        raise


class Created(unittest.TestCase):
    def test_every_resource_is_created_or_named_as_one_that_the_emulator_cannot_create(self):
        for stack in (PLAIN, FULL):
            left = {name: r["Type"] for name, r in stack.wanted.items() if name not in stack.created}
            print(f"\n{stack.name}: {len(stack.created)} resources created, {len(left)} of types that the emulator does not know:")
            for name, kind in sorted(left.items(), key=lambda one: (one[1], one[0])):
                print(f"  not created: {name} ({kind})")
            for kind, name in sorted(STUMBLED_OVER | UNNOTICED):
                print(f"  not set: {name} of each {kind}")
            with self.subTest(stack=stack.name):
                self.assertEqual("CREATE_COMPLETE", stack.status)
                self.assertEqual({}, {name: kind for name, kind in left.items() if kind not in MISSING_THERE})
                self.assertLessEqual(set(stack.created), set(stack.wanted))

    def test_what_is_said_to_be_missing_there_is(self):
        created = {stack.wanted[name]["Type"] for stack in (PLAIN, FULL) for name in stack.created}
        self.assertEqual(set(), created & MISSING_THERE)

    def test_every_type_that_is_missing_there_is_wanted_here(self):
        self.assertEqual(MISSING_THERE, {r["Type"] for r in FULL.wanted.values()} & MISSING_THERE)


class Table(unittest.TestCase):
    def described(self, stack):
        return stack.client("dynamodb").describe_table(TableName=stack.created["Table"])["Table"]

    def test_keys_and_billing(self):
        table = self.described(PLAIN)
        self.assertEqual([("pk", "HASH"), ("sk", "RANGE")], [(k["AttributeName"], k["KeyType"]) for k in table["KeySchema"]])
        self.assertEqual("PAY_PER_REQUEST", table["BillingModeSummary"]["BillingMode"])
        self.assertFalse(table.get("GlobalSecondaryIndexes"))

    def test_deletion_protection_is_on_unless_switched_off(self):
        # The emulator keeps the text that a parameter is.
        protected = [str(self.described(stack)["DeletionProtectionEnabled"]).lower() for stack in (PLAIN, FULL)]
        self.assertEqual(["true", "false"], protected)

    def test_it_still_takes_no_notice_of_what_is_said_to_be_unnoticed(self):
        dynamodb, name = FULL.client("dynamodb"), FULL.created["Table"]
        ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        function = PLAIN.client("lambda").get_function_configuration(FunctionName=PLAIN.created["TokenFunction"])
        unnoticed = {
            ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification"):
                backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED",
            ("AWS::DynamoDB::Table", "SSESpecification"): "SSEDescription" not in self.described(FULL),
            ("AWS::DynamoDB::Table", "TimeToLiveSpecification"): ttl["TimeToLiveStatus"] == "DISABLED",
            ("AWS::Lambda::Function", "Architectures"): function.get("Architectures") != ["arm64"],
            ("AWS::Lambda::Function", "LoggingConfig"): function.get("LoggingConfig", {}).get("LogFormat") != "JSON",
            ("AWS::Lambda::Function", "TracingConfig"): function.get("TracingConfig", {}).get("Mode") != "Active",
        }
        self.assertEqual(dict.fromkeys(UNNOTICED, True), unnoticed, "the emulator has learnt something: look at it here")


class WrappingKey(unittest.TestCase):
    def test_it_rotates_and_has_the_templates_policy(self):
        kms, key = PLAIN.client("kms"), PLAIN.created["WrappingKey"]
        self.assertTrue(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
        self.assertEqual("ENCRYPT_DECRYPT", kms.describe_key(KeyId=key)["KeyMetadata"]["KeyUsage"])
        policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        self.assertEqual(["Administer", "Wrap"], [statement["Sid"] for statement in policy["Statement"]])
        roles = policy["Statement"][1]["Condition"]["ArnLike"]["aws:PrincipalArn"]
        self.assertEqual("arn:aws:iam::123456789012:role/gatelet-plain/*", roles)


class Roles(unittest.TestCase):
    def policies(self, stack, logical):
        iam, role = stack.client("iam"), stack.created[logical]
        self.assertEqual([], iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"])
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        return {n: iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"]["Statement"] for n in names}

    def test_each_has_exactly_the_templates_policies(self):
        for stack in (PLAIN, FULL):
            shared = {r["Properties"]["PolicyName"] for r in stack.wanted.values() if r["Type"] == "AWS::IAM::Policy"}
            for logical, resource in stack.wanted.items():
                if resource["Type"] != "AWS::IAM::Role":
                    continue
                with self.subTest(stack=stack.name, role=logical):
                    own = {policy["PolicyName"] for policy in resource["Properties"]["Policies"]}
                    alike = set() if logical == "RotateScheduleRole" else shared
                    self.assertEqual(own | alike, set(self.policies(stack, logical)))
        self.assertEqual({"table-key"}, shared)

    def test_what_introspect_may_do_in_the_end(self):
        table = PLAIN.client("dynamodb").describe_table(TableName=PLAIN.created["Table"])["Table"]["TableArn"]
        logs = f"arn:aws:logs:{REGION}:123456789012:log-group:/aws/lambda/gatelet-plain-introspect"
        allowed = {
            (action, resource)
            for policy in self.policies(PLAIN, "IntrospectRole").values()
            for statement in policy
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }
        self.assertEqual(
            {
                ("dynamodb:BatchGetItem", table), ("dynamodb:GetItem", table), ("dynamodb:Query", table),
                ("logs:CreateLogStream", logs), ("logs:PutLogEvents", logs),
                ("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*"),
            },
            allowed,
        )


class Functions(unittest.TestCase):
    def configured(self, stack, logical):
        return stack.client("lambda").get_function_configuration(FunctionName=stack.created[logical])

    def test_they_run_as_the_template_says(self):
        for stack in (PLAIN, FULL):
            for logical, resource in stack.wanted.items():
                if resource["Type"] != "AWS::Lambda::Function":
                    continue
                with self.subTest(stack=stack.name, function=logical):
                    found, wanted = self.configured(stack, logical), resource["Properties"]
                    self.assertEqual(("provided.al2023", "bootstrap"), (found["Runtime"], found["Handler"]))
                    self.assertEqual((wanted["MemorySize"], wanted["Timeout"]), (found["MemorySize"], found["Timeout"]))
                    role = stack.created[logical.replace("Function", "Role")]
                    self.assertEqual(f"arn:aws:iam::123456789012:role/{stack.name}/{role}", found["Role"])

    def test_their_environment(self):
        variables = self.configured(PLAIN, "TokenFunction")["Environment"]["Variables"]
        key = PLAIN.client("kms").describe_key(KeyId=PLAIN.created["WrappingKey"])["KeyMetadata"]["Arn"]
        self.assertEqual(
            {
                "ADDRESS_PREFIX_IPV4": "32",
                "ADDRESS_PREFIX_IPV6": "64",
                "API_SCOPES": "",
                "CODES_WITHOUT_PKCE": "refused",
                "HTTP_REDIRECT_URIS": "refused",
                "ISSUER": f"https://Api.execute-api.{REGION}.amazonaws.com",
                "REGISTRATION": "closed",
                "SERVICE_NAME": "Gatelet",
                "TABLE_NAME": PLAIN.created["Table"],
                "WRAPPING_KEY": key,
            },
            # The emulation leaves numbers as they are.
            {name: str(value) for name, value in variables.items()},
        )
        variables = self.configured(FULL, "RotateFunction")["Environment"]["Variables"]
        self.assertEqual("https://id.example.com", variables["ISSUER"])
        self.assertEqual("Ada's sign-in", variables["SERVICE_NAME"])
        self.assertEqual("30", str(variables["SIGNING_KEY_DAYS"]))

    def test_log_groups_end(self):
        for stack, days in ((PLAIN, 90), (FULL, 14)):
            logs, wanted = stack.client("logs"), [n for n, r in stack.wanted.items() if r["Type"] == "AWS::Logs::LogGroup"]
            self.assertEqual(18, len(wanted))
            for name in wanted:
                (group,) = logs.describe_log_groups(logGroupNamePrefix=stack.created[name])["logGroups"]
                self.assertEqual(days, group["retentionInDays"])

    def test_the_gateway_may_call_the_endpoints(self):
        policy = json.loads(PLAIN.client("lambda").get_policy(FunctionName=PLAIN.created["TokenFunction"])["Policy"])
        (statement,) = policy["Statement"]
        self.assertEqual({"Service": "apigateway.amazonaws.com"}, statement["Principal"])
        caller = statement["Condition"]["ArnLike"]["AWS:SourceArn"]
        self.assertEqual(f"arn:aws:execute-api:{REGION}:123456789012:Api/*/*", caller)


class Around(unittest.TestCase):
    def test_the_domain_name_leads_there_in_both_families(self):
        zone = next(z["Id"] for z in FULL.client("route53").list_hosted_zones()["HostedZones"])
        records = FULL.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        found = {(r["Name"].rstrip("."), r["Type"]) for r in records if "AliasTarget" in r}
        self.assertEqual({("id.example.com", "A"), ("id.example.com", "AAAA")}, found)

    def test_alarms_are_mailed_where_an_address_is_given(self):
        self.assertNotIn("AlarmTopic", PLAIN.created)
        found = FULL.client("sns").list_subscriptions_by_topic(TopicArn=FULL.created["AlarmTopic"])["Subscriptions"]
        self.assertEqual([("email", "ops@id.example")], [(s["Protocol"], s["Endpoint"]) for s in found])

    def test_the_dashboard_can_be_read(self):
        body = PLAIN.client("cloudwatch").get_dashboard(DashboardName="gatelet-plain")["DashboardBody"]
        self.assertIn(PLAIN.created["LoginFunction"], body)
        json.loads(body)

    def test_outputs_are_what_a_newcomer_needs(self):
        issuer = f"https://Api.execute-api.{REGION}.amazonaws.com"
        self.assertEqual(issuer, PLAIN.outputs["Issuer"])
        self.assertEqual(f"{issuer}/.well-known/openid-configuration", PLAIN.outputs["DiscoveryUrl"])
        self.assertEqual(PLAIN.created["Table"], PLAIN.outputs["TableName"])
        self.assertEqual(
            f"gatelet bootstrap --region {REGION} --table {PLAIN.created['Table']} --username NAME", PLAIN.outputs["NextCommand"],
        )
        self.assertIn("--issuer https://id.example.com", FULL.outputs["DoctorCommand"])
        self.assertNotIn("DomainTarget", PLAIN.outputs)
        self.assertEqual("https://id.example.com", FULL.outputs["Issuer"])
        self.assertIn("DomainTarget", FULL.outputs)


if __name__ == "__main__":
    unittest.main()
