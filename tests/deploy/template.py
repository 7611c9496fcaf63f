"""template.yaml as CloudFormation sees it: transformed by SAM's own translator, its conditions decided, what is left out left out."""

import itertools
import os
import re
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"
# The translator takes the Region from where the SDK would.
os.environ["AWS_DEFAULT_REGION"] = REGION
PSEUDO = {"AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"}

# Every way to leave an optional part out or in; each choice is a set of parameters.
CHOICES = [
    [{}, {"Issuer": "https://id.example"}],
    [
        {},
        {"DomainName": "id.example", "CertificateArn": f"arn:aws:acm:{REGION}:123456789012:certificate/0f"},
        {
            "DomainName": "id.example",
            "CertificateArn": f"arn:aws:acm:{REGION}:123456789012:certificate/0f",
            "HostedZoneId": "Z0123456789",
        },
    ],
    [{}, {"Tracing": "PassThrough"}],
    [{}, {"TableKeyArn": f"arn:aws:kms:{REGION}:123456789012:key/0f"}],
    [
        {},
        {"AlarmEmail": "ops@id.example"},
        {"AlarmTopicArn": f"arn:aws:sns:{REGION}:123456789012:ops"},
        {"AlarmEmail": "ops@id.example", "AlarmTopicArn": f"arn:aws:sns:{REGION}:123456789012:ops"},
    ],
]


def combinations():
    """Every combination of the choices."""
    for chosen in itertools.product(*CHOICES):
        yield {name: value for choice in chosen for name, value in choice.items()}


def source():
    """The template as it is written, anew each time: the translator changes what it is given."""
    return yaml_parse((ROOT / "template.yaml").read_text())


class NoManagedPolicies:
    """The translator asks for AWS's managed policies by name; the template uses none."""

    def load(self):
        return {}


def transformed(code="s3://code/function.zip"):
    """What SAM makes of the template, with one archive in the place of all that would be built."""
    template = source()
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = code
    return transform(template, {}, NoManagedPolicies())


def parameters(template, given):
    """The value of each parameter: the one given, or the default."""
    return {name: given.get(name, about.get("Default")) for name, about in template["Parameters"].items()}


def conditions(template, given):
    """What each condition comes to."""
    values = parameters(template, given)

    def decide(node):
        (function, arguments), = node.items()
        match function:
            case "Condition":
                return decide(template["Conditions"][arguments])
            case "Ref":
                return values[arguments]
            case "Fn::Equals":
                left, right = (decide(a) if isinstance(a, dict) else a for a in arguments)
                return str(left) == str(right)
            case "Fn::Not":
                return not decide(arguments[0])
            case "Fn::And":
                return all(decide(a) for a in arguments)
            case "Fn::Or":
                return any(decide(a) for a in arguments)
        raise AssertionError(f"{function} is not expected in a condition")

    return {name: decide(node) for name, node in template["Conditions"].items()}


ABSENT = object()


def pruned(template, given):
    """Resources and outputs that these parameters leave, with every Fn::If decided."""
    decided = conditions(template, given)

    def prune(node):
        if isinstance(node, dict):
            if set(node) == {"Fn::If"}:
                condition, yes, no = node["Fn::If"]
                return prune(yes if decided[condition] else no)
            if node == {"Ref": "AWS::NoValue"}:
                return ABSENT
            kept = {name: prune(value) for name, value in node.items()}
            return {name: value for name, value in kept.items() if value is not ABSENT}
        if isinstance(node, list):
            return [value for value in map(prune, node) if value is not ABSENT]
        return node

    def there(section):
        return {
            name: prune(entry)
            for name, entry in template[section].items()
            if "Condition" not in entry or decided[entry["Condition"]]
        }

    return there("Resources"), there("Outputs")


def references(node):
    """The names that a part of the template refers to, by Ref, GetAtt, Sub or DependsOn."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        if name == "Ref":
            yield value
        elif name == "Fn::GetAtt":
            yield value[0] if isinstance(value, list) else value.split(".")[0]
        elif name == "Fn::Sub":
            text, given = value if isinstance(value, list) else (value, {})
            names = (found.split(".")[0] for found in re.findall(r"\$\{([^!}]+)\}", text))
            yield from (found for found in names if found not in given)
            yield from references(list(given.values()))
        elif name == "DependsOn":
            yield from [value] if isinstance(value, str) else value
        else:
            yield from references(value)


def statements(resources):
    """Every IAM statement that says what a role may do, with the names of the resource and the policy that it is in."""
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            policies = properties.get("Policies", [])
        elif resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            policies = [properties]
        else:
            continue
        for policy in policies:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, policy.get("PolicyName"), statement


def listed(value):
    """IAM takes one of something without brackets."""
    return value if isinstance(value, list) else [value]
