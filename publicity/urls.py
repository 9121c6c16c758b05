"""Pages of the publicity app."""

app_name = "publicity"
urlpatterns: list = []
