"""Pages of the payments app: the counter."""

from django.urls import path

from payments import views

app_name = "payments"

urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:organisation>/", views.counter, name="counter"),
    path("<slug:organisation>/receipts/", views.receipts, name="receipts"),
    path("<slug:organisation>/receipts/<slug:order>/", views.receipt, name="receipt"),
    path("<slug:organisation>/<slug:application>/", views.payment, name="payment"),
]
