"""The pure part of the app: values in, values out; no Django, no I/O, no clock."""
