"""Addresses of the pages of what runs."""

from django.urls import path

from execution.views import jobs, places, streams, work

app_name = "execution"

urlpatterns = [
    path("workflows/", work.workflows, name="workflows"),
    path("workflows/<int:pk>/", work.workflow, name="workflow"),
    path("workflows/<int:pk>/pause/", work.act, {"verb": "pause"}, name="workflow-pause"),
    path("workflows/<int:pk>/resume/", work.act, {"verb": "resume"}, name="workflow-resume"),
    path("workflows/<int:pk>/terminate/", work.act, {"verb": "terminate"}, name="workflow-terminate"),
    path("workflows/<int:pk>/priority/", work.prioritise, name="workflow-prioritise"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<int:pk>/", jobs.job, name="job"),
    path("step-instances/", jobs.instances, name="instances"),
    path("step-instances/find/", jobs.find_instance, name="find-instance"),
    path("step-instances/<int:pk>/", jobs.instance, name="instance"),
    path("attempts/<int:pk>/log/", streams.log, name="log"),
    path("attempts/<int:pk>/raw/", streams.raw, name="raw"),
    path("sites/", places.sites, name="sites"),
    path("sites/<str:name>/", places.site, name="site"),
    path("sites/<str:name>/pause/", places.pause, name="site-pause"),
    path("sites/<str:name>/resume/", places.resume, name="site-resume"),
    path("sites/<str:name>/check/", places.check, name="site-check"),
    path("sites/<str:name>/nodes/<str:node>/drain/", places.drain, name="node-drain"),
    path("sites/<str:name>/nodes/<str:node>/resume/", places.undrain, name="node-resume"),
    path("software/", places.software, name="software"),
]
