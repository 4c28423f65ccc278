"""Who may do what on AWS, and who reaches whom: as little as the apps need."""

import re
from fnmatch import fnmatchcase

import pytest

from tests.deploy_template import ROOT, resources, taken

EVERYWHERE = {
    "cloudwatch:PutMetricData": "has no resources; the condition on the namespace stands in for one",
    "cloudwatch:GetMetricData": "has no resources, nor a condition on the namespace",
    "cloudwatch:ListMetrics": "has no resources, nor a condition on the namespace",
    "ssm:UpdateInstanceInformation": "a machine does not know its own id before it is made",
    "ssmmessages:CreateControlChannel": "has no resources",
    "ssmmessages:CreateDataChannel": "has no resources",
    "ssmmessages:OpenControlChannel": "has no resources",
    "ssmmessages:OpenDataChannel": "has no resources",
}
"""The actions that may be allowed on "*", and why nothing narrower is to be had."""

SERVICE = {
    "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "cloudwatch:PutMetricData",
    "logs:GetLogEvents", "logs:PutLogEvents", "secretsmanager:GetSecretValue",
}  # fmt: skip
MANAGER = {
    "s3:GetObject", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "logs:GetLogEvents", "logs:PutLogEvents",
    "secretsmanager:GetSecretValue",
}  # fmt: skip


def as_list(value):
    return value if isinstance(value, list) else [value]


def own_statements(role, *conditions):
    [policy] = resources("AWS::IAM::Role")[role]["Policies"]
    return taken(policy["PolicyDocument"]["Statement"], *conditions)


def shared_statements():
    [policy] = resources("AWS::IAM::ManagedPolicy").values()
    return policy["PolicyDocument"]["Statement"]


def every_statement():
    return [*own_statements("WebRole"), *own_statements("ManagerRole"), *shared_statements()]


def actions(statements):
    return {action for statement in statements for action in as_list(statement["Action"])}


def allowed(statements, action):
    """The resources that an action is allowed on, as text."""
    found = [each for each in statements if action in as_list(each["Action"])]
    return [next(iter(r.values())) if isinstance(r, dict) else r for each in found for r in as_list(each["Resource"])]


def test_each_role_may_do_what_its_app_does_and_no_more():
    assert actions(own_statements("WebRole")) == SERVICE
    assert actions(own_statements("ManagerRole")) == MANAGER
    for role in resources("AWS::IAM::Role").values():
        assert role["ManagedPolicyArns"] == [{"Ref": "SessionPolicy"}]


def asked_for(folder, pattern):
    """The operations of AWS that the code of a folder names, by boto3's name of each."""
    text = "".join(path.read_text() for path in sorted((ROOT / folder).glob(pattern)))
    by_name = re.findall(r'\b(?:ask|get_paginator)\(\s*"(\w+)"', text)
    return {*by_name, *re.findall(r"_client\.(\w+)\(", text)} - {"ask", "get_paginator"}


def test_the_roles_cover_what_the_code_asks_of_aws():
    # Groups and streams are made by the template. S3 calls a listing, and the deletion of several, by other names.
    made_here = {"create_log_group", "create_log_stream"}
    of_the_channel = asked_for("metrics", "cloudwatch_*.py") - made_here
    of_the_store = asked_for("image_service/storage", "s3_*.py")
    assert of_the_channel == {
        "put_metric_data", "get_metric_data", "list_metrics", "get_log_events", "put_log_events"
    }  # fmt: skip
    assert of_the_store == {"put_object", "get_object", "delete_objects", "list_objects_v2"}
    granted = {re.sub(r"(?<!^)(?=[A-Z])", "_", action.partition(":")[2]).lower() for action in SERVICE | MANAGER}
    renamed = {"delete_objects": "delete_object", "list_objects_v2": "list_bucket"}
    assert {renamed.get(name, name) for name in of_the_channel | of_the_store} == granted - {"get_secret_value"}


def test_no_action_is_a_pattern_and_nothing_but_allowed():
    for statement in every_statement():
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource", "Principal"} & set(statement)
        assert not [action for action in as_list(statement["Action"]) if "*" in action]


def test_only_what_has_no_resource_is_allowed_on_all():
    on_all = [statement for statement in every_statement() if "*" in as_list(statement["Resource"])]
    assert actions(on_all) == set(EVERYWHERE)


def test_statistics_go_to_the_own_namespace_only():
    [put] = [each for each in every_statement() if "cloudwatch:PutMetricData" in as_list(each["Action"])]
    assert put["Condition"] == {"StringEquals": {"cloudwatch:namespace": {"Ref": "Namespace"}}}


STREAMS = ("configuration", "instances", "latency", "curves", "curve-hours", "decisions")


@pytest.mark.parametrize(
    ("role", "action", "streams"),
    [
        ("WebRole", "logs:GetLogEvents", {"configuration", "curves"}),
        ("WebRole", "logs:PutLogEvents", {"instances", "latency", "curves", "curve-hours"}),
        ("ManagerRole", "logs:GetLogEvents", {*STREAMS}),
        ("ManagerRole", "logs:PutLogEvents", {"configuration", "decisions"}),
    ],
)
def test_configuration_goes_one_way_and_words_the_other(role, action, streams):
    patterns = [resource.rpartition(":")[2] for resource in allowed(own_statements(role), action)]
    reached = {name for name in STREAMS if any(fnmatchcase(name, p) for p in patterns)}
    assert reached == streams


