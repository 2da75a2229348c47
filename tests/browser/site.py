"""The portal with one page more: everything that the style sheet knows, and a part that renews itself."""

import itertools
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils import timezone

from bpsportal.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500"]

STATES = (
    "succeeded",
    "running",
    "failed",
    "paused",
    "queued",
    "ready",
    "waiting",
    "draft",
    "cancelling",
    "pruned",
    "ended",
)
PAGE = """{% extends "base.html" %}{% load portal %}
{% block title %}Gallery{% endblock %}
{% block heading %}Everything{% endblock %}
{% block actions %}<button class="danger">Terminate</button><button class="primary">Submit</button>{% endblock %}
{% block content %}
<p class="notice wait">A site has not answered for 12 min.</p>
<div class="tiles">
  {% for state in states %}<a class="tile" href="?state={{ state }}"><strong>7</strong>{{ state|badge }}</a>{% endfor %}
</div>
<form class="filters"><label>Step <input name="step"></label><button>Filter</button></form>
<section id="live" data-refresh="1" {% if turn < 4 %}data-active{% endif %}>
  <p>turn <output>{{ turn }}</output> <time datetime="{{ now|date:'c' }}">{{ now }}</time></p>
  <label>Note <input id="note"></label>
  <details id="more"><summary>More</summary><p>Details</p></details>
</section>
<div class="scroll"><table class="data"><caption>Steps</caption>
<thead><tr><th scope="col">Step</th><th scope="col">State</th><th scope="col" class="number">Wall</th>
<th scope="col">Progress</th></tr></thead>
<tbody>{% for state in states %}
<tr><th scope="row"><a href="#">step-{{ forloop.counter }}</a></th><td>{{ state|badge }}</td>
<td class="number">{{ 190|duration }}</td><td>{% progress counts 20 %}</td></tr>
{% endfor %}</tbody></table></div>
<section class="card"><h2>Facts</h2><dl class="facts"><dt>Size</dt><dd>{{ 4096|size }}</dd></dl></section>
<div class="log">ERROR: the file ends after 2880 bytes</div>
<div class="empty"><strong>No notices yet</strong><p>Add <code>notify</code> to the document.</p></div>
{% endblock %}"""
turns = itertools.count()


def gallery(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string(PAGE)
    counts = {"succeeded": 9, "failed": 1, "running": 3}
    context = {"states": STATES, "counts": counts, "turn": next(turns), "now": timezone.now() - timedelta(minutes=7)}
    return HttpResponse(template.render(context, request))


urlpatterns = [path("gallery/", gallery), *urlpatterns]
