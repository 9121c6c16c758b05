from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0002_initial")]

    operations = [
        migrations.AddField(
            model_name="sectionentry",
            name="removed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
