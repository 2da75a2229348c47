"""Streams of attempts as HTTP answers, for pages and REST: plain text that no browser interprets."""

from django.http import HttpResponse, StreamingHttpResponse

from execution import logs

PLAIN = "text/plain; charset=utf-8"


def piece(part: logs.Piece) -> HttpResponse:
    """Some bytes of a stream, with where they lie."""
    response = HttpResponse(part.body, content_type=PLAIN)
    response["X-Log-Offset"], response["X-Log-Size"] = str(part.offset), str(part.size)
    response["X-Log-Next"] = str(part.end)
    response["X-Log-Complete"] = "true" if part.complete and part.is_last else "false"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def download(source: logs.Source, name: str) -> StreamingHttpResponse:
    """A whole stream as a file; `name` consists of a token and a stream's name."""
    response = StreamingHttpResponse(logs.read_all(source), content_type=PLAIN)
    response["Content-Disposition"] = f'attachment; filename="{name}.txt"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
