"""Addresses of the pages of campaigns, pipelines and configuration."""

from django.urls import path

from campaigns.views import campaigns, definitions, writing

app_name = "campaigns"

urlpatterns = [
    path("campaigns/", campaigns.campaigns, name="list"),
    path("new-campaign/", writing.new, name="new"),
    path("campaigns/<str:name>/", campaigns.campaign, name="detail"),
    path("campaigns/<str:name>/revise/", writing.revision, name="revise"),
    path("campaigns/<str:name>/configuration/", campaigns.configuration, name="configuration"),
    path("campaigns/<str:name>/document/", campaigns.document, name="document"),
    path("campaigns/<str:name>/do/<str:verb>/", campaigns.act, name="act"),
    path("campaigns/<str:name>/payloads/<str:payload>/do/<str:verb>/", campaigns.act_on_payload, name="act-on-payload"),
    path("pipelines/", definitions.pipelines, name="pipelines"),
    path("pipelines/<str:name>/", definitions.pipeline, name="pipeline"),
    path("pipelines/<str:name>/<int:version>/", definitions.pipeline, name="pipeline-version"),
    path("configuration/", definitions.layers, name="layers"),
    path("configuration/<str:scope>/", definitions.layer, name="layer"),
]
