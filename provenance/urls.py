"""Addresses of the pages of what happened."""

from django.urls import path

from provenance.views import records, reports

app_name = "provenance"

urlpatterns = [
    path("datasets/", records.datasets, name="datasets"),
    path("datasets/<int:pk>/", records.dataset, name="dataset"),
    path("executions/", records.executions, name="executions"),
    path("executions/<int:pk>/", records.execution, name="execution"),
    path("events/", records.events, name="events"),
    path("reports/", reports.reports, name="reports"),
    path("reports/summary/", reports.summary, name="summary"),
    path("reports/comparison/", reports.comparison, name="comparison"),
    path("reports/coverage/", reports.coverage, name="coverage"),
]
