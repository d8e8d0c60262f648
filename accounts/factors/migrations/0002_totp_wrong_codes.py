"""Count the wrong codes of an authenticator app in a row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gatehouse_factors", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="totp",
            name="wrong_codes",
            field=models.PositiveIntegerField(db_default=0),
        ),
    ]
