"""What the template promises, in every combination of its optional parts."""

import json
import re
import shlex
import subprocess
import tomllib
import unittest

from template import (
    PSEUDO, ROOT, combinations, conditions, listed, parameters, pruned, references, source, statements, transformed,
)

TEMPLATE = transformed()
WRITTEN = source()["Resources"]
FUNCTIONS = {name: r["Properties"] for name, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::Lambda::Function"}
KUSTVAKT = {"KustvaktAuthorize", "KustvaktClients", "KustvaktTokens", "KustvaktPlugins", "KustvaktAdmin"}
ADMINISTRATION = {"Clients", "Apikeys", "Directory"} | KUSTVAKT
ENDPOINTS = {"Authorize", "Login", "Token", "Introspect", "Revoke", "Userinfo", "Register", "Metadata"} | ADMINISTRATION


def of_type(kind):
    return {name: r["Properties"] for name, r in TEMPLATE["Resources"].items() if r["Type"] == kind}


class Shape(unittest.TestCase):
    def test_cfn_lint_finds_nothing(self):
        found = subprocess.run(["cfn-lint", ROOT / "template.yaml"], capture_output=True, text=True)
        self.assertEqual((0, "", ""), (found.returncode, found.stdout, found.stderr))

    def test_each_combination_refers_to_what_is_there_and_to_nothing_that_waits_for_it(self):
        seen = set()
        for given in combinations():
            with self.subTest(**given):
                resources, outputs = pruned(TEMPLATE, given)
                known = PSEUDO | set(TEMPLATE["Parameters"]) | set(resources)
                self.assertLessEqual(set(references({**resources, "": outputs})), known)
                self.assertEqual([], cycle(resources))
                seen.add(frozenset(conditions(TEMPLATE, given).items()))
        for name in TEMPLATE["Conditions"]:
            self.assertEqual({True, False}, {dict(decided)[name] for decided in seen}, f"{name} goes one way only")

    def test_a_cycle_would_be_found(self):
        self.assertEqual(["a", "b", "a"], cycle({"a": {"Ref": "b"}, "b": {"Fn::Sub": "${a.Arn}"}}))

    def test_a_domain_name_without_a_certificate_is_refused(self):
        rule = TEMPLATE["Rules"]["ADomainNameNeedsACertificate"]
        self.assertEqual({"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]}, rule["RuleCondition"])
        asserted = [assertion["Assert"] for assertion in rule["Assertions"]]
        self.assertEqual([{"Fn::Not": [{"Fn::Equals": [{"Ref": "CertificateArn"}, ""]}]}], asserted)


def cycle(resources):
    """The first circle of references, or nothing."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return [*path[path.index(name):], name]
        if name in done or name not in resources:
            return []
        path.append(name)
        for other in references(resources[name]):
            if found := visit(other):
                return found
        path.pop()
        done.add(name)
        return []

    return next(filter(None, map(visit, resources)), [])


class Policies(unittest.TestCase):
    def test_no_resource_is_a_wildcard_but_for_x_ray_which_knows_none(self):
        wild = [
            (name, listed(statement["Action"]))
            for name, _, statement in statements(TEMPLATE["Resources"])
            if any("*" in json.dumps(resource) for resource in listed(statement["Resource"]))
        ]
        self.assertEqual([("TracingPolicy", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"])], wild)

    def test_statements_name_what_they_allow(self):
        for name, _, statement in statements(TEMPLATE["Resources"]):
            with self.subTest(role=name):
                self.assertLessEqual(set(statement), {"Sid", "Effect", "Action", "Resource", "Condition"})
                self.assertEqual("Allow", statement["Effect"])
                for action in listed(statement["Action"]):
                    self.assertRegex(action, r"^[a-z0-9]+:[A-Za-z]+$")

    def test_no_role_has_a_policy_of_somebody_else(self):
        for name, role in of_type("AWS::IAM::Role").items():
            self.assertNotIn("ManagedPolicyArns", role, name)
        self.assertEqual({}, of_type("AWS::IAM::ManagedPolicy"))
        self.assertEqual({f"{f}Role" for f in ENDPOINTS | {"Rotate", "RotateSchedule"}}, set(of_type("AWS::IAM::Role")))

    def test_what_touches_the_table_says_under_which_keys(self):
        for name, policy, statement in statements(TEMPLATE["Resources"]):
            if policy != "table":
                continue
            with self.subTest(role=name):
                self.assertEqual({"Fn::GetAtt": ["Table", "Arn"]}, statement["Resource"])
                self.assertEqual({"ForAllValues:StringLike", "Null"}, set(statement["Condition"]))
                self.assertEqual({"dynamodb:LeadingKeys": "false"}, statement["Condition"]["Null"])
                for key in statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]:
                    self.assertRegex(key, r"^(client|guard|guard#jwt|installed|login|own|owner|rate|user)#\*$"
                                          r"|^directory#(client|customer|domain|function|plugin|user)$|^signing$|^sealing$")

    def granted(self, service):
        """Which roles may do what under which keys: {(role, action, key)}."""
        for name, policy, statement in statements(TEMPLATE["Resources"]):
            for action in listed(statement["Action"]):
                if policy == "table" and service == "dynamodb":
                    keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
                    yield from ((name, action.removeprefix("dynamodb:"), key) for key in keys)
                if policy == "wrapping" and service == "kms":
                    purposes = listed(statement["Condition"]["StringEquals"]["kms:EncryptionContext:purpose"])
                    yield from ((name, action.removeprefix("kms:"), purpose) for purpose in purposes)

    def test_only_what_takes_passwords_reads_their_hashes(self):
        logins = {(role, action) for role, action, key in self.granted("dynamodb") if key == "login#*"}
        writes = {"DeleteItem", "PutItem", "UpdateItem"}
        read = {role for role, action in logins if action not in writes}
        self.assertEqual({"LoginRole"} | {f"{f}Role" for f in KUSTVAKT}, read)
        self.assertEqual({"GetItem"}, {action for role, action in logins if role.startswith("Kustvakt")})
        self.assertEqual(read | {"DirectoryRole"}, {role for role, _ in logins})

    def test_introspect_userinfo_and_metadata_write_nothing(self):
        reads = {"BatchGetItem", "GetItem", "Query"}
        for role in ("IntrospectRole", "UserinfoRole", "MetadataRole"):
            self.assertLessEqual({action for name, action, _ in self.granted("dynamodb") if name == role}, reads, role)

    def test_the_wrapping_key_is_used_by_who_signs_or_seals_and_for_that_alone(self):
        self.assertEqual(
            {
                ("AuthorizeRole", "Decrypt", "sealing"), ("AuthorizeRole", "Encrypt", "sealing"),
                ("AuthorizeRole", "Decrypt", "signing"),
                ("LoginRole", "Decrypt", "sealing"), ("LoginRole", "Encrypt", "sealing"),
                ("TokenRole", "Decrypt", "signing"), ("TokenRole", "Encrypt", "signing"),
                ("RotateRole", "Encrypt", "sealing"), ("RotateRole", "Encrypt", "signing"),
            },
            set(self.granted("kms")),
        )
        knows = {name for name, f in FUNCTIONS.items() if "WRAPPING_KEY" in f["Environment"]["Variables"]}
        self.assertEqual({"AuthorizeFunction", "LoginFunction", "TokenFunction", "RotateFunction"}, knows)

    def test_the_account_administers_the_wrapping_key_and_only_the_stacks_roles_use_it(self):
        administer, wrap = TEMPLATE["Resources"]["WrappingKey"]["Properties"]["KeyPolicy"]["Statement"]
        root = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
        for statement in (administer, wrap):
            self.assertEqual(("Allow", root), (statement["Effect"], statement["Principal"]))
            self.assertFalse(any("*" in action for action in statement["Action"]))
        uses = ("crypt", "GenerateDataKey", "CreateGrant", "Sign", "Mac", "ImportKeyMaterial", "ReplicateKey")
        self.assertFalse([action for action in administer["Action"] if any(use in action for use in uses)])
        self.assertEqual(["kms:Decrypt", "kms:Encrypt"], wrap["Action"])
        roles = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}/*"
        self.assertEqual({"Fn::Sub": roles}, wrap["Condition"]["ArnLike"]["aws:PrincipalArn"])
        self.assertEqual(["sealing", "signing"], wrap["Condition"]["StringEquals"]["kms:EncryptionContext:purpose"])
        for name, role in of_type("AWS::IAM::Role").items():
            self.assertEqual({"Fn::Sub": "/${AWS::StackName}/"}, role["Path"], name)

    def test_whom_roles_trust(self):
        for name, role in of_type("AWS::IAM::Role").items():
            (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
            scheduled = name == "RotateScheduleRole"
            service = "scheduler.amazonaws.com" if scheduled else "lambda.amazonaws.com"
            self.assertEqual({"Service": service}, statement["Principal"], name)
            if scheduled:
                self.assertEqual({"aws:SourceAccount", "aws:SourceArn"}, set(statement["Condition"]["StringEquals"]))

    def test_only_this_gateway_calls_the_endpoints_and_nobody_rotate(self):
        permissions = of_type("AWS::Lambda::Permission")
        self.assertEqual({f"{f}Permission" for f in ENDPOINTS}, set(permissions))
        for name, permission in permissions.items():
            self.assertEqual({"Ref": name.replace("Permission", "Function")}, permission["FunctionName"])
            self.assertEqual("apigateway.amazonaws.com", permission["Principal"])
            self.assertIn(":${Api}/", permission["SourceArn"]["Fn::Sub"])


class Functions(unittest.TestCase):
    def test_there_is_one_for_each_endpoint_and_rotate(self):
        self.assertEqual({f"{f}Function" for f in ENDPOINTS | {"Rotate"}}, set(FUNCTIONS))

    def test_each_has_what_is_its_own(self):
        for name, function in FUNCTIONS.items():
            short = name.removesuffix("Function")
            with self.subTest(function=short):
                self.assertEqual({"Fn::GetAtt": [f"{short}Role", "Arn"]}, function["Role"])
                written = WRITTEN[name]
                folder = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", short).lower()
                self.assertEqual(f"functions/{folder}", written["Properties"]["CodeUri"])
                self.assertEqual({"BuildMethod": "rust-cargolambda"}, written["Metadata"])
                self.assertEqual(("provided.al2023", "bootstrap"), (function["Runtime"], function["Handler"]))
                self.assertEqual([{"Ref": "Architecture"}], function["Architectures"])
                self.assertEqual({"Mode": {"Ref": "Tracing"}}, function["TracingConfig"])
                # An HTTP API waits thirty seconds.
                self.assertLess(function["Timeout"], 61 if short == "Rotate" else 30)
                self.assertIn("MemorySize", function)

    def test_each_writes_into_its_own_log_group_and_no_other(self):
        groups = of_type("AWS::Logs::LogGroup")
        self.assertEqual({f"{f}Logs" for f in ENDPOINTS | {"Rotate"}} | {"AccessLogs"}, set(groups))
        for name, group in groups.items():
            self.assertEqual({"Ref": "LogRetentionDays"}, group["RetentionInDays"], name)
        for name, function in FUNCTIONS.items():
            logs = name.replace("Function", "Logs")
            logging = function["LoggingConfig"]
            self.assertEqual(("JSON", {"Ref": logs}), (logging["LogFormat"], logging["LogGroup"]))
        for name, policy, statement in statements(TEMPLATE["Resources"]):
            if any(action.startswith("logs:") for action in listed(statement["Action"])):
                self.assertEqual("logs", policy)
                self.assertEqual(["logs:CreateLogStream", "logs:PutLogEvents"], statement["Action"])
                self.assertEqual({"Fn::GetAtt": [name.replace("Role", "Logs"), "Arn"]}, statement["Resource"])

    def test_no_variable_holds_a_secret(self):
        for name, function in FUNCTIONS.items():
            for variable, value in function["Environment"]["Variables"].items():
                with self.subTest(function=name, variable=variable):
                    self.assertNotRegex(variable, r"SECRET|PASSWORD|CREDENTIAL|PRIVATE|_FILE$|TOKEN")
                    self.assertIsInstance(value, dict, "written down in the template")
        self.assertEqual(
            {json.dumps({"Fn::GetAtt": ["WrappingKey", "Arn"]})},
            {json.dumps(v) for f in FUNCTIONS.values() for n, v in f["Environment"]["Variables"].items() if "KEY" in n and n != "SIGNING_KEY_DAYS"},
        )

    def test_the_issuer_follows_from_configuration(self):
        gateway = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
        domain = {"DomainName": "id.example", "CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/0f"}
        for given, issuer, closed in [
            ({}, {"Fn::Sub": gateway}, False),
            (domain, {"Fn::Sub": "https://${DomainName}"}, True),
            ({"Issuer": "https://sso.example"}, {"Ref": "Issuer"}, False),
            ({"Issuer": "https://sso.example", **domain}, {"Ref": "Issuer"}, True),
        ]:
            resources, outputs = pruned(TEMPLATE, given)
            for name in FUNCTIONS:
                self.assertEqual(issuer, resources[name]["Properties"]["Environment"]["Variables"]["ISSUER"])
            self.assertEqual(issuer, outputs["Issuer"]["Value"])
            self.assertEqual(closed, resources["Api"]["Properties"]["DisableExecuteApiEndpoint"])

    def test_a_deployment_has_no_other_endpoint(self):
        resources, _ = pruned(TEMPLATE, {})
        for name in FUNCTIONS:
            self.assertNotIn("AWS_ENDPOINT_URL", resources[name]["Properties"]["Environment"]["Variables"])


class Gateway(unittest.TestCase):
    def test_each_route_takes_every_method_to_a_function_and_has_a_rate(self):
        routes, stage = of_type("AWS::ApiGatewayV2::Route"), TEMPLATE["Resources"]["Stage"]
        self.assertEqual(set(routes), set(stage["DependsOn"]))
        keys = {route["RouteKey"] for route in routes.values()}
        self.assertEqual(keys, set(stage["Properties"]["RouteSettings"]))
        self.assertEqual(len(routes), len(keys))
        for settings in [*stage["Properties"]["RouteSettings"].values(), stage["Properties"]["DefaultRouteSettings"]]:
            self.assertLessEqual({"ThrottlingRateLimit", "ThrottlingBurstLimit"}, set(settings))
        for name, route in routes.items():
            self.assertRegex(route["RouteKey"], r"^ANY /")
            integration = route["Target"]["Fn::Sub"].removeprefix("integrations/${").removesuffix("}")
            integration = of_type("AWS::ApiGatewayV2::Integration")[integration]
            self.assertEqual("2.0", integration["PayloadFormatVersion"], name)
            self.assertIn(integration["IntegrationUri"]["Fn::GetAtt"][0], FUNCTIONS)

    def test_functions_answer_preflights_themselves(self):
        self.assertNotIn("CorsConfiguration", TEMPLATE["Resources"]["Api"]["Properties"])

    def test_access_logs_are_json_and_hold_nothing_private(self):
        fields = TEMPLATE["Resources"]["Stage"]["Properties"]["AccessLogSettings"]["Format"]
        self.assertNotIn("\n", fields)
        logged = set(json.loads(fields).values())
        self.assertIn("$context.requestId", logged)
        for value in logged:
            self.assertNotRegex(value, r"(?i)query|authoriz|cookie|header|sourceIp|body")


class Kept(unittest.TestCase):
    def test_table_and_wrapping_key_outlive_the_stack(self):
        for name in ("Table", "WrappingKey"):
            resource = TEMPLATE["Resources"][name]
            self.assertEqual(("Retain", "Retain"), (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]))


    def test_the_table_is_recoverable_and_forgets_what_has_ended(self):
        table = TEMPLATE["Resources"]["Table"]["Properties"]
        self.assertEqual({"AttributeName": "expires_at", "Enabled": True}, table["TimeToLiveSpecification"])
        self.assertEqual({"PointInTimeRecoveryEnabled": True}, table["PointInTimeRecoverySpecification"])
        self.assertEqual({"Ref": "DeletionProtection"}, table["DeletionProtectionEnabled"])

    def test_the_table_lies_under_a_key_of_ones_own_where_one_is_given(self):
        for given, under in [
            ({}, None),
            ({"TableKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/0f"},
             {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "TableKeyArn"}}),
        ]:
            resources, _ = pruned(TEMPLATE, given)
            self.assertEqual(under, resources["Table"]["Properties"].get("SSESpecification"))
            self.assertEqual(under is not None, "TableKeyPolicy" in resources)


class Watched(unittest.TestCase):
    def test_every_alarm_tells_where_there_is_somebody_to_tell(self):
        topic = "arn:aws:sns:eu-west-1:123456789012:ops"
        for given, told in [
            ({}, None), ({"AlarmEmail": "ops@id.example"}, [{"Ref": "AlarmTopic"}]), ({"AlarmTopicArn": topic}, [{"Ref": "AlarmTopicArn"}]),
        ]:
            resources, _ = pruned(TEMPLATE, given)
            alarms = {n: r["Properties"] for n, r in resources.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
            self.assertEqual(
                {f"{n}Alarm" for n in (
                    "ServerErrors", "Slow", "RequestsThrottled", "FunctionsThrottled", "AdministrationThrottled", "TableThrottled",
                    "Replays", "SigningKeyTooOld", "RotateFailed",
                )},
                set(alarms),
            )
            for name, alarm in alarms.items():
                self.assertEqual((told, told), (alarm.get("AlarmActions"), alarm.get("OKActions")), name)
                self.assertIn("TreatMissingData", alarm)

    def test_the_dashboard_is_json_and_shows_every_alarm(self):
        body = TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
        widgets = json.loads(body)["widgets"]
        (shown,) = (widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm")
        self.assertEqual({"${%s.Arn}" % name for name in of_type("AWS::CloudWatch::Alarm")}, set(shown))

    def test_every_function_is_among_the_throttled(self):
        for alarm, functions in [("Functions", ENDPOINTS - ADMINISTRATION), ("Administration", ADMINISTRATION)]:
            metrics = TEMPLATE["Resources"][f"{alarm}ThrottledAlarm"]["Properties"]["Metrics"]
            # CloudWatch takes no more.
            self.assertLessEqual(len(metrics), 10, alarm)
            counted = {m["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"] for m in metrics if "MetricStat" in m}
            self.assertEqual({f"{f}Function" for f in functions}, counted)


class Parameters(unittest.TestCase):
    def accepts(self, name, value):
        about = TEMPLATE["Parameters"][name]
        if "AllowedValues" in about:
            return value in map(str, about["AllowedValues"])
        if "AllowedPattern" in about:
            return re.fullmatch(about["AllowedPattern"], value) is not None
        return True

    def test_every_default_is_accepted_and_every_parameter_explained_and_grouped(self):
        grouped = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        self.assertEqual(sorted(TEMPLATE["Parameters"]), sorted(p for group in grouped for p in group["Parameters"]))
        for name, value in parameters(TEMPLATE, {}).items():
            self.assertTrue(self.accepts(name, str(value)), name)
            self.assertIn("Description", TEMPLATE["Parameters"][name])
            self.assertEqual("AllowedPattern" in TEMPLATE["Parameters"][name], "ConstraintDescription" in TEMPLATE["Parameters"][name])

    def test_what_patterns_accept(self):
        for name, good, bad in [
            ("Issuer", ["", "https://id.example", "https://id.example:8443", "http://127.0.0.1:3000", "http://localhost"],
             ["id.example", "http://id.example", "https://id.example/", "https://ID.example", "https://id.example/a", "https://id.example?x"]),
            ("Registration", ["open", "closed", "sha256:" + "0aF1" * 16], ["", "Open", "the-token-itself", "sha256:12"]),
            ("ApiScopes", ["", "a=b", "notes:read=Read your notes; notes:write=Change them", "a=b;"], ["a", "=b", "a=", "a b=c"]),
            ("DomainName", ["", "id.example.com"], ["https://id.example", "id", "-a.example", "ID.example", "id.example."]),
            ("HostedZoneId", ["", "Z0123456789ABC"], ["/hostedzone/Z0123", "z012"]),
            ("CertificateArn", ["", "arn:aws:acm:eu-west-1:123456789012:certificate/0f-1"], ["0f"]),
            ("TableKeyArn", ["", "arn:aws:kms:eu-west-1:123456789012:key/0f-1", "arn:aws:kms:eu-west-1:123456789012:key/mrk-0f"],
             ["arn:aws:kms:eu-west-1:123456789012:alias/a", "0f"]),
            ("AlarmEmail", ["", "ops@id.example"], ["ops", "a b@id.example"]),
            ("ServiceName", ["Gatelet", "Ada's sign-in"], ["", "<b>", "x" * 65]),
        ]:
            for value in good:
                self.assertTrue(self.accepts(name, value), (name, value))
            for value in bad:
                self.assertFalse(self.accepts(name, value), (name, value))

    def test_both_environments_are_accepted(self):
        environments = tomllib.loads((ROOT / "samconfig.toml").read_text())
        self.assertEqual({"dev", "prod"}, set(environments) - {"version"})
        for name, environment in environments.items():
            if name == "version":
                continue
            deploy = environment["deploy"]["parameters"]
            self.assertEqual("CAPABILITY_IAM", deploy["capabilities"])
            given = deploy["parameter_overrides"]
            given = given if isinstance(given, str) else " ".join(given)
            for parameter, value in (pair.split("=", 1) for pair in shlex.split(given)):
                self.assertIn(parameter, TEMPLATE["Parameters"], name)
                self.assertTrue(self.accepts(parameter, value), (name, parameter, value))
        self.assertTrue(environments["prod"]["deploy"]["parameters"]["confirm_changeset"])


if __name__ == "__main__":
    unittest.main()
