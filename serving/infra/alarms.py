"""What wakes somebody up: alarms, and where they are sent."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_docdb as docdb
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from serving.infra.common.figures import document_database, fallback_share, product_sum
from serving.infra.queues import Queues
from serving.infra.telemetry import NAMESPACE

_FIVE = Duration.minutes(5)
_HOUR = Duration.hours(1)


@dataclass(frozen=True)
class Watched:
    """What the alarms look at. `document_database` is None where Atlas is used, which has alarms of its own."""

    balancer: elb.ApplicationLoadBalancer
    targets: elb.ApplicationTargetGroup
    queues: Queues
    api_logs: logs.LogGroup
    document_database: docdb.DatabaseCluster | None
    registry_database: rds.DatabaseInstance
    spend_per_hour: float


class Alarms(Construct):
    """One topic, and an alarm for each thing that a person has to do something about."""

    def __init__(self, scope: Construct, name: str, watched: Watched, *, key: kms.IKey, operator: str) -> None:
        super().__init__(scope, name)
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True, display_name="Intentloop")
        self.topic.add_subscription(subscriptions.EmailSubscription(operator))
        self._watch_answers(watched)
        self._watch_model(watched)
        self._watch_queues(watched.queues)
        self._watch_databases(watched)

    def _watch_answers(self, watched: Watched) -> None:
        targets, balancer = watched.targets, watched.balancer
        self._alarm(
            "SlowAnswers", "one answer in twenty takes more than 2 seconds",
            targets.metrics.target_response_time(statistic="p95", period=_FIVE), above=2, for_=3,
        )  # fmt: skip
        codes = elb.HttpCodeTarget.TARGET_5XX_COUNT
        failed = cloudwatch.MathExpression(
            expression="IF(FILL(requests, 0) < 50, 0, 100 * (FILL(target, 0) + FILL(balancer, 0)) / requests)",
            using_metrics={
                "requests": balancer.metrics.request_count(period=_FIVE),
                "target": targets.metrics.http_code_target(codes, period=_FIVE),
                "balancer": balancer.metrics.http_code_elb(elb.HttpCodeElb.ELB_5XX_COUNT, period=_FIVE),
            },
            period=_FIVE,
            label="failed, %",
        )
        self._alarm("FailedAnswers", "more than 1 % of the requests fail", failed, above=1, for_=2)
        self._alarm(
            "NoTask", "no task of the chat API is ready", targets.metrics.healthy_host_count(
                statistic="Maximum", period=Duration.minutes(1)
            ), below=1, for_=3, missing=cloudwatch.TreatMissingData.BREACHING,
        )  # fmt: skip

    def _watch_model(self, watched: Watched) -> None:
        self._alarm(
            "NotUnderstood", "more than 30 % of an hour's messages end in the fallback", fallback_share(_HOUR), above=30
        )
        self._alarm(
            "LanguageModelSpend", "the language model costs more an hour than it should",
            product_sum("intentloop.llm.spend", period=_HOUR), above=watched.spend_per_hour,
        )  # fmt: skip
        # From the log, since a process that has refused its first release may not get as far as to send figures.
        refused = logs.MetricFilter(
            self,
            "Refusals",
            log_group=watched.api_logs,
            filter_pattern=logs.FilterPattern.literal('"release refused"'),
            metric_namespace=NAMESPACE,
            metric_name="release_refused",
            metric_value="1",
            default_value=0,
        )
        self._alarm(
            "RefusedRelease", "the version behind the alias must not answer; `intentloop releases` says why",
            refused.metric(statistic="Sum", period=_FIVE), above=0,
        )  # fmt: skip

    def _watch_queues(self, queues: Queues) -> None:
        self._alarm(
            "MessagesWait", "a platform message waits for more than two minutes",
            queues.messages.metric_approximate_age_of_oldest_message(statistic="Maximum", period=_FIVE), above=120,
        )  # fmt: skip
        waiting = cloudwatch.MathExpression(
            expression="IF(waiting > 0, age, 0)",
            using_metrics={
                "waiting": queues.trainings.metric_approximate_number_of_messages_visible(
                    statistic="Minimum", period=_FIVE
                ),
                "age": queues.trainings.metric_approximate_age_of_oldest_message(statistic="Maximum", period=_FIVE),
            },
            period=_FIVE,
            label="training waits",
        )
        self._alarm("TrainingsWait", "a training waits for more than two hours", waiting, above=7200)
        for name, queue in (
            ("Messages", queues.dead_messages),
            ("Trainings", queues.dead_trainings),
            ("Schedules", queues.dead_schedules),
        ):
            self._alarm(
                f"Dead{name}", "something that nobody could do was put aside",
                queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=_FIVE), above=0,
            )  # fmt: skip

    def _watch_databases(self, watched: Watched) -> None:
        cluster, postgres = watched.document_database, watched.registry_database
        if cluster is not None:
            cpu = document_database(cluster, "CPUUtilization", statistic="Average", period=_FIVE)
            self._alarm("DocumentDbCpu", "DocumentDB is busy", cpu, above=80, for_=3)
            memory = document_database(cluster, "FreeableMemory", statistic="Minimum", period=_FIVE)
            self._alarm("DocumentDbMemory", "DocumentDB runs out of memory", memory, below=256 * 2**20, for_=3)
        space = postgres.metric_free_storage_space(statistic="Minimum", period=_FIVE)
        self._alarm("PostgresDisk", "MLflow's database runs out of disk", space, below=2 * 2**30)
        cpu = postgres.metric_cpu_utilization(statistic="Average", period=_FIVE)
        self._alarm("PostgresCpu", "MLflow's database is busy", cpu, above=85, for_=6)

    def _alarm(
        self,
        name: str,
        what: str,
        metric: cloudwatch.IMetric,
        *,
        above: float | None = None,
        below: float | None = None,
        for_: int = 1,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        """Add an alarm, which is sent when it begins and when it ends."""
        operators = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_description=f"Intentloop: {what}",
            metric=metric,
            threshold=above if above is not None else below,
            comparison_operator=operators.GREATER_THAN_THRESHOLD
            if above is not None
            else operators.LESS_THAN_THRESHOLD,
            evaluation_periods=for_,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
