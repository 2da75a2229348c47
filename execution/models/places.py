"""Where work can run and with which software: sites, their nodes, software versions, and the leases that guard
passes.
"""

from typing import Any

from django.db import models

DRIVERS = [(name, name) for name in ("local", "slurm", "htcondor", "gridengine", "pbs")]


class Lease(models.Model):
    """The right to run one kind of pass; `fence` grows with every taking, so a late holder can be told from
    the present one.
    """

    name = models.CharField(max_length=100, primary_key=True)
    fence = models.BigIntegerField(default=0)
    holder = models.CharField(max_length=100, blank=True, default="")
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} #{self.fence}"


class Site(models.Model):
    """A computational platform: its batch system (driver), how it is reached (transport), and what it offers."""

    name = models.CharField(max_length=80, unique=True)
    driver = models.CharField(max_length=20, choices=DRIVERS)
    transport = models.JSONField(
        default=dict, help_text="{} for this machine, or {ssh: {hosts, port, user, key, hostKeys}}"
    )
    workdir = models.CharField(
        max_length=400, help_text="Absolute folder for attempts, or {data}/… under the portal's data folder"
    )
    shared = models.BooleanField(default=True, help_text="Whether jobs see the portal's data folder and backbone")
    staging = models.JSONField(default=dict, blank=True)
    limits = models.JSONField(default=dict, blank=True, help_text="queued, running, commandsPerMinute, channels")
    offers = models.JSONField(default=dict, blank=True, help_text="architecture, memory, cpus, features")
    directives = models.JSONField(default=list, blank=True)
    paused = models.BooleanField(default=False, help_text="A paused site gets no new jobs; what it has goes on")
    paused_why = models.CharField(max_length=300, blank=True, default="")
    paused_by = models.CharField(max_length=150, blank=True, default="")
    paused_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When the site last answered")
    trouble = models.CharField(max_length=500, blank=True, default="")
    trouble_at = models.DateTimeField(null=True, blank=True, help_text="Since when the site is in trouble")
    retry_at = models.DateTimeField(null=True, blank=True, help_text="Not asked again before this time")
    pace = models.FloatField(default=0.0, help_text="Jobs that lately ended per second; sets how many are queued ahead")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def limit(self, key: str, default: int) -> int:
        """One of the limits, or what holds where the site says nothing."""
        value: Any = self.limits.get(key)
        return int(value) if value is not None else default


class Node(models.Model):
    """One machine of a site, as its batch system last described it."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="nodes")
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=40, default="unknown")
    cpus = models.IntegerField(default=0)
    cpus_used = models.IntegerField(default=0)
    memory_mb = models.BigIntegerField(default=0)
    memory_used_mb = models.BigIntegerField(default=0)
    load = models.FloatField(null=True)
    seen_at = models.DateTimeField(null=True)
    drained = models.BooleanField(default=False, help_text="Kept free of new jobs by a person")
    drained_why = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ("site", "name")
        constraints = [models.UniqueConstraint(fields=("site", "name"), name="node_once_a_site")]

    def __str__(self) -> str:
        return f"{self.site.name}/{self.name}"


class SoftwareVersion(models.Model):
    """One named software environment and where it is available (LDM-636 0009)."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=[(k, k) for k in ("venv", "eups", "container", "modules", "script")])
    reference = models.CharField(max_length=300, blank=True, default="", help_text="Tag, image, path or table")
    sites = models.JSONField(default=dict, help_text="Site name -> {setup: [shell lines], image: …}")
    probe = models.JSONField(default=list, blank=True, help_text="Command that prints the versions really found")
    production = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
