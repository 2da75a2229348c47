"""Tables as CSV and Markdown."""

from provenance.core.tables import Table, to_csv, to_markdown

TABLE = Table("Steps", ("step", "n", "wall"), [("isr", 3, 1.5), ("a|b", None, 12345.6)])


def test_one_table_is_plain_csv():
    assert to_csv([TABLE]) == "step,n,wall\nisr,3,1.5\na|b,,12345.6\n"


def test_several_tables_bear_their_titles():
    assert to_csv([TABLE, Table("Empty", ("x",), [])]) == (
        "Steps\nstep,n,wall\nisr,3,1.5\na|b,,12345.6\n\nEmpty\nx\n"
    )  # fmt: skip


def test_no_text_becomes_a_formula():
    table = Table("T", ("a", "b"), [("=1+1", -1), ("@x", "+y")])
    assert to_csv([table]) == "a,b\n'=1+1,-1\n'@x,'+y\n"


def test_markdown_aligns_numbers_and_escapes_markup():
    assert to_markdown([TABLE]) == (
        "## Steps\n\n| step | n | wall |\n| --- | ---: | ---: |\n| isr | 3 | 1.5 |\n| a\\|b |  | 12346 |\n"
    )


def test_an_empty_table_says_none():
    assert to_markdown([Table("Empty", ("x",), [])]) == "## Empty\n\nNone.\n"
    assert "\\<b\\>x y" in to_markdown([Table("T", ("a",), [("<b>x\ny",)])])
