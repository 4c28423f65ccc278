"""The template brought up on two emulators of AWS, and taken down where deleting works."""

import base64
import json

import pytest
import yaml
from botocore.exceptions import ClientError

from tests import ministack, moto_server
from tests.deploy_template import OF_THE_CACHE, PATH, template
from tests.processes import wait_until

PARAMETERS = {
    "ReleaseBucket": "releases",
    "ReleaseKey": "hitrate-1bfc56f.tar.gz",
    "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
    "DomainName": "images.example.org",
    "AlarmEmail": "somebody@example.org",
}
SHARED_CACHE = {"CacheNodeType": "cache.t4g.small"}
# The emulators know no newest image of Amazon Linux.
IMAGE = "/hitrate/image"


class Stack:
    def __init__(self, server, text, **parameters):
        self.client = server.client
        self._cloudformation = server.client("cloudformation")
        self._given = {**PARAMETERS, **parameters}
        self.id = self._cloudformation.create_stack(
            StackName="hitrate",
            TemplateBody=text,
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in self._given.items()],
            Capabilities=["CAPABILITY_IAM"],
        )["StackId"]
        self.status = self._settled()

    @property
    def resources(self):
        found = self._cloudformation.describe_stack_resources(StackName=self.id)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found if "PhysicalResourceId" in each}

    @property
    def outputs(self):
        [stack] = self._cloudformation.describe_stacks(StackName=self.id)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def update(self, **changed):
        given = [{"ParameterKey": k, "ParameterValue": v} for k, v in {**self._given, **changed}.items()]
        self._cloudformation.update_stack(
            StackName=self.id, UsePreviousTemplate=True, Parameters=given, Capabilities=["CAPABILITY_IAM"]
        )
        self.status = self._settled()

    def delete(self):
        self._cloudformation.delete_stack(StackName=self.id)
        self.status = self._settled()

    def _settled(self):
        def status():
            [stack] = self._cloudformation.describe_stacks(StackName=self.id)["Stacks"]
            return "" if stack["StackStatus"].endswith("IN_PROGRESS") else stack["StackStatus"]

        return wait_until(status, what="the stack")


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with ministack.running(tmp_path_factory.mktemp("ministack")) as server:
        server.client("ssm").put_parameter(Name=IMAGE, Value="ami-0123456789abcdef0", Type="String")
        yield server


@pytest.fixture
def bring_up(aws):
    made = []

    def create(**parameters):
        made.append(Stack(aws, PATH.read_text(), ImageId=IMAGE, **parameters))
        return made[-1]

    yield create
    for stack in made:
        if stack.status != "DELETE_COMPLETE":
            stack.delete()


def test_all_of_it_is_made_and_goes_again_but_for_the_images(bring_up):
    stack = bring_up(**SHARED_CACHE)
    assert stack.status == "CREATE_COMPLETE"
    assert set(stack.resources) == set(template()["Resources"])
    bucket = stack.outputs["ImagesBucket"]
    stack.delete()
    assert stack.status == "DELETE_COMPLETE"
    assert [each["Name"] for each in stack.client("s3").list_buckets()["Buckets"]] == [bucket]
    assert stack.client("rds").describe_db_instances()["DBInstances"] == []
    assert stack.client("elasticache").describe_replication_groups()["ReplicationGroups"] == []
    assert stack.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    stack.client("s3").delete_bucket(Bucket=bucket)


