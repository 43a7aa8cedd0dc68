"""Telemetry of one process, switched on by the settings."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pipelines.settings import Settings
from serving.telemetry.meter import Meter
from serving.telemetry.prometheus import serve_metrics
from serving.telemetry.spans import Live, install


@contextmanager
def open_telemetry(settings: Settings, *, service: str, version: str = "") -> Iterator[Meter | None]:
    """Trace and measure until the end; gives the meter, or None if all of it is off.

    `service` names the program, unless `OTEL_SERVICE_NAME` does.
    """
    if settings.telemetry == "off" and settings.metrics_port is None:
        yield None
        return
    meter = Meter()
    live = Live(meter, share=settings.trace_share)
    with ExitStack() as stack:
        if settings.metrics_port is not None:
            stack.enter_context(serve_metrics(meter, host=settings.host, port=settings.metrics_port))
        if settings.telemetry != "off":
            # imported here: a tenth of a second and some megabytes, only for those who want it
            from serving.telemetry.exporting import Exporters, Exporting

            file = settings.telemetry_file
            exporters = Exporters.over_otlp() if settings.telemetry == "otlp" else Exporters.as_json(file)
            exporting = Exporting(exporters, meter, service=service, version=version)
            stack.callback(exporting.close)
            live.export = exporting.take
        install(live)
        stack.callback(install, None)
        yield meter
