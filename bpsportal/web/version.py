"""The portal's own version: shown on pages, recorded with every framework step."""

VERSION = "0.1.0"
