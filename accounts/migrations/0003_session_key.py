from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gatehouse", "0002_evidence"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="jkt",
            field=models.CharField(blank=True, max_length=43),
        ),
    ]