def test_only_the_service_reaches_images_and_each_app_its_own_secrets():
    [images] = {tuple(allowed(own_statements("WebRole"), action)) for action in ("s3:PutObject", "s3:DeleteObject")}
    assert images == ("${Images.Arn}/images/*",)
    assert allowed(own_statements("WebRole"), "s3:ListBucket") == [["Images", "Arn"]]
    release = "arn:${AWS::Partition}:s3:::${ReleaseBucket}/${ReleaseKey}"
    assert allowed(own_statements("WebRole"), "s3:GetObject") == [*images, release]
    assert allowed(own_statements("ManagerRole"), "s3:GetObject") == [release]
    secrets = {role: set(allowed(own_statements(role), "secretsmanager:GetSecretValue"))
               for role in ("WebRole", "ManagerRole")}  # fmt: skip
    assert secrets == {"WebRole": {"DatabasePassword", "UploadToken"}, "ManagerRole": {"ManagerPassword", "SecretKey"}}


def test_a_shared_cache_adds_its_secret_to_the_services_rights_and_nothing_else():
    assert own_statements("ManagerRole", "HasCache") == own_statements("ManagerRole")
    differing = [
        (alone, shared)
        for alone, shared in zip(own_statements("WebRole"), own_statements("WebRole", "HasCache"), strict=True)
        if alone != shared
    ]
    [(alone, shared)] = differing
    assert shared == alone | {"Resource": [*alone["Resource"], {"Ref": "CacheToken"}]}
    assert shared["Sid"] == "OwnSecrets"


def test_only_machines_of_ec2_take_the_roles():
    for role in resources("AWS::IAM::Role").values():
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "ec2.amazonaws.com"}


def ways_in(group):
    rules = resources("AWS::EC2::SecurityGroup")[group].get("SecurityGroupIngress", [])
    return [rule["Fn::If"][1] if "Fn::If" in rule else rule for rule in rules]


def test_only_the_load_balancer_is_open_to_the_outside():
    for group in resources("AWS::EC2::SecurityGroup"):
        by_address = [rule for rule in ways_in(group) if "CidrIp" in rule or "CidrIpv6" in rule]
        if group != "BalancerGroup":
            assert by_address == []
    assert {rule["FromPort"] for rule in ways_in("BalancerGroup")} == {80, 443}
    assert {str(rule["CidrIp"]) for rule in ways_in("BalancerGroup")} == {"{'Ref': 'ClientCidr'}"}


@pytest.mark.parametrize(
    ("group", "source", "port"),
    [("WebGroup", "Balancer", 8000), ("DatabaseGroup", "Web", 3306), ("CacheGroup", "Web", 6379)],
)
def test_each_is_reached_by_the_one_before_it_only(group, source, port):
    [rule] = ways_in(group)
    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": [f"{source}Group", "GroupId"]}
    assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (port, port, "tcp")


def test_nobody_comes_in_at_the_manager():
    assert ways_in("ManagerGroup") == []


def ways_out(group, *conditions):
    return taken(resources("AWS::EC2::SecurityGroup")[group]["SecurityGroupEgress"], *conditions)


def test_every_way_out_is_named():
    for group in resources("AWS::EC2::SecurityGroup"):
        assert ways_out(group), "none at all would be everywhere"
        for rule in ways_out(group, "HasCache"):
            assert rule["FromPort"] == rule["ToPort"]
            assert rule["CidrIp"] != "0.0.0.0/0" or rule["FromPort"] == 443


def test_the_rules_are_all_in_the_groups_themselves():
    assert not resources("AWS::EC2::SecurityGroupIngress")
    assert not resources("AWS::EC2::SecurityGroupEgress")


@pytest.mark.parametrize("kind", ["AWS::RDS::DBSubnetGroup", "AWS::ElastiCache::SubnetGroup"])
def test_database_and_shared_cache_stand_where_no_way_leads_out(kind):
    [group] = resources(kind).values()
    subnets = [subnet["Ref"] for subnet in group["SubnetIds"]]
    assert len(subnets) == 2
    associations = resources("AWS::EC2::SubnetRouteTableAssociation").values()
    tables = {each["RouteTableId"]["Ref"] for each in associations if each["SubnetId"]["Ref"] in subnets}
    assert tables == {"PrivateRoutes"}
    assert {route["RouteTableId"]["Ref"] for route in resources("AWS::EC2::Route").values()} == {"PublicRoutes"}


@pytest.mark.parametrize("port", [3306, 6379])
def test_egress_to_database_and_shared_cache_covers_their_subnets(port):
    [rule] = [rule for rule in ways_out("WebGroup", "HasCache") if rule["FromPort"] == port]
    private = {name: subnet["CidrBlock"] for name, subnet in resources("AWS::EC2::Subnet").items() if "Private" in name}
    assert rule["CidrIp"] == "10.20.128.0/17"
    assert all(int(re.match(r"10\.20\.(\d+)\.", block)[1]) >= 128 for block in private.values())


def test_without_a_shared_cache_there_is_no_way_to_one():
    assert {rule["FromPort"] for rule in ways_out("WebGroup")} == {443, 3306}
