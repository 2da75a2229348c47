"""What people write on pages: plain forms, whose content the services judge."""

from django import forms

from campaigns.core.document import MAX_BYTES

MAX_WHY = 500


class DocumentForm(forms.Form):
    """A campaign document, pasted or as a file; a file that is sent wins."""

    document = forms.CharField(
        required=False, strip=False, max_length=MAX_BYTES, widget=forms.Textarea, label="Document"
    )
    file = forms.FileField(required=False, allow_empty_file=False, label="or a file")
    reason = forms.CharField(required=False, max_length=MAX_WHY, label="Reason")

    def text(self) -> bytes | str:
        """What was sent; call after `is_valid`."""
        file = self.cleaned_data["file"]
        if file is not None:
            content: bytes = file.read(MAX_BYTES + 1)
            return content
        return str(self.cleaned_data["document"])


class PipelineForm(forms.Form):
    """A pipeline document."""

    document = forms.CharField(strip=False, max_length=MAX_BYTES, widget=forms.Textarea, label="Document")
    reason = forms.CharField(required=False, max_length=MAX_WHY, label="Reason")


class LayerForm(forms.Form):
    """A new version of a configuration layer."""

    values = forms.CharField(strip=False, max_length=MAX_BYTES, widget=forms.Textarea, label="Settings, as YAML")
    reason = forms.CharField(max_length=MAX_WHY, label="Reason", help_text="Kept with the version and shown beside it.")


class NewLayerForm(LayerForm):
    """The first version of a layer."""

    scope = forms.ChoiceField(choices=[(word, word) for word in ("global", "site", "step")])
    target = forms.CharField(
        required=False,
        max_length=250,
        help_text="Empty for global; the name of a site; a step as pipeline/step.",
    )
    field_order = ("scope", "target", "values", "reason")


class WhyForm(forms.Form):
    """A reason, which the ledger keeps."""

    why = forms.CharField(required=False, max_length=MAX_WHY)


class PriorityForm(WhyForm):
    """Higher goes first."""

    priority = forms.IntegerField(min_value=-1_000_000, max_value=1_000_000)


class CloneForm(WhyForm):
    """The name of a copy."""

    name = forms.CharField(max_length=80)
