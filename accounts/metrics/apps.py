"""App configuration of the metrics: it listens to what happens."""

from django.apps import AppConfig

from . import conf  # noqa: F401  (it declares the setting, before any is read)


class MetricsConfig(AppConfig):
    name = __package__
    label = "gatehouse_metrics"
    verbose_name = "Gatehouse: metrics"

    def ready(self) -> None:
        from . import checks, counts  # noqa: F401  (they connect themselves)
