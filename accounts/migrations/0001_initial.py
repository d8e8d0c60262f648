import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ..models import opaque_id


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Subject",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="gatehouse_subject",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sub",
                    models.CharField(default=opaque_id, editable=False, max_length=32, unique=True),
                ),
                ("ver", models.PositiveIntegerField(default=1, editable=False)),
                ("ver_raised_at", models.DateTimeField(db_index=True, editable=False, null=True)),
                ("endings", models.PositiveIntegerField(default=0, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="FailureCount",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("owner", models.CharField(blank=True, max_length=64)),
                ("started_at", models.BigIntegerField()),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["owner"], name="failures_of_owner")],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=opaque_id, max_length=32, primary_key=True, serialize=False
                    ),
                ),
                (
                    "client",
                    models.CharField(choices=[("web", "Web"), ("cli", "Cli")], max_length=3),
                ),
                ("method", models.CharField(default="password", max_length=16)),
                ("key_hash", models.CharField(max_length=64)),
                ("generation", models.PositiveIntegerField(default=1)),
                ("previous_generation", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("rotated_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField()),
                ("authenticated_at", models.DateTimeField()),
                ("idle_seconds", models.PositiveIntegerField()),
                ("idle_expires_at", models.DateTimeField()),
                ("absolute_expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=24)),
                ("signing_kids", models.TextField(default="")),
                ("address", models.CharField(blank=True, max_length=45)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="gatehouse_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "ended_at"], name="session_of_user"),
                    models.Index(
                        condition=models.Q(("ended_at__isnull", False)),
                        fields=["ended_at"],
                        name="session_ended",
                    ),
                    models.Index(fields=["absolute_expires_at"], name="session_purge"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("previous_generation__lt", models.F("generation"))),
                        name="session_generations_rise",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("idle_expires_at__lte", models.F("absolute_expires_at"))
                        ),
                        name="session_idle_within_absolute",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end_reason", ""), ("ended_at__isnull", True)),
                            models.Q(
                                ("ended_at__isnull", False),
                                models.Q(("end_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="session_ended_with_reason",
                    ),
                ],
            },
        ),
    ]
