from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gatehouse", "0003_session_key"),
    ]

    operations = [
        migrations.AlterField(
            model_name="session",
            name="acr",
            field=models.CharField(db_default="1", default="1", max_length=1),
        ),
        migrations.AlterField(
            model_name="session",
            name="amr",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AlterField(
            model_name="session",
            name="credential",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AlterField(
            model_name="session",
            name="jkt",
            field=models.CharField(blank=True, db_default="", default="", max_length=43),
        ),
    ]
