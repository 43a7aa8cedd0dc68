"""How long logs are kept."""

from aws_cdk import aws_logs as logs

from serving.infra.sizes import Size


def retention(size: Size) -> logs.RetentionDays:
    """Return how long logs of an installation of this size are kept."""
    return {
        30: logs.RetentionDays.ONE_MONTH,
        90: logs.RetentionDays.THREE_MONTHS,
        365: logs.RetentionDays.ONE_YEAR,
    }[size.log_days]