def test_the_load_balancer_answers_over_https_and_its_targets_are_the_services(bring_up):
    stack = bring_up()
    balancing = stack.client("elbv2")
    listeners = balancing.describe_listeners(LoadBalancerArn=stack.resources["Balancer"])["Listeners"]
    assert {each["Port"]: each["DefaultActions"][0]["Type"] for each in listeners} == {443: "forward", 80: "redirect"}
    groups = stack.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    sizes = {each["AutoScalingGroupName"]: (each["MinSize"], each["MaxSize"]) for each in groups}
    assert sizes == {stack.resources["WebFleet"]: (1, 4), stack.resources["Manager"]: (1, 1)}
    [policy] = stack.client("autoscaling").describe_policies()["ScalingPolicies"]
    label = policy["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]["ResourceLabel"]
    assert label.startswith("app/")
    assert label.endswith(stack.resources["Targets"].partition("targetgroup/")[2])
    assert stack.outputs["Address"] == "https://images.example.org"


def test_without_a_certificate_there_is_http_for_the_named_addresses_only(bring_up):
    stack = bring_up(CertificateArn="", DomainName="", AlarmEmail="", ClientCidr="203.0.113.7/32")
    assert stack.status == "CREATE_COMPLETE"
    left_out = {name for name, resource in template()["Resources"].items() if "Condition" in resource}
    assert left_out == {"Redirect", "AlarmsByEmail", *OF_THE_CACHE}
    assert set(template()["Resources"]) - set(stack.resources) == left_out
    [listener] = stack.client("elbv2").describe_listeners(LoadBalancerArn=stack.resources["Balancer"])["Listeners"]
    assert (listener["Port"], listener["Protocol"]) == (80, "HTTP")
    found = stack.client("ec2").describe_security_groups(GroupIds=[stack.resources["BalancerGroup"]])
    [rule] = found["SecurityGroups"][0]["IpPermissions"]
    assert [each["CidrIp"] for each in rule["IpRanges"]] == ["203.0.113.7/32"]
    assert stack.outputs["Address"] == f"http://{stack.outputs['LoadBalancer']}"


def test_plain_http_for_everybody_is_refused(bring_up):
    with pytest.raises(ClientError, match="Without CertificateArn there is HTTP only"):
        bring_up(CertificateArn="", DomainName="")


@pytest.mark.parametrize(
    "bad",
    [{"ReleaseKey": "hitrate.zip"}, {"ReleaseKey": "a b.tar.gz"}, {"DatabaseClass": "t4g.micro"},
     {"WebInstanceType": "t3.small"}, {"Namespace": "AWS/EC2"}, {"AllowedHosts": "a,\nUPLOAD_TOKEN="},
     {"CacheNodeType": "t4g.small"}, {"CachePolicy": "noeviction"}, {"CacheMultiAZ": "yes"}],
    ids=lambda bad: f"{bad}",
)  # fmt: skip
def test_what_can_not_work_is_refused_before_anything_is_made(bring_up, bad):
    with pytest.raises(ClientError, match=next(iter(bad))):
        bring_up(**bad)


def test_alarms_are_armed_and_the_dashboard_is_there(bring_up):
    stack = bring_up()
    watching = stack.client("cloudwatch")
    alarms = watching.describe_alarms()["MetricAlarms"]
    assert {each["MetricName"] for each in alarms if each["Namespace"] == "Hitrate"} == {"HitRate", "Requests"}
    assert {action for each in alarms for action in each["AlarmActions"]} == {stack.resources["Alarms"]}
    [subscription] = stack.client("sns").list_subscriptions()["Subscriptions"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "somebody@example.org")
    body = watching.get_dashboard(DashboardName="hitrate-eu-central-1")["DashboardBody"]
    assert "${" not in body
    assert len(json.loads(body)["widgets"]) == 6


def started_with(stack, app):
    """The user data as a machine gets it: what it writes, and what it runs."""
    launch = stack.resources[app]
    versions = stack.client("ec2").describe_launch_template_versions(LaunchTemplateId=launch)["LaunchTemplateVersions"]
    newest = max(versions, key=lambda version: version["VersionNumber"])
    text = base64.b64decode(newest["LaunchTemplateData"]["UserData"]).decode()
    assert text.startswith("#cloud-config\n")
    assert "${" not in text
    return yaml.safe_load(text)


def settings_of(stack, app):
    [file] = started_with(stack, app)["write_files"]
    return dict(line.split("=", 1) for line in file["content"].splitlines())


def test_machines_are_told_where_everything_is(bring_up):
    stack = bring_up(AllowedHosts="other.example.org")
    settings = settings_of(stack, "WebTemplate")
    [database] = stack.client("rds").describe_db_instances()["DBInstances"]
    assert f"@{database['Endpoint']['Address']}:3306/hitrate?ssl_ca=" in settings["DATABASE_URL"]
    assert settings["IMAGES_URL"] == f"s3://{stack.outputs['ImagesBucket']}/images"
    assert settings["ALLOWED_HOSTS"] == "images.example.org,other.example.org"
    assert settings["CACHE_URL"] == "memory:"
    [file] = started_with(stack, "ManagerTemplate")["write_files"]
    assert "IMAGE_SERVICE_URL=https://images.example.org\n" in file["content"]
    assert "CHANNEL_URL=cloudwatch://Hitrate\n" in file["content"]


def test_another_release_is_another_version_of_the_machines_and_touches_nothing_else(bring_up):
    stack = bring_up()
    before = stack.resources
    stack.update(ReleaseKey="hitrate-2.tar.gz")
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.resources == before
    for launch in ("WebTemplate", "ManagerTemplate"):
        assert "s3://releases/hitrate-2.tar.gz" in started_with(stack, launch)["runcmd"][0][2]
    groups = stack.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert {group["LaunchTemplate"]["Version"] for group in groups} == {"2"}


def the_cache_of(stack):
    [cache] = stack.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    return cache


def test_a_shared_cache_is_of_one_shard_encrypted_and_asks_for_its_password(bring_up):
    stack = bring_up(CachePolicy="allkeys-lfu", CacheMultiAZ="true", **SHARED_CACHE)
    assert stack.status == "CREATE_COMPLETE"
    cache = the_cache_of(stack)
    assert (cache["CacheNodeType"], cache["AutomaticFailover"], cache["MultiAZ"]) == (
        "cache.t4g.small", "enabled", "enabled"
    )  # fmt: skip
    assert (cache["TransitEncryptionEnabled"], cache["AtRestEncryptionEnabled"]) == (True, True)
    assert cache["AuthTokenEnabled"] is True
    assert [len(shard["NodeGroupMembers"]) for shard in cache["NodeGroups"]] == [2]
    parameters = stack.client("elasticache").describe_cache_parameters(
        CacheParameterGroupName=stack.resources["CacheParameters"]
    )["Parameters"]
    assert {each["ParameterName"]: each["ParameterValue"] for each in parameters if "ParameterValue" in each}[
        "maxmemory-policy"
    ] == "allkeys-lfu"


def test_services_are_told_of_the_shared_cache_and_of_the_secret_by_its_name_only(bring_up):
    stack = bring_up(**SHARED_CACHE)
    [shard] = the_cache_of(stack)["NodeGroups"]
    endpoint = shard["PrimaryEndpoint"]
    secret = stack.resources["CacheToken"]
    assert settings_of(stack, "WebTemplate")["CACHE_URL"] == (
        f"rediss://:<{secret}>@{endpoint['Address']}:{endpoint['Port']}/0"
    )
    assert "CACHE_URL" not in settings_of(stack, "ManagerTemplate")


def test_a_shared_cache_comes_and_goes_while_everything_else_stays(bring_up):
    stack = bring_up()
    before, alone = stack.resources, settings_of(stack, "WebTemplate")
    stack.update(**SHARED_CACHE)
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.resources.keys() - before.keys() == OF_THE_CACHE
    shared = settings_of(stack, "WebTemplate")
    assert shared.pop("CACHE_URL").startswith(f"rediss://:<{stack.resources['CacheToken']}>@")
    assert (alone["WORKERS"], shared.pop("WORKERS")) == ("1", "2")
    assert shared == {name: value for name, value in alone.items() if name not in ("CACHE_URL", "WORKERS")}
    stack.update(CacheNodeType="")
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.resources == before
    assert settings_of(stack, "WebTemplate") == alone
    assert stack.client("elasticache").describe_replication_groups()["ReplicationGroups"] == []


def test_the_password_of_the_database_is_the_secret_and_is_nowhere_else(bring_up):
    stack = bring_up(**SHARED_CACHE)
    secrets = stack.client("secretsmanager")
    names = ("DatabasePassword", "UploadToken", "ManagerPassword", "SecretKey", "CacheToken")
    values = [secrets.get_secret_value(SecretId=stack.resources[name])["SecretString"] for name in names]
    assert len(set(values)) == len(names)
    for name in ("WebTemplate", "ManagerTemplate"):
        told = started_with(stack, name)["write_files"][0]["content"]
        assert not [value for value in values if value in told]


def test_the_second_emulator_takes_it_too():
    # moto gives an object in place of a parameter group's name.
    text = PATH.read_text().replace("!Ref DatabaseParameters", "default.mysql8.4")
    with moto_server.alone() as server:
        certificate = server.client("acm").request_certificate(DomainName="images.example.org")["CertificateArn"]
        stack = Stack(server, text, CertificateArn=certificate)
        assert stack.status == "CREATE_COMPLETE"
        [database] = stack.client("rds").describe_db_instances()["DBInstances"]
        assert (database["StorageEncrypted"], database["PubliclyAccessible"]) == (True, False)
        groups = stack.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        assert {each["AutoScalingGroupName"] for each in groups} == {
            stack.resources["WebFleet"], stack.resources["Manager"]
        }  # fmt: skip
        [group] = stack.client("logs").describe_log_groups()["logGroups"]
        assert (group["logGroupName"], group["retentionInDays"]) == ("/hitrate/Hitrate", 90)
        metadata = stack.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=stack.resources["WebTemplate"]
        )["LaunchTemplateVersions"][0]["LaunchTemplateData"]["MetadataOptions"]
        assert metadata["HttpTokens"] == "required"
