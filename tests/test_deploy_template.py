"""The CloudFormation template: what it must have, and that its names are those of the code."""

import json
import re

import pytest
from cfnlint import api

from cache.engines import REDIS_POLICIES
from image_service.settings import Settings as ServiceSettings
from metrics.cloudwatch_channel import CONFIGURATION, CURVE_HOURS, CURVES, DECISIONS, GROUP, INSTANCES, LATENCY
from metrics.cloudwatch_datums import DIMENSION, OF_AN_INSTANCE, OF_THE_FLEET
from metrics.cloudwatch_limits import NAMESPACE
from metrics.prices import SEEN, sent_a_month
from metrics.schema import OF_ENGINE
from tests.deploy_template import (
    APPS,
    OF_THE_CACHE,
    PATH,
    ROOT,
    cache_url,
    resources,
    template,
    told_to_the_service,
    user_data,
    walk,
)

OURS = {"Ref": "Namespace"}


def test_cfn_lint_finds_nothing():
    assert [str(match) for match in api.lint_file(PATH)] == []


def test_it_can_be_sent_as_it_is():
    assert len(PATH.read_bytes()) <= 51_200


def test_images_and_rows_outlive_the_stack():
    kept = {name: resource.get("DeletionPolicy") for name, resource in template()["Resources"].items()}
    assert (kept["Images"], kept["ImagesOverTlsOnly"], kept["Database"]) == ("Retain", "Retain", "Snapshot")
    for name in ("Images", "ImagesOverTlsOnly", "Database"):
        assert template()["Resources"][name]["UpdateReplacePolicy"] == kept[name]


