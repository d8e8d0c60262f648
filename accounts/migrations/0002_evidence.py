from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gatehouse", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="acr",
            field=models.CharField(default="1", max_length=1),
        ),
        migrations.AddField(
            model_name="session",
            name="amr",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="session",
            name="credential",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