def test_the_bucket_is_closed_encrypted_and_tidy():
    bucket = resources("AWS::S3::Bucket")["Images"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert "AbortIncompleteMultipartUpload" in rule
    [statement] = resources("AWS::S3::BucketPolicy")["ImagesOverTlsOnly"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_database_is_encrypted_backed_up_private_and_wants_tls():
    database = resources("AWS::RDS::DBInstance")["Database"]
    assert database["StorageEncrypted"] is True
    assert database["PubliclyAccessible"] is False
    assert database["BackupRetentionPeriod"] == {"Ref": "BackupDays"}
    assert database["MasterUserPassword"] == {"Fn::Sub": "{{resolve:secretsmanager:${DatabasePassword}}}"}
    group = resources("AWS::RDS::DBParameterGroup")[database["DBParameterGroupName"]["Ref"]]
    assert group["Parameters"] == {"require_secure_transport": "1"}


def test_the_shared_cache_is_encrypted_private_and_asks_for_a_password():
    cache = resources("AWS::ElastiCache::ReplicationGroup")["Cache"]
    assert (cache["TransitEncryptionEnabled"], cache["AtRestEncryptionEnabled"]) == (True, True)
    assert cache["AuthToken"] == {"Fn::Sub": "{{resolve:secretsmanager:${CacheToken}}}"}
    assert cache["CacheSubnetGroupName"] == {"Ref": "CacheSubnets"}
    assert cache["SecurityGroupIds"] == [{"Fn::GetAtt": ["CacheGroup", "GroupId"]}]
    [secret] = [each for name, each in resources("AWS::SecretsManager::Secret").items() if name == "CacheToken"]
    assert 16 <= secret["GenerateSecretString"]["PasswordLength"] <= 128, "what ElastiCache takes"


def test_the_shared_cache_drops_by_a_policy_that_we_have_a_name_for():
    [group] = resources("AWS::ElastiCache::ParameterGroup").values()
    assert group["Properties"] == {"maxmemory-policy": {"Ref": "CachePolicy"}}
    parameter = template()["Parameters"]["CachePolicy"]
    assert parameter["AllowedValues"] == list(REDIS_POLICIES.values())
    assert parameter["Default"] == REDIS_POLICIES["lru"]


def test_without_a_node_type_there_is_nothing_of_a_shared_cache():
    conditional = {name for name, each in template()["Resources"].items() if each.get("Condition") == "HasCache"}
    assert conditional == OF_THE_CACHE
    assert template()["Parameters"]["CacheNodeType"]["Default"] == ""
    assert (cache_url(), "CACHE_URL=${CacheUrl}\n" in user_data("web")) == ("memory:", True)


def test_the_shared_cache_is_reached_over_tls_and_not_managed():
    assert cache_url("HasCache") == (
        "rediss://:<${CacheToken}>@${Cache.PrimaryEndPoint.Address}:${Cache.PrimaryEndPoint.Port}/0"
    )


def test_only_with_a_shared_cache_a_service_has_several_workers():
    assert "WORKERS=${Workers}\n" in user_data("web")
    assert told_to_the_service("Workers") == "1"
    assert told_to_the_service("Workers", "HasCache") == {"Ref": "WorkersPerInstance"}


def test_the_group_scales_on_requests():
    [policy] = resources("AWS::AutoScaling::ScalingPolicy").values()
    tracking = policy["TargetTrackingConfiguration"]
    assert policy["AutoScalingGroupName"] == {"Ref": "WebFleet"}
    assert tracking["TargetValue"] == {"Ref": "RequestsPerMinute"}
    assert tracking["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ALBRequestCountPerTarget"


@pytest.mark.parametrize("name", APPS.values())
def test_machines_guard_their_credentials_and_encrypt_their_disk(name):
    data = resources("AWS::EC2::LaunchTemplate")[name]["LaunchTemplateData"]
    assert data["MetadataOptions"] == {
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
    }
    assert all(disk["Ebs"]["Encrypted"] and disk["Ebs"]["VolumeType"] == "gp3" for disk in data["BlockDeviceMappings"])


def test_no_shared_failure_ends_machines_and_starting_ones_get_no_requests():
    for group in resources("AWS::AutoScaling::AutoScalingGroup").values():
        assert group["HealthCheckType"] == "EC2"
    targets = resources("AWS::ElasticLoadBalancingV2::TargetGroup")["Targets"]
    assert (targets["HealthCheckPath"], targets["Port"]) == ("/readyz", ServiceSettings.model_fields["port"].default)


def test_http_only_leads_to_https_where_there_is_a_certificate():
    listeners = resources("AWS::ElasticLoadBalancingV2::Listener")
    assert listeners["Listener"]["Protocol"] == {"Fn::If": ["HasCertificate", "HTTPS", "HTTP"]}
    assert template()["Resources"]["Redirect"]["Condition"] == "HasCertificate"
    [action] = listeners["Redirect"]["DefaultActions"]
    assert action["RedirectConfig"] == {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}


def test_the_log_group_is_that_of_the_channel():
    [group] = resources("AWS::Logs::LogGroup").values()
    assert group["LogGroupName"] == {"Fn::Sub": GROUP.format(namespace="${Namespace}")}
    assert group["RetentionInDays"] == 90
    streams = {stream["LogStreamName"] for stream in resources("AWS::Logs::LogStream").values()}
    assert streams == {CONFIGURATION, INSTANCES, LATENCY, CURVES, CURVE_HOURS, DECISIONS}


def test_a_namespace_that_the_template_takes_the_channel_takes_too():
    pattern = re.compile(template()["Parameters"]["Namespace"]["AllowedPattern"])
    for namespace in ("Hitrate", "a.b-c_1", "9", "x" * 200):
        assert pattern.fullmatch(namespace)
        assert NAMESPACE.fullmatch(namespace)
    assert not pattern.fullmatch("AWS/EC2")


def test_alarms_are_on_series_that_the_services_send():
    alarms = resources("AWS::CloudWatch::Alarm")
    ours = {name: alarm for name, alarm in alarms.items() if alarm["Namespace"] == OURS}
    assert {alarm["MetricName"] for alarm in ours.values()} == {"HitRate", "Requests"} <= set(OF_THE_FLEET)
    assert not any("Dimensions" in alarm for alarm in ours.values())
    # Minutes without requests send no rate, but a number of requests, zero.
    assert ours["HitRateAlarm"]["TreatMissingData"] == "notBreaching"
    assert ours["SilenceAlarm"]["TreatMissingData"] == "breaching"
    assert {"HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"} <= {alarm["MetricName"] for alarm in alarms.values()}
    assert all(alarm["AlarmActions"] == [{"Ref": "Alarms"}] for alarm in alarms.values())


def test_the_dashboard_shows_what_the_services_send():
    [dashboard] = resources("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    rows = [row for widget in widgets for row in widget["properties"]["metrics"]]
    ours = [row for row in rows if row[0] == "${Namespace}"]
    assert {row[1] for row in ours} <= set(OF_THE_FLEET)
    assert all(len(row) == 2 or isinstance(row[2], dict) for row in ours), "the fleet's series have no dimension"
    searched = [row[0]["expression"] for row in rows if isinstance(row[0], dict)]
    for expression in searched:
        found = re.fullmatch(r"SEARCH\('\{\$\{Namespace\},(\w+)\} MetricName=\"(\w+)\"', '\w+', 60\)", expression)
        assert found[1] == DIMENSION
        assert found[2] in OF_AN_INSTANCE


@pytest.mark.parametrize("app", APPS)
def test_no_secret_is_in_the_user_data(app):
    assert "resolve:" not in user_data(app) + cache_url("HasCache")  # CloudFormation would write the secret itself
    for name in resources("AWS::SecretsManager::Secret"):
        assert user_data(app).count("${" + name + "}") == user_data(app).count("<${" + name + "}>")


def test_secrets_are_made_by_aws_and_fit_into_an_address():
    for secret in resources("AWS::SecretsManager::Secret").values():
        assert secret["GenerateSecretString"]["ExcludePunctuation"] is True
        assert secret["GenerateSecretString"]["PasswordLength"] >= 24


def test_a_new_release_makes_new_machines_and_the_old_ones_stay_until_they_are_ready():
    for name, group in resources("AWS::AutoScaling::AutoScalingGroup").items():
        version = group["LaunchTemplate"]["Version"]["Fn::GetAtt"]
        assert version[1] == "LatestVersionNumber"
        [app] = [app for app, launch in APPS.items() if launch == version[0]]
        assert "s3://${ReleaseBucket}/${ReleaseKey}" in user_data(app)
        assert f"--resource {name} " in user_data(app)
        resource = template()["Resources"][name]
        assert resource["UpdatePolicy"]["AutoScalingRollingUpdate"]["WaitOnResourceSignals"] is True
        assert "ResourceSignal" in resource["CreationPolicy"]


def test_every_parameter_is_used_sorted_into_a_group_and_described():
    parameters = template()["Parameters"]
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(parameters)
    assert all(parameter["Description"] for parameter in parameters.values())


def test_every_parameter_is_in_the_docs_with_its_default():
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`)? *\|", (ROOT / "docs/deploy.md").read_text(), re.MULTILINE)
    parameters = template()["Parameters"].items()
    assert dict(rows) == {name: str(parameter.get("Default", "")) for name, parameter in parameters}


def test_what_statistics_cost_is_what_the_manager_reckons():
    text = (ROOT / "docs/deploy.md").read_text()
    metrics = len(OF_AN_INSTANCE) - len(OF_ENGINE) + len(OF_THE_FLEET)
    assert f"| statistics | {metrics} metrics, a call a minute, logs | {sent_a_month(1):.1f} |" in text
    assert f"and {sent_a_month(2) - sent_a_month(1):.1f} of metrics" in text
    assert SEEN in text


def test_the_costs_add_up():
    text = (ROOT / "docs/deploy.md").read_text()
    table = re.search(r"^\| what \| how much \| dollars \|$(.*?)^\| \*\*together", text, re.MULTILINE | re.DOTALL)[1]
    parts = [float(number) for number in re.findall(r"\| ([\d.]+)(?: \*)? \|$", table, re.MULTILINE)]
    together = int(re.search(r"\*\*about (\d+)\*\*", text)[1])
    assert len(parts) == 9
    assert abs(sum(parts) - together) < 0.5


def test_nothing_of_the_template_names_an_account_or_a_region():
    assert not re.search(r"\b\d{12}\b|\b(?:us|eu|ap)-[a-z]+-\d\b", PATH.read_text())
    assert not [value for value in walk(template()) if isinstance(value, str) and value.startswith("arn:aws:")]
